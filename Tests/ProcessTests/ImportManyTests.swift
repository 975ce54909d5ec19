import Foundation
import Testing
import VaultTestSupport

/// The files of one `import` are one transaction.
@Suite(.serialized, .needsBinary)
struct ImportManyTests {
    /// Writes `count` files into the folder `many`.
    private func writeFiles(_ count: Int, in home: Home, named name: String = "app") throws -> [Home.Client] {
        if !home.exists(home.folder("many")) {
            try FileManager.default.createDirectory(atPath: home.folder("many"), withIntermediateDirectories: false)
        }
        return try (0..<count).map { number in
            let client = Home.Client(id: "\(name)-\(number)", named: name)
            try home.folder.write(client.file(tokenURI: "http://localhost:9/token"), to: "many/\(name)-\(number).json")
            return client
        }
    }

    private func generation(_ home: Home) async throws -> Int? {
        try await home.run("status", "--json").json["generation"] as? Int
    }

    @Test func `a folder is one change of the vault, whatever of it is no good`() async throws {
        let home = try await Home.withVault()
        let clients = try writeFiles(300, in: home)
        try home.folder.write("{", to: "many/bad.json")
        let same = try home.folder.write(home.client.file(tokenURI: "http://localhost:9/token"), to: "many/atlas.json")
        let before = try #require(try await generation(home))
        let report = try await home.run("import", home.folder("many"), "--json")
        for client in clients.prefix(3) { client.secret.expectAbsent(in: report) }
        // The first failure in the order of the files.
        #expect(report.exitCode == 73, "\(report.errorText.suffix(500))")
        #expect(report.errorText.contains("isogeo-vault: \(same): There is an application atlas already."))
        #expect(report.errorText.contains("isogeo-vault: \(home.folder("many/bad.json")): "))
        #expect(report.errorText.contains("2 of 302 were not imported."))
        #expect((try report.json["imports"] as? [Any])?.count == 300)
        // No progress line but on a terminal.
        #expect(!report.errorText.contains("\u{1B}") && !report.errorText.contains("\r"))
        #expect(try await generation(home) == before + 1)
        #expect(try await home.names().count == 301)
        let log = try await home.run("log", "--json").outputText
        #expect(log.components(separatedBy: #""imported""#).count == 302)
        try await home.expectWhole()
    }

    @Test func `a new vault is made with all of them, and their files go once it is there`() async throws {
        var home = try Home()
        _ = try writeFiles(20, in: home)
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        let report = try await home.run(
            "import",
            home.folder("many"),
            "--protect",
            "key-file=\(home.key)",
            "--delete-source"
        )
        #expect(report.exitCode == 0, "\(report)")
        #expect(try await generation(home) == 1)
        #expect(try await home.names().count == 20)
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.folder("many")) == [])
        try await home.expectWhole()
    }

    @Test func `where the vault takes nothing, no file goes`() async throws {
        let home = try await Home.withVault()
        _ = try writeFiles(3, in: home)
        let key = try home.folder.write(String(repeating: "0", count: 64), to: "other-key")
        let report = try await home.run("import", home.folder("many"), "--delete-source", "--key-file", key)
        #expect(report.exitCode == 77, "\(report)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.folder("many")).count == 3)
        #expect(try await home.names() == ["atlas"])
    }

    @Test func `a killed one leaves all or none`() async throws {
        let home = try await Home.withVault()
        var expected = 1
        for round in 0..<(TestPaths.isLongRun ? 100 : 8) {
            let clients = try writeFiles(40, in: home, named: "r\(round)")
            let files = (0..<40).map { home.folder("many/r\(round)-\($0).json") }
            let process = try home.command(["import", "-q"] + files).start()
            try await Task.sleep(for: .microseconds(Int.random(in: 0...60_000)))
            process.send(SIGKILL)
            _ = try await process.outcome()
            let count = try await home.names().count
            #expect(count == expected || count == expected + 40)
            expected = count
            for client in clients.prefix(2) { try client.secret.expectAbsent(inFolder: home.vaultFolder) }
        }
        try await home.expectWhole()
    }

    @Test func `a terminal sees how far it is`() async throws {
        let home = try await Home.withVault()
        _ = try writeFiles(3, in: home)
        let terminal = try home.command(["import", home.folder("many")]).startOnTerminal()
        let report = try await terminal.process.outcome()
        #expect(report.exitCode == 0, "\(report)")
        #expect(terminal.screen.contains("Reading 1 of 3: "))
    }
}

/// What takes all applications of a large vault takes little memory.
@Suite(.serialized, .needsBinary)
struct ManyApplicationsTests {
    /// The most memory that each command had resident, in KiB, as the kernel counts it.
    private static let measure = """
        import os, subprocess, sys
        child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
        """

    @Test func `list, verify and backup don't keep twenty thousand applications in memory`() async throws {
        let home = try await Home.withVault()
        try FileManager.default.createDirectory(atPath: home.folder("many"), withIntermediateDirectories: false)
        for number in 0..<20_000 {
            try home.folder.write(
                #"{"web": {"client_id": "a-\#(number)", "client_secret": "of \#(number)", "token_uri": "http://[::1]:9/"}}"#,
                to: "many/\(number).json"
            )
        }
        try await home.run("import", "-q", home.folder("many")).expectSuccess()
        let binary = try #require(TestPaths.binary)
        for call in [["list"], ["list", "--json"], ["verify"], ["backup", home.folder("copy")], ["show", "atlas"]] {
            let command = Command(
                "python3",
                ["-c", Self.measure, binary] + call,
                environment: home.environment,
                folder: home.folder.path
            )
            let words = try await command.run().outputText.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            try #require(words.count == 2)
            // The boxes alone have some 20 MiB; a command without a vault has some 12.
            #expect(words[0] == 0 && words[1] < 40 << 10, "\(call): \(words)")
        }
        #expect(try await home.names().count == 20_001)
    }
}
