import Foundation
import Testing
import VaultCrypto
import VaultTestSupport

@testable import IsogeoVault

/// Credentials that are read, and the files that they were read from.
@Suite struct NewApplicationSourceTests {
    let world: VaultFixture
    let canary = Canary()

    init() throws { world = try VaultFixture() }

    private func read(_ path: String) throws(VaultError) -> NewApplication { try NewApplication(clientSecrets: path) }

    private func isThere(_ path: String) -> Bool { (try? FileManager.default.attributesOfItem(atPath: path)) != nil }

    /// What deleting it comes to, which tells no secret.
    private func refusal(_ application: borrowing NewApplication) throws -> VaultError {
        do {
            try application.deleteSource()
        } catch {
            canary.expectAbsent(in: "\(error) \(String(reflecting: error))".utf8, named: "the error")
            #expect(error.code == .inputOutput)
            return error
        }
        throw Deleted()
    }

    private struct Deleted: Error {}

    // MARK: - Reading

    @Test func `a credential tells where it was read from`() throws {
        let path = try world.clientSecrets(secret: canary.text)
        let application = try read(path)
        #expect(application.source == .file(path))
    }

    @Test func `the SDK's INI is imported as a client_secrets.json is`() async throws {
        let ini =
            "[auth]\nCLIENT_TYPE=group\nCLIENT_ID=client\nCLIENT_SECRET=\(canary.text)\nURI_TOKEN=https://id.example/t\n"
        let application = try read(world.folder.write(ini, to: "client_secrets.ini"))
        #expect(application.warnings.first?.contains("INI") == true)
        let vault = try await world.makeVault()
        try await vault.add(application)
        #expect(try await vault.holds(application))
        let stored = try await vault.application(ApplicationName.named("client"))
        #expect(stored.clientID == "client" && stored.tokenURI == "https://id.example/t")
        canary.expectAbsent(in: application.warnings.joined().utf8, named: "the warnings")
    }

    @Test func `what isn't acceptable is told without a word of it`() throws {
        for text in [
            "[auth]\nCLIENT_TYPE=user\nCLIENT_ID=a\nCLIENT_SECRET=\(canary.text)\n",
            "[auth]\nCLIENT_ID=a\n\(canary.text)\n", "[other]\nCLIENT_SECRET=\(canary.text)\n",
            "{\"web\":{\"client_id\":\"a\",\"client_secret\":\"\(canary.text)\\n\"}}", "\(canary.text)",
        ] {
            let path = try world.folder.write(text, to: "no client_secrets")
            do {
                _ = try read(path)
                Issue.record("it was read")
            } catch {
                #expect(error.code == .inputNotAcceptable)
                canary.expectAbsent(in: "\(error) \(String(reflecting: error))".utf8, named: "the error")
            }
        }
    }

    @Test func `standard input is a source that can't be deleted`() async {
        await #expect(processExitsWith: .success) {
            var ends: [Int32] = [0, 0]
            try #require(unsafe pipe(&ends) == 0)
            let text = Array(#"{"web":{"client_id":"a","client_secret":"b"}}"#.utf8)
            try #require(unsafe write(ends[1], text, text.count) == text.count)
            close(ends[1])
            try #require(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO)
            let application = try NewApplication(clientSecrets: "-")
            try #require(application.source == .standardInput)
            do throws(VaultError) { try application.deleteSource() } catch {
                try #require(error.code == .inputOutput)
                exit(EXIT_SUCCESS)
            }
            exit(EXIT_FAILURE)
        }
    }

    // MARK: - Deleting what was read

    @Test func `the file that was read is deleted`() throws {
        let path = try world.clientSecrets(secret: canary.text)
        let application = try read(path)
        try application.deleteSource()
        #expect(!isThere(path))
        try canary.expectAbsent(inFolder: world.folder.path)
    }

    @Test func `a file that is gone already is no success`() throws {
        let path = try world.clientSecrets(secret: canary.text)
        let application = try read(path)
        try FileManager.default.removeItem(atPath: path)
        #expect(try refusal(application).sentence.contains(path))
    }

    @Test func `a file that has changed stays`() throws {
        let path = try world.clientSecrets(secret: canary.text)
        let application = try read(path)
        let longer = try world.folder.read(URL(filePath: path).lastPathComponent) + [0x0A]
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: longer)
        try handle.close()
        #expect(
            try refusal(application).sentence == "\(path) is no longer the file that was read: nothing was deleted."
        )
        #expect(isThere(path))
    }

    @Test func `a file that was written again in the same size stays`() throws {
        let path = try world.clientSecrets(secret: canary.text)
        let application = try read(path)
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
        _ = try refusal(application)
        #expect(isThere(path))
    }

    @Test func `another file in its place stays, be it a copy`() throws {
        let path = try world.clientSecrets(secret: canary.text)
        // A whole second, which Foundation gives to the copy exactly.
        let date = Date(timeIntervalSince1970: 1_000_000_000)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
        let application = try read(path)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
        try FileManager.default.copyItem(atPath: path + ".old", toPath: path)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
        _ = try refusal(application)
        #expect(isThere(path) && isThere(path + ".old"))
    }

    @Test func `a file with another name stays, with both`() throws {
        let path = try world.clientSecrets(secret: canary.text)
        try FileManager.default.linkItem(atPath: path, toPath: path + ".second")
        let application = try read(path)
        let refusal = try refusal(application)
        #expect(refusal.sentence.contains("2 names") && refusal.remedy.contains("-inum"))
        #expect(isThere(path) && isThere(path + ".second"))
    }

    @Test func `behind a link both stay`() throws {
        let path = try world.clientSecrets(secret: canary.text)
        let link = world.folder("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let application = try read(link)
        #expect(try refusal(application).sentence == "\(link) is a symbolic link: nothing was deleted.")
        #expect(isThere(path) && isThere(link))
    }

    @Test func `a pipe is nothing to delete`() throws {
        var ends: [Int32] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        defer { close(ends[0]) }
        let text = Array(#"{"web":{"client_id":"a","client_secret":"\#(canary.text)"}}"#.utf8)
        try #require(unsafe write(ends[1], text, text.count) == text.count)
        close(ends[1])
        let application = try read("/dev/fd/\(ends[0])")
        #expect(try refusal(application).sentence.contains("is not a regular file"))
    }

    @Test(.unprivileged) func `a file in a folder that is not ours to write stays`() throws {
        let path = try world.clientSecrets(secret: canary.text)
        let application = try read(path)
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: world.folder.path)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: world.folder.path) }
        #expect(try refusal(application).sentence.contains("removing it failed"))
        #expect(isThere(path))
    }

    // MARK: - What the vault holds

    @Test func `a vault holds what was put in, and nothing like it`() async throws {
        let vault = try await world.makeVault(secret: canary.text)
        #expect(try await vault.holds(world.application(secret: canary.text)))
        #expect(try await vault.holds(world.application(secret: canary.text + "x")) == false)
        #expect(try await vault.holds(world.application(secret: "another")) == false)
        #expect(try await vault.holds(world.application(id: "other", secret: canary.text)) == false)
        #expect(try await vault.holds(world.application(secret: canary.text, tokenURI: "https://b.example/")) == false)
        #expect(try await vault.holds(world.application("another name", secret: canary.text)) == false)
    }

    @Test func `what another has changed in the vault is seen`() async throws {
        let vault = try await world.makeVault(secret: "old")
        try await world.open().add(world.application(secret: "new"), replacing: true)
        #expect(try await vault.holds(world.application(secret: "new")))
        #expect(try await vault.holds(world.application(secret: "old")) == false)
    }

    @Test func `the same client under two names is worth a word`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("elsewhere", tokenURI: "https://other.example/token"))
        try await vault.add(world.application("somebody", id: "else"))
        #expect(world.warnings.isEmpty)
        try await vault.add(world.application("second", secret: canary.text))
        try await vault.add(world.application("second", secret: canary.text), replacing: true)
        try await vault.add(world.application("third", secret: canary.text))
        #expect(world.warnings.count == 3)
        #expect(world.warnings.first?.contains("https://id.example is in the vault as catalogue too") == true)
        #expect(world.warnings.last?.contains("as catalogue, second too") == true)
        canary.expectAbsent(in: world.warnings.joined().utf8, named: "the warnings")
    }
}
