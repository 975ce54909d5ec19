import CVaultTestSupport
import Foundation
import IsogeoVault
import Testing
import VaultCrypto
import VaultTestSupport

/// What a program that uses the library has in memory, at the grain of a vector register.
///
/// It has a process of its own, whose `free` wipes nothing.
@Suite(.serialized)
struct LibraryMemoryTests {
    /// Makes credentials elsewhere, so that neither files nor headers pass through this process.
    private static let script = """
        import base64, json, os, sys
        os.umask(0o077)
        for name, url in (("accepted", sys.argv[1]), ("refused", sys.argv[2])):
            id, secret = "library-test", base64.urlsafe_b64encode(os.urandom(48)).decode()
            open(name + ".json", "w").write(json.dumps(
                {"web": {"client_id": id, "client_secret": secret, "token_uri": url}}))
            open(name + ".secret", "w").write(secret)
            pair = base64.b64encode((id + ":" + secret).encode()).decode()
            open(name + ".header", "w").write(pair[(len(id) + 1) * 8 // 6:].rstrip("="))
        """

    @Test(arguments: ["http", "https"])
    func `once its vault is closed, a program holds no twelve bytes of a secret in a row`(scheme: String) async throws {
        var options = TokenServer.Options()
        if scheme == "https" { options.authority = try await ThrowawayCA() }
        let server = try await TokenServer(options)
        options.answers = #"[{"status": 401, "headers": {}, "body": "{\"error\": \"invalid_client\"}"}]"#
        let refusing = try await TokenServer(options)
        let folder = try TemporaryDirectory()
        let made = try await Command("python3", ["-c", Self.script, server.url, refusing.url], folder: folder.path)
            .run()
        try #require(made.exitCode == 0, "\(made)")
        let certificate = options.authority?.certificate ?? ""
        await #expect(processExitsWith: .success) {
            [folder = folder.path as String, certificate = certificate as String] () async throws in
            try await Self.use(folder, certificate)
        }
        #expect(try server.requests.count == 1 && refusing.requests.count == 1)
    }

    private static func use(_ folder: String, _ certificate: String) async throws {
        var choice = NewApplication.Options()
        choice.caFile = certificate.isEmpty ? nil : certificate
        let vault = try await Vault.create(
            at: folder + "/vault/vault.db",
            protectedBy: .keyFile(folder + "/key"),
            importing: try NewApplication(clientSecrets: folder + "/accepted.json", choice)
        )
        #expect(try await vault.token().source == .endpoint)
        let name = try #require(try await vault.applications().first?.name)
        let error = await #expect(throws: VaultError.self) {
            try await vault.rotate(name, to: try NewApplication(clientSecrets: folder + "/refused.json", choice))
        }
        #expect(error?.code == .credentialRefused)
        vault.close()

        var patterns = try ["accepted.secret", "accepted.header", "refused.secret", "refused.header", "key"].map {
            try pattern(folder + "/" + $0, $0)
        }
        // What the search must find, made the same way.
        patterns.append(MemorySearch.Pattern("the witness", witness.utf8))
        #expect(cvault_test_spill_registers() == 0)
        let search = try MemorySearch(ofOurselvesFor: patterns, grain: .register)
        #expect(search.hits.contains { $0.pattern == "the witness" }, "the search finds nothing at all")
        for hit in search.hits where hit.pattern != "the witness" { Issue.record("\(hit)") }
    }

    private static let witness = "a text of the program's own code"

    private static func pattern(_ path: String, _ name: String) throws -> MemorySearch.Pattern {
        let file = try Descriptor(opening: path, O_RDONLY)
        let bytes = SecretBytes(capacity: 256) { (output: inout OutputSpan<UInt8>) in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                count = unsafe max(0, read(file.number, buffer.baseAddress, buffer.count))
            }
        }
        return bytes.withBytes { MemorySearch.Pattern(name, lent: $0) }
    }
}
