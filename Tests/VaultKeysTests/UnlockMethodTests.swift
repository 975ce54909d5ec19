import Foundation
import Testing
import VaultCrypto
import VaultSystem
import VaultTestSupport

@testable import VaultKeys

/// Which way the environment names: the first one, and that one alone.
@Suite(.onItsOwnThread) struct UnlockMethodTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func named(_ environment: [String: String]) -> UnlockMethod? {
        UnlockMethod.named { environment[$0] }
    }

    @Test func `nothing names no way`() {
        #expect(named([:]) == nil)
        #expect(named(["ISOGEO_VAULT": "/v", "HOME": "/h"]) == nil)
    }

    @Test func `a key file comes before a passphrase's file, its variable, and credentials`() throws {
        try folder.write("c", to: "isogeo-vault.key")
        try folder.write("c", to: "isogeo-vault.passphrase")
        var environment = [
            "ISOGEO_VAULT_KEY_FILE": "/k", "ISOGEO_VAULT_SHARED_KEY_FILE": "/s", "ISOGEO_VAULT_PASSPHRASE_FILE": "/p",
            "ISOGEO_VAULT_SHARED_PASSPHRASE_FILE": "/q", "ISOGEO_VAULT_PASSPHRASE": "p",
            "CREDENTIALS_DIRECTORY": folder.path,
        ]
        #expect(named(environment) == .keyFile("/k", policy: .own))
        environment["ISOGEO_VAULT_KEY_FILE"] = nil
        #expect(named(environment) == .keyFile("/s", policy: .shared))
        environment["ISOGEO_VAULT_SHARED_KEY_FILE"] = nil
        #expect(named(environment) == .passphrase(.file("/p", policy: .own)))
        environment["ISOGEO_VAULT_PASSPHRASE_FILE"] = nil
        #expect(named(environment) == .passphrase(.file("/q", policy: .shared)))
        environment["ISOGEO_VAULT_SHARED_PASSPHRASE_FILE"] = nil
        #expect(named(environment) == .passphrase(.variable("ISOGEO_VAULT_PASSPHRASE")))
        environment["ISOGEO_VAULT_PASSPHRASE"] = nil
        #expect(named(environment) == .keyFile(folder("isogeo-vault.key"), policy: .shared))
        try FileManager.default.removeItem(atPath: folder("isogeo-vault.key"))
        #expect(named(environment) == .passphrase(.file(folder("isogeo-vault.passphrase"), policy: .shared)))
        try FileManager.default.removeItem(atPath: folder("isogeo-vault.passphrase"))
        #expect(named(environment) == nil)
    }

    @Test func `a variable that is set and empty names a way, which fails`() {
        #expect(named(["ISOGEO_VAULT_KEY_FILE": "", "ISOGEO_VAULT_PASSPHRASE": "p"]) == .keyFile("", policy: .own))
        #expect(named(["ISOGEO_VAULT_PASSPHRASE_FILE": ""]) == .passphrase(.file("", policy: .own)))
        #expect(named(["ISOGEO_VAULT_PASSPHRASE": ""]) == .passphrase(.variable("ISOGEO_VAULT_PASSPHRASE")))
        #expect(
            failure { () throws(KeyError) in try UnlockMethod.keyFile("", policy: .own).credential() }
                == .unreadable(path: "", errno: .noEntry)
        )
    }

    @Test func `what is named is read`() throws {
        let key = try folder.write([UInt8](0..<32), to: "key")
        let passphrase = try folder.write("secret\n", to: "passphrase")
        guard case .keyFile(let bytes) = try UnlockMethod.keyFile(key, policy: .own).credential() else {
            Issue.record("a key file gives no passphrase")
            return
        }
        #expect(bytes.revealed == [UInt8](0..<32))
        let method = UnlockMethod.passphrase(.file(passphrase, policy: .own))
        guard case .passphrase(let read) = try method.credential() else {
            Issue.record("a passphrase's file gives no key")
            return
        }
        let matches = read.matches(try Passphrase("secret"))
        #expect(matches)
    }

    @Test func `each way has a name that begins a sentence`() {
        let ways: [(UnlockMethod, String)] = [
            (.keyFile("/k", policy: .own), "The key file /k"),
            (.passphrase(.file("/p", policy: .own)), "The passphrase in /p"),
            (.passphrase(.descriptor(3)), "The passphrase from descriptor 3"),
            (.passphrase(.command("pass show x")), "The passphrase command's output"),
            (.passphrase(.variable("V")), "The passphrase in $V"),
        ]
        for (way, name) in ways { #expect(way.name == name) }
    }
}
