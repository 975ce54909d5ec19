import Glibc
import Testing
import VaultCrypto
import VaultSystem
import VaultTestSupport

@testable import VaultKeys

@Suite struct KeyErrorTests {
    private static let all: [KeyError] =
        [
            .doesNotFit(.kind(.passphrase)), .noSlot(of: .passphrase), .noSlot(of: .keyFile),
            .unreadable(path: "/f", errno: .accessDenied), .unsafeFile(UnsafePath(path: "/f", .notARegularFile)),
            .unsafeFile(UnsafePath(path: "/f", .symbolicLink)), .unsafeFile(UnsafePath(path: "/f", .directory)),
            .unsafeFile(UnsafePath(path: "/f", .foreignFile(owner: 7))),
            .unsafeFile(UnsafePath(path: "/f", .openToOthers(mode: 0o644))),
            .unsafeFile(UnsafePath(path: "/f", .writableByOthers(mode: 0o664))),
            .unsafeFile(UnsafePath(path: "/f", .writableByOthers(mode: 0o664, owner: 0))),
            .unsafeFile(UnsafePath(path: "/f", .hardLinks(count: 2))), .notAKeyFile(path: "/f"),
            .cannotWrite(path: "/f", errno: .exists),
            .cannotWrite(path: "/f", errno: .invalid), .notReadBack(path: "/f"), .emptyPassphrase(.kind(.passphrase)),
            .untypeablePassphrase(.kind(.passphrase), .byteOrderMark),
            .untypeablePassphrase(.kind(.passphrase), .utf16), .untypeablePassphrase(.kind(.passphrase), .notUTF8),
            .untypeablePassphrase(.kind(.passphrase), .controlCharacter("\u{1B}")),
            .recoveryCodeDamaged(groups: [1]), .recoveryCodeIncomplete(characters: 64),
            .recoveryCodeNotAlphabet(group: 1),
            .passphraseTooLong(.kind(.passphrase)), .timedOut(.kind(.passphrase)), .silentInput(path: "/fifo"),
            .badDescriptor(3, errno: .badDescriptor),
            .commandFailed(status: 1), .commandDidNotStart(errno: .noEntry),
            .notEnoughMemory(needed: 256 << 20, available: 100 << 20),
            .costRefused(slot: "passphrase 01020304", passes: 1, memory: 1 << 20, tooLow: true),
            .costRefused(slot: "passphrase 01020304", passes: 99, memory: 9999 << 20, tooLow: false),
            .damagedSlot("key-file 01020304"), .kernelKeyring(errno: .notPermitted),
            .kernelKeyring(errno: .accessDenied),
            .kernelKeyring(errno: .notImplemented), .kernelKeyring(errno: .quotaExceeded),
            .kernelKeyring(errno: Errno(EIO)),
        ] + problems.map(KeyError.keyring)
    private static let problems: [KeyringProblem] = [
        .libraryMissing, .libraryNotLoaded("why"), .limit(.threads), .libraryUnusable, .noBus, .busRefuses("why"),
        .busAddress("tcp"), .foreignBus(user: nil), .foreignBus(user: 0), .foreignService(user: 0), .noService,
        .noCollection, .locked, .dismissed,
        .itemGone, .itemForeign, .itemDoesNotFit, .itemStays, .timedOut, .unanswered, .vanished, .plainText,
        .fileUnseen, .unknownKeeper,
        .memoryOnly, .unencryptedTransport, .notReadBack, .emptyAnswer, .noDialog,
        .failed("why"),
    ]

    @Test func `each error is a sentence of its own and a next step`() {
        for error in Self.all {
            #expect(error.sentence.hasSuffix(".") && error.sentence.count > 10)
            #expect(error.remedy.hasSuffix(".") && error.remedy.count > 10)
        }
        #expect(Set(Self.all.map(\.sentence)).count == Self.all.count)
    }

    @Test func `numbers become words`() {
        #expect(
            KeyError.unreadable(path: "/f", errno: .accessDenied).sentence == "/f can't be read: Permission denied."
        )
        #expect(
            KeyError.unsafeFile(UnsafePath(path: "/f", .openToOthers(mode: 0o644))).sentence
                == "/f is open to others (mode 0644)."
        )
        #expect(
            KeyError.notEnoughMemory(needed: 256 << 20, available: 100 << 20).sentence
                == "The passphrase needs 256 MiB of memory to be checked, and only 100 MiB are free."
        )
    }

    @Test(arguments: [
        KeyError.unreadable(path: "~/key", errno: .noEntry), .cannotWrite(path: "~/key", errno: .noEntry),
    ])
    func `a tilde that no shell replaced is named`(_ error: KeyError) {
        #expect(
            error.remedy
                == "Write the path of the home folder in full, such as /home/ada: a shell alone replaces ~, and only at the beginning of a word."
        )
    }

    @Test func `a full disk and a limit have remedies of their own, whatever was to be done`() {
        for errno in [Errno.noSpace, .inputOutput, .tooManyFiles, .outOfMemory] {
            for error in [KeyError.cannotWrite(path: "/f", errno: errno), .unreadable(path: "/f", errno: errno)] {
                #expect(error.remedy == errno.remedy)
            }
        }
    }

    @Test func `a key file whose folder is missing wants a folder, not another name`() {
        #expect(KeyError.cannotWrite(path: "/no/key", errno: .noEntry).remedy.hasPrefix("Make its folder first"))
        #expect(KeyError.cannotWrite(path: "/key", errno: .exists).remedy.hasPrefix("Name a file that doesn't exist"))
    }

    @Test func `a path with a quote stays one word of the command that mends it`() async throws {
        let remedy = KeyError.unsafeFile(UnsafePath(path: "/it's; here", .openToOthers(mode: 0o644))).remedy
        let word = try #require(remedy.split(separator: "chmod 600 ").last?.split(separator: ". A container").first)
        let report = try await Command("/bin/sh", ["-c", "printf %s \(word)"]).run()
        #expect(report.outputText == "/it's; here")
    }

    @Test func `no error tells what was read`() throws {
        let canary = Canary()
        let folder = try TemporaryDirectory()
        let long = String(repeating: canary.text, count: 40)
        let file = try folder.write(long, to: "file")
        let slot = KeyFileSlot.make(.random(count: 32), wrapping: .random(), of: .sample, now: 0)
        let errors = [
            failure { () throws(KeyError) in try KeyFile.read(file, policy: .own) },
            PassphraseSource.file(file, policy: .own).refusal,
            PassphraseSource.command("cat '\(file)'").refusal,
            PassphraseSource.command("echo \(canary.text); exit 1").refusal,
            failure { () throws(KeyError) in
                let key = SecretBytes(copying: Array(canary.bytes.prefix(32)).span)
                return try KeyFileSlot.open([slot], by: key, of: .sample, name: .keyFile("/key"))
            },
        ]
        for error in errors {
            let error = try #require(error)
            canary.expectAbsent(in: "\(error) \(error.sentence) \(error.remedy)".utf8, named: "an error")
        }
    }
}
