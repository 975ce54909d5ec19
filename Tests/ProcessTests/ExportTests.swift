import Foundation
import Testing
import VaultTestSupport

/// `export`: the secret in clear, in a file, and only with --in-clear.
@Suite(.serialized, .needsBinary)
struct ExportTests {
    private func object(_ path: String) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
        return try #require((object as? [String: Any])?["web"] as? [String: Any])
    }

    @Test func `nothing is written without the word`() async throws {
        let home = try await Home.withVault()
        let file = home.folder("out.json")
        try await home.run("export", "atlas", file).expectFailure(
            64,
            "This writes the secret of atlas to \(file) in clear.",
            "Say that you mean it: isogeo-vault export atlas \(file) --in-clear"
        )
        #expect(!FileManager.default.fileExists(atPath: file))
        let log = try await home.run("log")
        #expect(!log.outputText.contains("exported"), "\(log)")
    }

    @Test(arguments: [["--in-clear"], []]) func `standard output gets no secret`(word: [String]) async throws {
        let home = try await Home.withVault()
        let report = try await home.command(["export", "atlas", "-"] + word).run()
        home.client.secret.expectAbsent(in: report)
        report.expectFailure(
            64,
            "A secret goes into a file, never to standard output, which terminals and logs keep.",
            "Name the file to make."
        )
        #expect(!FileManager.default.fileExists(atPath: home.folder("-")))
    }

    @Test(arguments: [["key", "add", "recovery"], ["rekey", "-q"]])
    func `nor does it get a recovery code`(command: [String]) async throws {
        let home = try await Home.withVault()
        try await home.command(command + ["--output", "-"]).run().expectFailure(
            64,
            "A secret goes into a file, never to standard output, which terminals and logs keep.",
            "Name the file to make."
        )
        #expect(!FileManager.default.fileExists(atPath: home.folder("-")))
        #expect(try await home.slots().count == 1)
    }

    @Test func `what is said to be typed can be typed, whatever the name is`() async throws {
        let home = try await Home.withVault()
        let name = "it's $(touch pwned); \"maps\""
        try await home.run("rename", "atlas", name, "-q").expectSuccess("")
        let refused = try await home.run("export", name, "my file.json")
        #expect(refused.exitCode == 64, "\(refused)")
        let line = try #require(refused.errorText.split(separator: "isogeo-vault export ").last)
        try await home.shell(
            "eval \"exec \\\"\\$vault\\\" export $1 -q\"",
            String(line).trimmingCharacters(in: .newlines)
        )
        .expectSuccess("")
        #expect(FileManager.default.fileExists(atPath: home.folder("my file.json")))
        #expect(!FileManager.default.fileExists(atPath: home.folder("pwned")))
    }

    @Test func `the file is for its owner, says what was imported, and the log tells of it`() async throws {
        let home = try await Home.withVault()
        let file = home.folder("out.json")
        try await home.run("export", "atlas", file, "--in-clear").expectSuccess(
            "",
            errors: "isogeo-vault: \(file) holds the secret of atlas in clear: delete it when you no longer need it.\n"
        )
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let written = try object(file)
        #expect(written["client_id"] as? String == home.client.id)
        #expect(written["client_secret"] as? String == home.client.secret.text)
        #expect(written["token_uri"] as? String == "http://localhost:9/token")
        let log = try await home.run("log", "--last", "1")
        #expect(log.outputText.contains(#/(?m) exported +atlas$/#), "\(log)")
        try home.client.secret.expectAbsent(inFolder: home.vaultFolder)
    }

    @Test(arguments: ["077", "000", "777"]) func `the file has mode 0600 under every umask`(umask: String) async throws
    {
        let home = try await Home.withVault()
        try await home.shell("umask \(umask); exec \"$vault\" export atlas out.json --in-clear -q").expectSuccess("")
        let attributes = try FileManager.default.attributesOfItem(atPath: home.folder("out.json"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `it is imported again into another vault and gives tokens there`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let file = home.folder("out.json")
        try await home.run("export", "atlas", file, "--in-clear", "-q").expectSuccess("")
        let other = home.folder("other.db")
        try await home.run("import", file, "--vault", other, "-q").expectSuccess("")
        try await home.run("token", "--vault", other, "-q").expectSuccess()
        // With the secret as it was, or the header would be another's.
        #expect(try server.requests(of: home.client).count == 1)
    }

    @Test(arguments: ["file", "link", "folder"]) func `what is there stays, and no export is told`(kind: String)
        async throws
    {
        let home = try await Home.withVault()
        let path = home.folder("out.json")
        switch kind {
        case "file": try home.folder.write("mine", to: "out.json", mode: 0o640)
        case "link": try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
        default: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
        try await home.run("export", "atlas", path, "--in-clear").expectFailure(
            73,
            "There is a file \(path) already.",
            "Name one that doesn't exist yet."
        )
        if kind == "file" { #expect(try home.folder.read("out.json") == Array("mine".utf8)) }
        #expect(!FileManager.default.fileExists(atPath: home.folder("nowhere")))
        let log = try await home.run("log")
        #expect(!log.outputText.contains("exported"), "\(log)")
    }

    @Test func `a folder that isn't there is said`() async throws {
        let home = try await Home.withVault()
        let path = home.folder("missing/out.json")
        let report = try await home.run("export", "atlas", path, "--in-clear")
        #expect(report.exitCode == 74 && report.output.isEmpty, "\(report)")
        #expect(report.errorText.contains("No such file or directory"), "\(report)")
    }

    @Test func `what the file can't say is warned of`() async throws {
        let home = try await Home.withVault()
        try await home.run(
            "import",
            try home.writeFile(),
            "--name",
            "formed",
            "--basic-encoding",
            "form",
            "-q"
        ).expectSuccess("")
        let file = home.folder("out.json")
        try await home.run("export", "formed", file, "--in-clear").expectSuccess(
            "",
            errors: """
                isogeo-vault: warning: A client_secrets.json can't hold all settings: import it with --basic-encoding form.
                isogeo-vault: \(file) holds the secret of formed in clear: delete it when you no longer need it.

                """
        )
    }
}
