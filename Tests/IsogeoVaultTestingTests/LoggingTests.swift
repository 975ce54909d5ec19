import Foundation
import IsogeoVault
import IsogeoVaultTesting
import Logging
import Synchronization
import Testing
import VaultTestSupport

@Suite struct LoggingTests {
    @Test func `each event has its level`() async throws {
        let (server, log) = (
            try LoopbackTokenServer(.token("abc"), .token("def", expiresIn: nil), .refusal), RecordedLog()
        )
        let temporary = try await TemporaryVault(tokenURI: server.url, logger: log.logger)
        let vault = temporary.vault
        _ = try await vault.token()
        _ = try await vault.token()
        _ = try await vault.token(for: nil, TokenOptions(refresh: true))
        _ = await fails(.credentialRefused) { try await vault.token(for: nil, TokenOptions(refresh: true)) }
        vault.close()
        vault.close()
        #expect(log.messages(.info) == ["The vault was changed", "The vault was changed"])
        #expect(log.messages(.trace) == ["A cached token is given out"])
        let asking = "Asking the server for a token"
        let granted = "The server has granted a token"
        #expect(log.messages(.debug).prefix(5) == [asking, granted, asking, granted, asking])
        #expect(log.messages(.debug).dropFirst(5).first?.contains("status 401") == true)
        #expect(log.messages(.debug).dropFirst(6) == ["The vault is closed"])
        #expect(log.messages(.warning).count == 1)
        #expect(log.messages(.warning).first?.contains("an hour is assumed") == true)
        #expect(log.entries.count == 11)
    }

    @Test func `each entry names the vault, and a failure its code`() async throws {
        let log = RecordedLog()
        let temporary = try await TemporaryVault(tokenURI: "http://127.0.0.1:1/token", logger: log.logger)
        _ = await fails(.noApplication) { try await temporary.vault.token(for: "another") }
        #expect(log.values(of: "vault").allSatisfy { $0 == temporary.path })
        #expect(log.values(of: "vault").count == log.entries.count)
        #expect(log.values(of: "code") == ["no-application"])
    }

    @Test func `each change is told by the audit trail's words`() async throws {
        let (server, log) = (try LoopbackTokenServer(), RecordedLog())
        let temporary = try await TemporaryVault(tokenURI: server.url, logger: log.logger)
        let vault = temporary.vault
        let other = MadeUpApplication(name: "other")
        func new() throws -> NewApplication { try temporary.newApplication(other, tokenURI: server.url) }
        try await vault.add(try new())
        try await vault.add(try new(), replacing: true)
        try await vault.rotate("other", to: try new())
        try await vault.rename("other", to: "renamed")
        try await vault.setDefault("renamed")
        try await vault.forget(nil)
        try await vault.remove("renamed")
        let folder = try TemporaryDirectory()
        let key = try await vault.addKey(.keyFile(folder("second")))
        let changed = try await vault.changeKey(key.id, to: .keyFile(folder("third")))
        try await vault.removeKey(changed.id)
        let code = try await vault.addRecoveryCode { _ in }
        _ = try await vault.replaceWithRecoveryCode(code.id) { _ in }
        try await vault.export("test", to: folder("exported.json"))
        try await vault.handOver("test", by: "exec") { _ in }
        #expect(
            log.values(of: "change") == [
                "created", "imported", "imported", "replaced", "rotated", "renamed", "default", "forgotten", "removed",
                "key-added", "key-changed", "key-removed", "key-added", "key-changed", "exported", "lent",
            ]
        )
        try await expectAgreement(log, vault)
    }

    @Test func `a restored vault's log and trail agree`() async throws {
        let (log, folder) = (RecordedLog(), try TemporaryDirectory())
        let temporary = try await TemporaryVault(tokenURI: "http://127.0.0.1:1/token")
        try await temporary.vault.backup(to: folder("backup.db"))
        let backup = try await Vault.open(at: folder("backup.db"), unlocking: temporary.unlocking, logger: log.logger)
        _ = try await backup.restore(to: folder("restored.db"))
        #expect(log.values(of: "change") == ["restored"])
        let restored = try await Vault.open(at: folder("restored.db"), unlocking: temporary.unlocking)
        let last = try await restored.auditTrail().entries.last?.event
        #expect(last?.kind.rawValue == "restored")
    }

    @Test func `what is told where a vault is made, opened and given a new key agrees`() async throws {
        let (log, folder) = (RecordedLog(), try TemporaryDirectory())
        let temporary = try await TemporaryVault(tokenURI: "http://127.0.0.1:1/token")
        var dependencies = VaultDependencies.forgetful(transport: nil, logger: log.logger)
        dependencies.stateFolder = folder("state")
        let made = try await Vault.create(
            at: folder("vault.db"),
            protectedBy: .keyFile(folder("key")),
            importing: try temporary.newApplication(MadeUpApplication(), tokenURI: "http://127.0.0.1:1/token"),
            decliningRecovery: true,
            dependencies: dependencies
        )
        try await made.backup(to: folder("old.db"))
        try await made.setDefault("test")
        made.close()
        try FileManager.default.removeItem(atPath: folder("vault.db"))
        try FileManager.default.moveItem(atPath: folder("old.db"), toPath: folder("vault.db"))
        // The change that is lost was logged, and no trail has it any more.
        #expect(log.values(of: "change") == ["created", "imported", "recovery-declined", "default"])
        dependencies.rollback = .accepted
        let unlocking = Unlocking.keyFile(folder("key"))
        try await Vault.open(at: folder("vault.db"), unlocking: unlocking, dependencies: dependencies).close()
        _ = try await Vault.rekey(
            at: folder("vault.db"),
            unlocking: unlocking,
            keeping: [],
            dropping: [],
            interaction: .none,
            dependencies: dependencies
        )
        let vault = try await Vault.open(at: folder("vault.db"), unlocking: unlocking, dependencies: dependencies)
        try await expectAgreement(log, vault, lost: ["default"])
        #expect(log.values(of: "change").suffix(2) == ["rollback-accepted", "rekeyed"])
    }

    @Test(.needsKernelKeyring) func `a session's log and trail agree`() async throws {
        let log = RecordedLog()
        let temporary = try await TemporaryVault(tokenURI: "http://127.0.0.1:1/token", logger: log.logger)
        try await temporary.vault.startSession(for: .seconds(60), sharingUserID: true)
        let dependencies = VaultDependencies.forgetful(transport: nil, logger: log.logger)
        #expect(try await Vault.endSession(at: temporary.path, dependencies: dependencies))
        #expect(log.values(of: "change") == ["created", "imported", "unlocked", "locked"])
        try await expectAgreement(log, temporary.vault)
    }

    /// Tokens are told where they are granted, everything else by the trail's own words.
    private func expectAgreement(_ log: RecordedLog, _ vault: Vault, lost: [String] = []) async throws {
        let events = try await vault.auditTrail().entries.map(\.event).filter { $0.kind != .tokenRequested }
        let logged = zip(log.values(of: "change"), log.values(of: "subject")).filter { !lost.contains($0.0) }
        #expect(logged.map(\.0) == events.map(\.kind.rawValue))
        #expect(logged.map(\.1) == events.map(\.subject))
    }

    @Test func `a warning is told to the log, and still to whoever is warned`() async throws {
        let (server, log, warnings) = (
            try LoopbackTokenServer(.token("abc", expiresIn: nil)), RecordedLog(), Warnings()
        )
        let temporary = try await TemporaryVault(tokenURI: server.url)
        var dependencies = VaultDependencies.real
        dependencies.logger = log.logger
        dependencies.warn = { warnings.append($0) }
        let vault = try await Vault.open(at: temporary.path, unlocking: temporary.unlocking, dependencies: dependencies)
        _ = try await vault.token()
        #expect(warnings.sentences.count == 1)
        #expect(log.messages(.warning) == warnings.sentences)
    }

    @Test func `a vault that can't be opened is logged with its path`() async throws {
        let (log, folder) = (RecordedLog(), try TemporaryDirectory())
        let path = folder("vault.db")
        #expect(await fails(.noVault) { try await Vault.open(at: path, logger: log.logger) })
        #expect(log.values(of: "code") == ["no-vault"])
        #expect(log.values(of: "vault") == [path])
    }

    @Test func `neither secret nor token nor client_id is ever logged`() async throws {
        let (secret, next, clientID, token) = (Canary(), Canary(), Canary(), Canary())
        let application = MadeUpApplication(clientID: clientID.text, clientSecret: secret.text)
        func echo(_ secret: Canary) -> String {
            #"{"error": "invalid_client", "error_description": "\#(secret.text) is wrong"}"#
        }
        let server = try LoopbackTokenServer(
            for: application,
            .token(token.text),
            .http(status: 400, body: echo(secret)),
            .http(status: 401, body: echo(secret)),
            .http(status: 200, body: #"{"access_token": "\#(secret.text)", "token_type": "bearer"}"#),
            .http(status: 200, body: "<html>\(token.text)</html>"),
            .http(status: 302, body: "", headers: ["Location: https://\(secret.text).example/"]),
            .http(status: 401, body: echo(next)),
            .token(token.text)
        )
        let log = RecordedLog()
        let temporary = try await TemporaryVault(application, tokenURI: server.url, logger: log.logger)
        let vault = temporary.vault
        var rotated = application
        rotated.clientSecret = next.text

        _ = try await vault.token()
        _ = try await vault.token()
        let refresh = TokenOptions(refresh: true)
        for _ in 0..<5 { await #expect(throws: VaultError.self) { try await vault.token(for: nil, refresh) } }
        func new() throws -> NewApplication { try temporary.newApplication(rotated, tokenURI: server.url) }
        #expect(await fails(.credentialRefused) { try await vault.rotate("test", to: try new()) })
        try await vault.rotate("test", to: try new())
        rotated.name = "second"
        try await vault.add(try new())
        #expect(await fails(.exists) { try await vault.add(try new()) })
        let opened = try await Vault.open(at: temporary.path, unlocking: temporary.unlocking, logger: log.logger)
        _ = try await opened.applications()
        let folder = try TemporaryDirectory()
        try await opened.backup(to: folder("backup.db"))
        _ = try await opened.verify()
        try await opened.remove("second")
        opened.close()
        #expect(await fails(.locked) { try await opened.token() })

        #expect(server.requests.count == 8)
        #expect(log.entries.count > 20)
        for canary in [secret, next, clientID, token] { canary.expectAbsent(in: log.text.utf8, named: "the log") }
    }
}

private final class Warnings: Sendable {
    private let said = Mutex<[String]>([])

    var sentences: [String] { said.withLock { $0 } }

    func append(_ sentence: String) { said.withLock { $0.append(sentence) } }
}
