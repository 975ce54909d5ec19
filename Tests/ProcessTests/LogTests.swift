import Foundation
import Testing
import VaultTestSupport

/// `log`: what was done, in its order.
@Suite(.serialized, .needsBinary)
struct LogTests {
    /// An entry, without its time.
    private struct Entry: Equatable, Decodable {
        let number: Int?
        let event: String
        let subject: String
        let detail: String

        init(_ number: Int, _ event: String, _ subject: String, _ detail: String = "") {
            (self.number, self.event, self.subject, self.detail) = (number, event, subject, detail)
        }
    }

    private func entries(_ home: Home, _ options: String...) async throws -> [Entry] {
        let report = try await home.command(["log", "--json"] + options).run()
        report.expectSuccess()
        return try JSONDecoder().decode([Entry].self, from: Data(report.output))
    }

    @Test func `each kind of change is told, in its order`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let file = try home.writeFile(tokenURI: server.url)
        for arguments in [
            ["import", file, "--name", "globe"],
            ["import", file, "--name", "globe", "--replace"],
            ["token", "atlas"],
            ["token", "atlas"],
            ["rename", "globe", "earth"],
            ["default", "earth"],
            ["default", "--none"],
            ["rotate", "atlas", file],
            ["forget", "atlas"],
            ["forget", "--all"],
            ["export", "earth", home.folder("out.json"), "--in-clear"],
            ["key", "add", "key-file=\(home.folder("second"))"],
            ["backup", home.folder("copy")],
            ["remove", "earth", "--yes"],
            // Reading, and what fails, leaves no entry.
            ["list"], ["show"], ["status"], ["verify"], ["log"],
        ] {
            let report = try await home.command(arguments).run()
            #expect(report.exitCode == 0, "\(arguments): \(report)")
        }
        try await home.run("remove", "atlas").expectFailure(
            64,
            "Removing atlas takes its secret out of the vault for good.",
            "Say that you mean it: isogeo-vault remove atlas --yes"
        )
        let all = try await entries(home)
        let expected = [
            ("created", "", ""), ("imported", "atlas", ""), ("imported", "globe", ""), ("replaced", "globe", ""),
            ("renamed", "earth", "globe"), ("default", "earth", ""), ("default", "", ""),
            ("rotated", "atlas", ""), ("forgotten", "atlas", ""), ("forgotten", "", ""), ("exported", "earth", ""),
            ("key-added", "key-file", ""), ("removed", "earth", ""),
        ]
        let changes = all.filter { $0.number != nil }
        #expect(changes.map(\.number) == Array(1...expected.count))
        #expect(changes.map(\.event) == expected.map(\.0))
        // A slot is told with its id, which is random.
        #expect(changes.map { $0.event == "key-added" ? "key-file" : $0.subject } == expected.map(\.1))
        #expect(changes.map(\.detail) == expected.map(\.2))
        // Requests are counted. The first token went with its application's old secret, and was requested once.
        let requests = all.filter { $0.number == nil }
        #expect(requests.map(\.event) == ["token"] && requests.map(\.subject) == ["atlas"])

        #expect(try await entries(home, "--last", "2") == Array(all.suffix(2)))
        #expect(try await entries(home, "--last", "1000") == all)
        let verified = try await home.run("verify", "--json").json
        #expect(verified["audit_entries"] as? Int == expected.count)
    }

    @Test func `people see a table, programs each time twice`() async throws {
        let home = try await Home.withVault()
        try await home.run("rename", "atlas", "globe", "-q").expectSuccess("")
        let table = try await home.run("log")
        table.expectSuccess()
        #expect(
            table.outputText.wholeMatch(
                of:
                    #/NUMBER  TIME                  WHAT      OF\n1       [\dTZ:-]{20}  created   \n2       [\dTZ:-]{20}  imported  atlas\n3       [\dTZ:-]{20}  renamed   globe, before: atlas\n/#
            ) != nil,
            "\(table)"
        )
        let last = try await home.run("log", "--last", "1", "--json")
        last.expectSuccess()
        let object = try #require(
            (try JSONSerialization.jsonObject(with: Data(last.output)) as? [[String: Any]])?.first
        )
        #expect(object.keys.sorted() == ["detail", "event", "number", "subject", "time", "time_epoch"])
        let time = try Date(try #require(object["time"] as? String), strategy: .iso8601)
        #expect(object["time_epoch"] as? Double == time.timeIntervalSince1970)
    }

    @Test func `the end of the trail is printed, and compared later`() async throws {
        let home = try await Home.withVault()
        let head = try await home.run("log", "--head")
        head.expectSuccess()
        let noted = head.outputText.trimmingCharacters(in: .newlines)
        #expect(noted.wholeMatch(of: /2:[0-9a-f]{64}/) != nil, "\(head)")
        try await home.run("rename", "atlas", "globe", "-q").expectSuccess("")
        #expect(try await home.run("verify", "--expect", noted).exitCode == 0)
        let other = "2:" + String(repeating: "0", count: 64)
        let forked = try await home.run("verify", "--expect", other)
        #expect(forked.exitCode == 72, "\(forked)")
        #expect(forked.outputText == "Entry 2 of the audit trail isn't the one that was noted.\n", "\(forked)")
        #expect(forked.errorText.contains("If you restored a backup since, note the end anew"), "\(forked)")
        #expect(try await home.run("verify", "--expect", "9" + noted.dropFirst()).exitCode == 72)
        let mistyped = try await home.run("verify", "--expect", "2")
        #expect(mistyped.exitCode == 64 && mistyped.errorText.contains("log --head"), "\(mistyped)")
        #expect(try await home.run("log", "--head", "--json").exitCode == 64)
    }

    @Test func `the system's log gets each event with the end of the trail`() async throws {
        let home = try await Home.withVault()
        let socket = home.folder("log")
        let daemon = try Command(
            "python3",
            [
                "-c",
                """
                import socket, sys
                peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                peer.bind(sys.argv[1])
                print("bound", flush=True)
                for _ in range(2): print(peer.recv(65536).decode(), flush=True)
                """,
                socket,
            ]
        ).start()
        try await daemon.expect("bound")
        let environment = ["ISOGEO_VAULT_SYSLOG": socket]
        try await home.run("rename", "atlas", "my maps", "-q", with: environment).expectSuccess("")
        try await home.run("export", "my maps", home.folder("out.json"), "--in-clear", "-q", with: environment)
            .expectSuccess("")
        let report = try await daemon.outcome()
        let head = try await home.run("log", "--head").outputText.trimmingCharacters(in: .newlines)
        let lines = report.outputText.split(separator: "\n").dropFirst()
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("<85>isogeo-vault[") == true, "\(report)")
        #expect(lines.first?.contains(" event=renamed head=3:") == true, "\(report)")
        #expect(lines.last?.contains(" event=exported head=\(head) ") == true, "\(report)")
        #expect(lines.last?.hasSuffix(" of=\"my maps\"") == true, "\(report)")
        // A path that means another socket elsewhere is none.
        let relative = try await home.run("default", "my maps", with: ["ISOGEO_VAULT_SYSLOG": "log.sock"])
        #expect(
            relative.exitCode == 0 && relative.errorText.contains("\"log.sock\" is no absolute path"),
            "\(relative)"
        )
        // Without a daemon it is said, and the work is done.
        let unheard = try await home.run("rename", "my maps", "atlas", with: environment)
        #expect(unheard.exitCode == 0 && unheard.errorText.contains("doesn't have the event “renamed”"), "\(unheard)")
    }

    @Test(.privileged) func `root: another user's socket is told nothing`() async throws {
        let home = try await Home.withVault()
        let socket = home.folder("log.sock")
        let script = """
            import os, socket, sys
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            peer.bind(sys.argv[1])
            os.chown(sys.argv[1], 65534, 65534)
            peer.settimeout(int(sys.argv[2]))
            print("bound", flush=True)
            sys.stdin.read()
            peer.setblocking(False)
            try: print(peer.recv(65536))
            except BlockingIOError: print("nothing")
            """
        var daemon = Command("python3", ["-c", script, socket, "60"])
        daemon.input = .open
        let running = try daemon.start()
        try await running.expect("bound")
        let told = try await home.run("default", "atlas", with: ["ISOGEO_VAULT_SYSLOG": socket])
        #expect(told.exitCode == 0 && told.errorText.contains("(uid 65534)"), "\(told)")
        running.closeInput()
        #expect(try await running.outcome().outputText.contains("nothing"))
    }

    @Test(.unprivileged) func `no secret leaves a vault that can only be read without a word for it`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: home.vault)
        let file = home.folder("out.json")
        for command in [
            ["export", "atlas", file, "--in-clear"],
            ["exec", "atlas", "--sdk", "--no-token", "--", "/bin/echo", "started"],
        ] {
            let refused = try await home.command(command).run()
            #expect(refused.exitCode == 64 && refused.output.isEmpty, "\(refused)")
            #expect(refused.errorText.contains("say --unlogged"), "\(refused)")
            home.client.secret.expectAbsent(in: refused)
            #expect(!FileManager.default.fileExists(atPath: file))
            var meant = command
            meant.insert("--unlogged", at: 2)
            let done = try await home.command(meant).run()
            #expect(done.exitCode == 0 && done.errorText.contains("The audit trail doesn't record this."), "\(done)")
            try? FileManager.default.removeItem(atPath: file)
        }
        let alone = try await home.run("exec", "--unlogged", "--", "/bin/true")
        #expect(alone.exitCode == 64 && alone.errorText.contains("--sdk"), "\(alone)")
    }

    @Test(arguments: ["0", "-1"]) func `the newest entries are counted from one`(count: String) async throws {
        let home = try await Home.withVault()
        let report = try await home.run("log", "--last=\(count)")
        #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
        #expect(report.errorText.hasPrefix("isogeo-vault: --last is a number above 0.\n"), "\(report)")
    }

    @Test func `without a key there is nothing to see`() async throws {
        let home = try await Home.withVault()
        let report = try await home.run("log", "--no-prompt", with: ["ISOGEO_VAULT_KEY_FILE": nil])
        #expect(report.exitCode == 77 && report.output.isEmpty, "\(report)")
    }
}
