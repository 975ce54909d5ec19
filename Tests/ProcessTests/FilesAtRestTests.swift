import Foundation
import Testing
import VaultTestSupport

@Suite(.serialized, .needsBinary)
struct FilesAtRestTests {
    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `nothing that was imported or granted stands in a file`() async throws {
        let server = try await TokenServer.shared.value
        var home = try Home()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        let source = try home.writeFile(tokenURI: server.url)
        let name = Canary().text
        _ = try await home.run("import", source, "--name", name, "--protect", "key-file=\(home.key)")
        let token = try await home.run("token", name)
        token.expectSuccess()
        try FileManager.default.removeItem(atPath: source)

        let files = try FileManager.default.subpathsOfDirectory(atPath: home.folder.path)
        #expect(
            files.filter { !$0.hasPrefix("state") }.sorted() == ["key", "run", "share"]
                + ["", "/vault.db", "/vault.db.lock"].map { "share/isogeo-vault\($0)" }
        )
        try home.client.secret.expectAbsent(inFolder: home.folder.path)
        let hidden = [
            name, home.client.id, "localhost", "\(server.port)/", token.outputText.trimmingCharacters(in: .newlines),
        ]
        let credential = String(home.client.basic.dropFirst("Basic ".count))
        for file in files {
            let content = FileManager.default.contents(atPath: home.folder(file)) ?? Data()
            for text in hidden + [credential] {
                #expect(content.firstRange(of: Data(text.utf8)) == nil, "\(text) in \(file)")
            }
        }
    }

    @Test(arguments: ["000", "022", "077", "777"])
    func `files are their owner's alone under each umask`(umask: String) async throws {
        let server = try await TokenServer.shared.value
        let home = try Home()
        let source = try home.writeFile(tokenURI: server.url)
        let made = try await home.shell(
            #"umask $3; "$vault" import "$1" --protect key-file="$2" && exec "$vault" token --key-file "$2""#,
            source,
            home.key,
            umask
        )
        #expect(made.exitCode == 0, "\(made)")
        #expect(try mode(home.vaultFolder) == 0o700)
        for path in [home.vault, home.vault + ".lock", home.key] { #expect(try mode(path) == 0o600, "\(path)") }
    }

    @Test func `missing folders are made, and those above the vault's stay as they are`() async throws {
        let home = try Home()
        let file = try home.writeFile()
        let vault = home.folder("new/deeper/vault.db")
        let made = try await home.run("import", file, "--vault", vault, "--protect", "key-file=\(home.key)")
        #expect(made.exitCode == 0, "\(made)")
        for path in ["new", "new/deeper"] { #expect(try mode(home.folder(path)) == 0o700) }
        #expect(try await home.run("list", "--vault", vault, "--key-file", home.key).exitCode == 0)
    }
}
