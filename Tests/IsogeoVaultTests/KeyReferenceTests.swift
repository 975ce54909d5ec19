import Foundation
import Testing
import VaultKeys
import VaultSystem
import VaultTestSupport

@testable import IsogeoVault

/// Which way the environment names: the first one, and that one alone.
@Suite(.onItsOwnThread) struct KeyReferenceTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func named(_ environment: [String: String]) -> String? {
        guard let reference = KeyReference.named(inEnvironment: { environment[$0] }) else { return nil }
        return reference.name.subject + (reference.file?.policy == .shared ? ", shared" : "")
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
        #expect(named(environment) == "The key file /k")
        environment["ISOGEO_VAULT_KEY_FILE"] = nil
        #expect(named(environment) == "The key file /s, shared")
        environment["ISOGEO_VAULT_SHARED_KEY_FILE"] = nil
        #expect(named(environment) == "The passphrase in /p")
        environment["ISOGEO_VAULT_PASSPHRASE_FILE"] = nil
        #expect(named(environment) == "The passphrase in /q, shared")
        environment["ISOGEO_VAULT_SHARED_PASSPHRASE_FILE"] = nil
        #expect(named(environment) == "The passphrase in $ISOGEO_VAULT_PASSPHRASE")
        environment["ISOGEO_VAULT_PASSPHRASE"] = nil
        #expect(named(environment) == "The key file \(folder("isogeo-vault.key")), shared")
        try FileManager.default.removeItem(atPath: folder("isogeo-vault.key"))
        #expect(named(environment) == "The passphrase in \(folder("isogeo-vault.passphrase")), shared")
        try FileManager.default.removeItem(atPath: folder("isogeo-vault.passphrase"))
        #expect(named(environment) == nil)
    }

    @Test func `a variable that is set and empty names a way, which fails`() async {
        #expect(named(["ISOGEO_VAULT_KEY_FILE": "", "ISOGEO_VAULT_PASSPHRASE": "p"]) == "The key file ")
        #expect(named(["ISOGEO_VAULT_PASSPHRASE_FILE": ""]) == "The passphrase in ")
        #expect(named(["ISOGEO_VAULT_PASSPHRASE": ""]) == "The passphrase in $ISOGEO_VAULT_PASSPHRASE")
        let refusal = await failure { () async throws(VaultError) in try KeyReference.keyFile("", .own).read() }
        #expect(refusal?.code == .locked)
        #expect(refusal?.sentence == "The path of the key or passphrase file is empty.")
    }

    @Test func `what is named is read`() throws {
        let key = try folder.write([UInt8](0..<32), to: "key")
        let passphrase = try folder.write("secret\n", to: "passphrase")
        #expect(try KeyReference.keyFile(key, .own).read() is KeyFileSource)
        #expect(try KeyReference.passphrase(.file(passphrase, policy: .own)).read() is PassphraseKeySource)
    }

    @Test func `each way has a name that begins a sentence`() {
        let ways: [(KeyReference, String)] = [
            (.keyFile("/k", .own), "The key file /k"),
            (.passphrase(.file("/p", policy: .own)), "The passphrase in /p"),
            (.passphrase(.descriptor(3)), "The passphrase from descriptor 3"),
            (.passphrase(.command("pass show x")), "The passphrase command's output"),
            (.passphrase(.variable("V")), "The passphrase in $V"),
            (.recovery(file: "/f"), "The recovery code in /f"),
        ]
        for (way, name) in ways { #expect(way.name.subject == name) }
    }
}
