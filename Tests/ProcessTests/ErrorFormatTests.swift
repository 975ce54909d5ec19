import Foundation
import Testing
import VaultTestSupport

/// `--error-format json`: one line on standard error, for programs.
@Suite(.serialized, .needsBinary)
struct ErrorFormatTests {
    /// An error as JSON.
    private struct Told: Decodable {
        let code: Int
        let name: String
        let sentence: String
        let remedy: String
        let cause: [String: Int]?
    }

    /// The error, if it is the only thing said; an issue is recorded unless it has this code and name.
    @discardableResult
    private func expect(
        _ code: Int,
        _ name: String,
        in report: ProcessReport,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Told {
        #expect(report.exitCode == code && report.output.isEmpty, "\(report)", sourceLocation: sourceLocation)
        #expect(
            report.errors.count { $0 == 0x0A } == 1 && report.errors.last == 0x0A,
            "\(report)",
            sourceLocation: sourceLocation
        )
        let object = try JSONSerialization.jsonObject(with: Data(report.errors)) as? [String: Any] ?? [:]
        let keys = object.keys.filter { $0 != "cause" }.sorted()
        #expect(keys == ["code", "name", "remedy", "sentence"], sourceLocation: sourceLocation)
        let told = try JSONDecoder().decode(Told.self, from: Data(report.errors))
        #expect(told.code == code && told.name == name, "\(report)", sourceLocation: sourceLocation)
        #expect(!told.sentence.isEmpty && !told.remedy.isEmpty, "\(report)", sourceLocation: sourceLocation)
        return told
    }

    @Test(arguments: [
        ["frob"], ["token", "--frob"], ["import"], ["token", "a", "b"], ["log", "--last", "0"], ["key", "add"],
        ["remove", "atlas"], ["export", "atlas", "out.json"], ["token", ""],
    ]) func `64, a call that can't be understood`(arguments: [String]) async throws {
        let home = try Home()
        for format in [["--error-format", "json"], ["--error-format=json"]] {
            try expect(64, "usage", in: try await home.command(arguments + format).run())
        }
    }

    @Test func `65 and 74, files that can't be taken`() async throws {
        let home = try Home()
        let protect = "key-file=\(home.key)"
        let told = try expect(
            65,
            "input-not-acceptable",
            in: try await home.run("import", "-", "--protect", protect, "--error-format", "json", input: "[]")
        )
        #expect(told.sentence == "The file is JSON, but not an object.")
        #expect(told.remedy == "Use the client_secrets.json as Isogeo sent it, unedited.")
        let missing = home.folder("missing \"quoted\".json")
        let unread = try expect(
            74,
            "input-output",
            in: try await home.run("import", missing, "--protect", protect, "--error-format", "json")
        )
        #expect(unread.sentence == "\(missing) can't be read: No such file or directory.")
        #expect(unread.cause == ["errno": 2] && told.cause == nil)
    }

    @Test func `66, no vault and no application are told apart`() async throws {
        let none = try Home()
        try expect(66, "no-vault", in: try await none.run("list", "--error-format", "json"))
        let home = try await Home.withVault()
        let told = try expect(
            66,
            "no-application",
            in: try await home.run("token", "altas", "--error-format", "json")
        )
        #expect(told.remedy == "Did you mean atlas? The vault holds: atlas")
    }

    @Test func `67, 75 and 76, what a server does`() async throws {
        var options = TokenServer.Options()
        options.answers = #"""
            [{"status": 401, "headers": {}, "body": "{\"error\": \"invalid_client\"}"},
             {"status": 200, "headers": {}, "body": "<html>"},
             {"status": 503, "headers": {}, "body": "{}"}]
            """#
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        for (code, name) in [(67, "credential-refused"), (76, "unexpected-answer"), (75, "try-again")] {
            // --refresh overrides a refusal that is remembered.
            try expect(code, name, in: try await home.run("token", "--refresh", "--error-format", "json"))
        }
    }

    @Test func `72, 73, 77 and 78, what a vault does`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile()
        try expect(73, "exists", in: try await home.run("import", file, "-q", "--error-format", "json"))
        let other = try home.folder.write(String(repeating: "0", count: 64), to: "other")
        try expect(77, "locked", in: try await home.run("list", "--key-file", other, "--error-format", "json"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: home.vault)
        try expect(78, "configuration", in: try await home.run("list", "--error-format", "json"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: home.vault)
        try await home.edit("db.execute('UPDATE header SET tag = zeroblob(32)')")
        try expect(72, "damaged", in: try await home.run("list", "--error-format", "json"))
    }

    @Test func `74 and 126, the command line's own failures keep the system's number`() async throws {
        let home = try await Home.withVault()
        let file = try home.folder.write("no program", to: "file")
        let told = try expect(
            126,
            "program-not-started",
            in: try await home.run("exec", "--error-format", "json", "--", file)
        )
        #expect(told.cause == ["errno": 13])
        let full = try await home.shell(#"exec "$vault" list --error-format json >/dev/full"#)
        #expect(try expect(74, "input-output", in: full).cause == ["errno": 28])
    }

    @Test func `a call that ends well tells no error`() async throws {
        let home = try await Home.withVault()
        try await home.run("default", "--error-format", "json").expectSuccess("atlas\n")
        let help = try await home.run("token", "--help", "--error-format", "json")
        help.expectSuccess()
    }

    @Test func `another format is none`() async throws {
        let home = try Home()
        let report = try await home.run("list", "--error-format", "xml")
        #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
        #expect(report.errorText.hasPrefix("isogeo-vault: The value 'xml' is invalid"), "\(report)")
    }
}
