import IsogeoVault
import IsogeoVaultTesting
import Synchronization
import Testing
import VaultCommands
import VaultTestSupport

/// The commands in this process, with output and terminal of the test; what needs the real ones is a process test.
struct CommandsTests {
    /// Collects results and messages.
    private final class Heard: Sendable {
        let output = Mutex([UInt8]())
        let messages = Mutex([String]())

        var text: String { String(decoding: output.withLock { $0 }, as: UTF8.self) }
        var said: [String] { messages.withLock { $0 } }
    }

    /// Answers each prompt with the next of the given words.
    private final class Answering: Sendable {
        private let words: Mutex<[String]>
        let prompts = Mutex([String]())
        let codes = Mutex([String]())

        init(_ words: [String]) { self.words = Mutex(words) }

        var interaction: UserInteraction {
            UserInteraction(
                prompting: { (prompt, secret) throws(VaultError) in try self.ask(prompt, into: &secret) },
                showing: { (code) throws(VaultError) in self.show(recoveryCode: code) }
            )
        }

        private func ask(_ prompt: String, into passphrase: inout OutputSpan<UInt8>) throws(VaultError) {
            prompts.withLock { $0.append(prompt) }
            let word = words.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let word else { throw VaultError.forTesting(.locked, "No answer is left.") }
            for byte in word.utf8 { passphrase.append(byte) }
        }

        private func show(recoveryCode: Span<UInt8>) {
            codes.withLock { $0.append(String(decoding: recoveryCode.indices.map { recoveryCode[$0] }, as: UTF8.self)) }
        }
    }

    private func run(_ arguments: [String], answering: Answering? = nil) async -> (code: Int32, heard: Heard) {
        let heard = Heard()
        let context = CommandContext(
            output: { (bytes) throws(VaultError) in heard.output.withLock { $0 += bytes } },
            line: { text in
                heard.messages.withLock { $0.append(text.replacing("isogeo-vault: ", with: "", maxReplacements: 1)) }
            },
            terminal: { answering?.interaction },
            dependencies: .real
        )
        let code = await CommandContext.$current.withValue(context) { await VaultCommand.run(arguments) }
        return (code, heard)
    }

    private func file(_ folder: TemporaryDirectory) throws -> String {
        let text = #"{"web": {"client_id": "atlas", "client_secret": "s", "token_uri": "http://localhost:9/t"}}"#
        return try folder.write(text, to: "client_secrets.json")
    }

    @Test func `an import makes a vault and a list shows it`() async throws {
        let folder = try TemporaryDirectory()
        let (vault, key) = (folder("vault/vault.db"), folder("key"))
        let made = await run(["import", try file(folder), "--vault", vault, "--protect", "key-file=\(key)"])
        #expect(made.code == 0 && made.heard.text.isEmpty)
        #expect(made.heard.said.contains("Made the vault \(vault) with the application atlas."))
        let list = await run(["list", "--vault", vault, "--key-file", key])
        #expect(list.code == 0 && list.heard.said.isEmpty)
        #expect(list.heard.text == "NAME   CLIENT_ID  TOKENS FROM\natlas  atlas      http://localhost:9\n")
    }

    @Test func `a new passphrase is asked for until it comes twice`() async throws {
        let folder = try TemporaryDirectory()
        let vault = folder("vault/vault.db")
        let person = Answering(["a", "b", "c", "c"])
        let arguments = ["import", try file(folder), "--vault", vault, "--protect", "passphrase"]
        #expect(await run(arguments, answering: person).code == 0)
        #expect(person.prompts.withLock { $0.count } == 4)

        let right = Answering(["c"])
        #expect(await run(["list", "--vault", vault], answering: right).code == 0)
        #expect(right.prompts.withLock { $0 } == ["Passphrase of the vault: "])
        let wrong = await run(["list", "--vault", vault], answering: Answering(["a"]))
        #expect(wrong.code == 77 && wrong.heard.text.isEmpty)
        #expect(wrong.heard.said.first?.hasPrefix("The passphrase doesn't open this vault.") == true)
    }

    @Test func `the marks of a paste aren't part of a passphrase`() async throws {
        let folder = try TemporaryDirectory()
        let vault = folder("vault/vault.db")
        // With a line end in what is pasted, the second mark comes with the next answer.
        for (index, words) in [
            ["\u{1B}[200~correct horse\u{1B}[201~", "correct horse"],
            ["\u{1B}[200~correct horse", "\u{1B}[201~correct horse"],
        ].enumerated() {
            let arguments = ["import", try file(folder), "--vault", "\(vault)-\(index)", "--protect", "passphrase"]
            #expect(await run(arguments, answering: Answering(words)).code == 0)
            let list = ["list", "--vault", "\(vault)-\(index)"]
            #expect(await run(list, answering: Answering(["correct horse"])).code == 0)
            #expect(await run(list, answering: Answering(["\u{1B}[200~correct horse\u{1B}[201~"])).code == 0)
        }
    }

    @Test func `a new passphrase that couldn't be typed again is refused, wherever it comes from`() async throws {
        let folder = try TemporaryDirectory()
        let (vault, key) = (folder("vault/vault.db"), folder("key"))
        let new = ["import", try file(folder), "--vault", vault]
        let typed = await run(new, answering: Answering(["a\u{1B}[Ab", "a\u{1B}[Ab"]))
        #expect(typed.code == 64)
        #expect(
            typed.heard.said.last?.hasPrefix(
                "The passphrase can't be a new one: it contains U+001B (escape), and couldn't be typed again."
            ) == true
        )
        let marked = try folder.write("\u{FEFF}secret\n", to: "marked")
        let wide = try folder.write([0xFF, 0xFE, 0x61, 0, 0x0A, 0] as [UInt8], to: "wide")
        let lines = try folder.write("two\nlines\n", to: "lines")
        for path in [marked, wide, lines] {
            #expect(await run(new + ["--passphrase-file", path]).code == 64, "\(path)")
            #expect(await run(["status", "--vault", vault]).code == 66)
        }
        #expect(await run(new + ["--protect", "key-file=\(key)"]).code == 0)
        for path in [marked, wide, lines] {
            let way = ["passphrase", "--new-passphrase-file", path, "--vault", vault, "--key-file", key]
            #expect(await run(["key", "add"] + way).code == 64, "\(path)")
            #expect(await run(["key", "change", "key-file"] + way).code == 64, "\(path)")
        }
    }

    // MARK: - Import

    @Test(arguments: [[], ["--replace"], ["--dry-run"], ["--json"]])
    func `two files with one name are refused before either is taken`(_ options: [String]) async throws {
        let folder = try TemporaryDirectory()
        let (vault, key) = (folder("vault/vault.db"), folder("key"))
        let first = try file(folder)
        let second = try folder.write(
            #"{"web": {"client_id": "atlas", "client_secret": "t", "token_uri": "http://localhost:9/t"}}"#,
            to: "second.json"
        )
        let bad = try folder.write("{", to: "bad.json")
        let arguments = ["import", bad, first, second, "--vault", vault, "--protect", "key-file=\(key)"] + options
        let refused = await run(arguments)
        #expect(refused.code == 64 && refused.heard.text.isEmpty)
        #expect(refused.heard.said.count == 1)
        #expect(
            refused.heard.said.first?.hasPrefix("\(first) and \(second) would all be the application atlas.") == true
        )
        #expect(await run(["status", "--vault", vault]).code == 66)
    }

    @Test func `protection isn't ignored where there is a vault`() async throws {
        let folder = try TemporaryDirectory()
        let (vault, key) = (folder("vault/vault.db"), folder("key"))
        let path = try file(folder)
        let arguments = ["import", path, "--vault", vault, "--replace"]
        #expect(await run(arguments + ["--protect", "key-file=\(key)"]).code == 0)
        let passphrase = try folder.write("secret", to: "passphrase")
        let other = "key-file=\(key).new"
        for (way, options) in [
            ("passphrase", []), ("passphrase", ["--dry-run"]), ("passphrase", ["--key-file", key]),
            ("passphrase", ["--passphrase-file", passphrase]), (other, []), (other, ["--key-file", key]),
            ("keyring", []), ("keyring", ["--key-file", key]), ("keyring", ["--dry-run"]),
        ] {
            let refused = await run(arguments + ["--protect", way] + options, answering: Answering(["a", "a"]))
            #expect(refused.code == 64, "\(way) \(options)")
            #expect(refused.heard.said.last?.contains("isogeo-vault key add \(way)") == true, "\(refused.heard.said)")
        }
        // One line serves the first import and each later one.
        #expect(await run(arguments + ["--protect", "key-file=\(key)"]).code == 0)
    }

    @Test func `a table has nothing in it that a terminal obeys`() async throws {
        let folder = try TemporaryDirectory()
        let (vault, key) = (folder("vault/vault.db"), folder("key"))
        let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
        let authority = try folder.write(pem, to: "a\u{1B}]0;x\u{7}.pem")
        let arguments = ["import", try file(folder), "--vault", vault, "--ca-file", authority]
        #expect(await run(arguments + ["--protect", "key-file=\(key)"]).code == 0)
        let shown = await run(["show", "--vault", vault, "--key-file", key])
        #expect(shown.code == 0 && shown.heard.text.contains(#"a\u{1b}]0;x\u{7}.pem"#), "\(shown.heard.text)")
        #expect(!shown.heard.text.contains("\u{1B}"))
    }

    @Test func `a dry run says which file would be which application`() async throws {
        let folder = try TemporaryDirectory()
        let path = try file(folder)
        let dry = await run(["import", path, "--vault", folder("vault.db"), "--dry-run"])
        #expect(dry.code == 0 && dry.heard.said.contains("Would import \(path) as the application atlas."))
    }

    @Test func `three passphrases that differ are enough`() async throws {
        let folder = try TemporaryDirectory()
        let vault = folder("vault/vault.db")
        let person = Answering(["a", "b", "a", "b", "a", "b", "a", "a"])
        let refused = await run(["import", try file(folder), "--vault", vault], answering: person)
        #expect(refused.code == 77)
        #expect(person.prompts.withLock { $0.count } == 6)
        #expect(await run(["status", "--vault", vault]).code == 66)
    }

    @Test func `nobody is asked who mustn't be, and nobody for a vault that isn't there`() async throws {
        let folder = try TemporaryDirectory()
        let vault = folder("vault/vault.db")
        let person = Answering(["a", "a"])
        #expect(await run(["list", "--vault", vault], answering: person).code == 66)
        #expect(await run(["import", try file(folder), "--vault", vault, "--no-prompt"], answering: person).code == 64)
        #expect(person.prompts.withLock { $0.isEmpty })
    }

    @Test(arguments: [
        ["frob"], ["token", "--frob"], ["import"], ["import", "a", "--protect", "magic"],
        ["import", "a", "--protect", "key-file"], ["import", "a", "--protect", "key-file="],
        ["import", "a", "--protect", "keyring=a"], ["import", "a", "--protect", "recovery"], ["key", "add", "pass"],
        ["key", "add", "keyring", "--output", "a"], ["key", "add", "recovery", "--new-passphrase-fd", "5"],
    ])
    func `a call that can't be understood prints no result`(arguments: [String]) async {
        let refused = await run(arguments)
        #expect(refused.code == 64 && refused.heard.text.isEmpty && refused.heard.said.count == 1)
    }

    @Test func `a q without a query is told what quiet is called, and no other call is`() async {
        let quiet = "  Write -q name=value; quiet is --quiet here."
        for arguments in [["-q"], ["-q", "--json"], ["-q", "limit"]] {
            let refused = await run(["api", "/shares"] + arguments)
            #expect(refused.code == 64 && refused.heard.said.first?.contains("quiet is --quiet here") == true)
        }
        let missing = await run(["api", "/shares", "-q"])
        #expect(missing.heard.said == ["Missing value for '-q <name=value>'.\n\(quiet)"])
        let other = await run(["api", "/shares", "--app"])
        #expect(other.heard.said == ["Missing value for '--app <name>'.\n  isogeo-vault help api shows how."])
        let both = await run(["api", "/shares", "--app", "-q"])
        #expect(both.heard.said == ["Missing value for '--app <name>'.\n  isogeo-vault help api shows how."])
    }

    @Test func `no prompt, no question for a new passphrase`() async throws {
        let folder = try TemporaryDirectory()
        let (vault, key) = (folder("vault/vault.db"), folder("key"))
        let made = await run(["import", try file(folder), "--vault", vault, "--protect", "key-file=\(key)"])
        #expect(made.code == 0)
        let person = Answering(["a", "a"])
        let add = ["key", "add", "passphrase", "--vault", vault, "--key-file", key]
        let refused = await run(add + ["--no-prompt"], answering: person)
        #expect(refused.code == 64 && person.prompts.withLock { $0.isEmpty })
        #expect(await run(add, answering: person).code == 0)
    }

    @Test func `help is a result and a version too`() async {
        for arguments in [["--help"], ["token", "--help"], ["--version"]] {
            let helped = await run(arguments)
            #expect(helped.code == 0 && !helped.heard.text.isEmpty && helped.heard.said.isEmpty)
        }
    }

    @Test func `a result that can't be printed is said`() async {
        let heard = Heard()
        let context = CommandContext(
            output: { _ throws(VaultError) in throw .forTesting(.inputOutput, "Full.", remedy: "Make room.") },
            line: { text in heard.messages.withLock { $0.append(text) } },
            terminal: { nil },
            dependencies: .real
        )
        #expect(await CommandContext.$current.withValue(context) { await VaultCommand.run(["--help"]) } == 74)
        #expect(heard.said == ["isogeo-vault: Full.\n  Make room."])
    }
}
