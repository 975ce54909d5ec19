import Foundation
import Synchronization
import Testing
import VaultTestSupport

@testable import IsogeoVault

/// A vault and its recovery codes: made, shown, used, replaced.
@Suite struct RecoveryTests {
    private let folder: TemporaryDirectory
    private let shown = Shown()

    init() throws { folder = try TemporaryDirectory() }

    /// What was shown, one after the other.
    private final class Shown: Sendable {
        private let all = Mutex<[[UInt8]]>([])

        var codes: [[UInt8]] { all.withLock { $0 } }
        func append(_ code: Span<UInt8>) { all.withLock { [code = code.indices.map { code[$0] }] in $0.append(code) } }
    }

    private var path: String { folder("vault.db") }
    private var byKeyFile: Unlocking { .keyFile(folder("key")) }
    private var show: UserInteraction.Showing {
        { [shown] (code: Span<UInt8>) throws(VaultError) in shown.append(code) }
    }

    private func makeVault() async throws -> Vault {
        let secrets =
            #"{"web": {"client_id": "c", "client_secret": "s", "token_uri": "https://id.example/oauth/token"}}"#
        let application = try NewApplication(clientSecrets: folder.write(secrets, to: "client_secrets.json"))
        return try await Vault.create(at: path, protectedBy: .keyFile(folder("key")), importing: application)
    }

    private func open(_ unlocking: Unlocking) async -> Result<Int, VaultError> {
        do throws(VaultError) {
            return .success(try await Vault.open(at: path, unlocking: unlocking).applications().count)
        } catch {
            return .failure(error)
        }
    }

    private func byCode(_ code: [UInt8]) -> Unlocking {
        .recoveryCode { (output: inout OutputSpan<UInt8>) throws(VaultError) in for byte in code { output.append(byte) }
        }
    }

    private func refusal<Value: ~Copyable>(_ body: () async throws(VaultError) -> Value) async -> VaultError? {
        do throws(VaultError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `a code that was shown opens the vault, typed or from a file`() async throws {
        let vault = try await makeVault()
        let slot = try await vault.addRecoveryCode(showing: show)
        #expect(slot.kind == "recovery")
        #expect(try await vault.keys().map(\.kind).sorted() == ["key-file", "recovery"])
        let code = try #require(shown.codes.first)
        #expect(shown.codes.count == 1 && code.count == 77)
        #expect(await open(byCode(code)) == .success(1))
        let lower = String(decoding: code, as: UTF8.self).lowercased().replacing("-", with: " ")
        #expect(await open(byCode(Array(lower.utf8))) == .success(1))
        let file = try folder.write(code + [0x0A], to: "code")
        #expect(await open(.recoveryFile(file)) == .success(1))
        #expect(await open(byKeyFile) == .success(1))
    }

    @Test func `a code that isn't the vault's leaves it locked, by its name`() async throws {
        let vault = try await makeVault()
        let file = try folder.write(
            "00005-0000A-0000F-0000M-0000H-0000Y-0000V-0000D-00008-00007-00002-0000S-0000W",
            to: "code"
        )
        let without = await refusal { () async throws(VaultError) in
            try await Vault.open(at: path, unlocking: .recoveryFile(file))
        }
        #expect(without?.code == .locked)
        #expect(without?.sentence == "This vault has no key slot of the kind recovery.")
        _ = try await vault.addRecoveryCode(showing: show)
        for (way, name) in [
            (Unlocking.recoveryFile(file), "The recovery code in \(file)"),
            (byCode(try folder.read("code")), "The recovery code"),
        ] {
            let other = await refusal { () async throws(VaultError) in try await Vault.open(at: path, unlocking: way) }
            #expect(other?.code == .locked && other?.sentence == "\(name) doesn't open this vault.")
        }
    }

    @Test func `a slip of the pen is named, and tells nothing of the code`() async throws {
        let vault = try await makeVault()
        _ = try await vault.addRecoveryCode(showing: show)
        var code = try #require(shown.codes.first)
        code[6] = code[6] == UInt8(ascii: "7") ? UInt8(ascii: "8") : UInt8(ascii: "7")
        let slip = await refusal { () async throws(VaultError) in
            try await Vault.open(at: path, unlocking: byCode(code))
        }
        #expect(slip?.code == .locked)
        #expect(slip?.sentence == "Group 2 of the recovery code isn't as it was given out.")
        let said = try #require(slip).description.uppercased()
        for group in code.split(separator: UInt8(ascii: "-")) {
            #expect(!said.contains(String(decoding: group, as: UTF8.self)))
        }
        for short in [[], Array(code.dropLast())] {
            let error = await refusal { () async throws(VaultError) in
                try await Vault.open(at: path, unlocking: byCode(short))
            }
            #expect(error?.code == .locked && error?.sentence.contains("instead of 65") == true)
        }
    }

    @Test func `whoever is asked may give up`() async throws {
        _ = try await makeVault()
        let givenUp = VaultError.forTesting(.usage, "Given up.")
        let way = Unlocking.recoveryCode { (_: inout OutputSpan<UInt8>) throws(VaultError) in throw givenUp }
        let error = await refusal { () async throws(VaultError) in try await Vault.open(at: path, unlocking: way) }
        #expect(error?.sentence == "Given up.")
    }

    @Test func `where showing fails nothing is written`() async throws {
        let vault = try await makeVault()
        _ = try await vault.addRecoveryCode(showing: show)
        let code = try #require(shown.codes.first)
        let before = try folder.read("vault.db")
        let full = VaultError.forTesting(.inputOutput, "It is full.", remedy: "Leave the room.")
        let failing: UserInteraction.Showing = { (_: Span<UInt8>) throws(VaultError) in throw full }
        for error in [
            await refusal { () async throws(VaultError) in try await vault.addRecoveryCode(showing: failing) },
            await refusal { () async throws(VaultError) in try await vault.replaceWithRecoveryCode(showing: failing) },
        ] {
            #expect(error?.code == .inputOutput && error?.remedy == "Leave the room.")
        }
        #expect(try folder.read("vault.db") == before)
        #expect(await open(byCode(code)) == .success(1))
    }

    @Test func `a new code takes the place of the old one`() async throws {
        let vault = try await makeVault()
        let old = try await vault.addRecoveryCode(showing: show)
        let new = try await vault.replaceWithRecoveryCode(showing: show)
        #expect(new.id != old.id && new.kind == "recovery")
        #expect(try await vault.keys().map(\.kind).sorted() == ["key-file", "recovery"])
        let codes = shown.codes
        try #require(codes.count == 2 && codes[0] != codes[1])
        #expect(await open(byCode(codes[0])) == .failure(VaultError.forTesting(.locked)))
        #expect(await open(byCode(codes[1])) == .success(1))
    }

    @Test func `a slot of any kind is replaced, and the one that is named`() async throws {
        let vault = try await makeVault()
        let first = try await vault.addRecoveryCode(showing: show)
        _ = try await vault.addRecoveryCode(showing: show)
        let ambiguous = await refusal { () async throws(VaultError) in
            try await vault.replaceWithRecoveryCode(showing: show)
        }
        #expect(ambiguous?.code == .usage && ambiguous?.sentence == "recovery means more than one key slot.")
        #expect(shown.codes.count == 2, "a code was shown for nothing")
        _ = try await vault.replaceWithRecoveryCode(first.id, showing: show)
        _ = try await vault.replaceWithRecoveryCode("key-file", showing: show)
        #expect(try await vault.keys().map(\.kind) == ["recovery", "recovery", "recovery"])
        #expect(await open(byKeyFile) == .failure(VaultError.forTesting(.locked)))
        for (code, isValid) in zip(shown.codes, [false, true, true, true]) {
            #expect(await (try? open(byCode(code)).get()) == (isValid ? 1 : nil))
        }
    }

    @Test func `where there is no room for a slot no code is shown`() async throws {
        let vault = try await makeVault()
        for _ in 1..<16 { _ = try await vault.addRecoveryCode(showing: show) }
        #expect(shown.codes.count == 15)
        let error = await refusal { () async throws(VaultError) in try await vault.addRecoveryCode(showing: show) }
        #expect(error?.code == .usage && error?.sentence == "A vault has 1 to 16 key slots.")
        #expect(shown.codes.count == 15)
        _ = try await vault.replaceWithRecoveryCode("key-file", showing: show)
        for code in shown.codes { #expect(await open(byCode(code)) == .success(1)) }
    }

    @Test func `a code is written though somebody changed the vault while it was shown`() async throws {
        let vault = try await makeVault()
        let key = folder("another key")
        _ = try await vault.addRecoveryCode { [show] (code: Span<UInt8>) throws(VaultError) in
            _ = try vault.contents.addKey(.keyFile(key), now: 1)
            try show(code)
        }
        #expect(await open(byCode(try #require(shown.codes.first))) == .success(1))
        #expect(await open(.keyFile(key)) == .success(1))
    }

    @Test func `a code that came to nothing after it was shown is called void`() async throws {
        let vault = try await makeVault()
        for _ in 1..<15 { _ = try await vault.addRecoveryCode(showing: show) }
        let key = folder("another key")
        let error = await refusal { () async throws(VaultError) in
            try await vault.addRecoveryCode { (_: Span<UInt8>) throws(VaultError) in
                _ = try vault.contents.addKey(.keyFile(key), now: 1)
            }
        }
        #expect(error?.code == .usage && error?.sentence == "A vault has 1 to 16 key slots.")
        #expect(error?.remedy.hasSuffix("The recovery code that was just shown opens nothing: throw it away.") == true)
    }

    @Test(.unprivileged) func `a vault that can't be written shows no code`() async throws {
        _ = try await makeVault()
        try folder.write(folder.read("vault.db"), to: "vault.db", mode: 0o400)
        let vault = try await Vault.open(at: path, unlocking: byKeyFile)
        try #require(vault.isReadOnly)
        let error = await refusal { () async throws(VaultError) in try await vault.addRecoveryCode(showing: show) }
        #expect(error?.code == .inputOutput && shown.codes.isEmpty)
    }

    @Test func `a recovery code is made, never chosen`() async throws {
        let file = Unlocking.recoveryFile(folder("no such file"))
        let prompt = Unlocking.recoveryCode { (_: inout OutputSpan<UInt8>) throws(VaultError) in
            Issue.record("somebody was asked for a code that is refused")
        }
        for way in [file, prompt] {
            let error = await refusal { () async throws(VaultError) in try Protection.by(way) }
            #expect(error?.code == .usage && error?.sentence.hasPrefix("A recovery code opens only the vault") == true)
        }
    }

    @Test func `a code leaves nothing of itself in the vault's folder`() async throws {
        let vault = try await makeVault()
        _ = try await vault.addRecoveryCode(showing: show)
        let code = try #require(shown.codes.first)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.contains("vault.db"))
        for name in files {
            let content = try folder.read(name)
            for group in code.split(separator: UInt8(ascii: "-")) where content.firstRange(of: group) != nil {
                Issue.record("a group of the code stands in \(name)")
            }
        }
    }
}
