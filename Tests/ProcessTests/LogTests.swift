import Foundation
import Testing
import VaultTestSupport

/// `log`: what was done, in its order.
@Suite(.serialized, .needsBinary)
struct LogTests {
    /// An entry, without its time.
    private struct Entry: Equatable, Decodable {
        let number: Int
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
            ("token", "atlas", ""), ("renamed", "earth", "globe"), ("default", "earth", ""), ("default", "", ""),
            ("rotated", "atlas", ""), ("forgotten", "atlas", ""), ("forgotten", "", ""), ("exported", "earth", ""),
            ("key-added", "key-file", ""), ("removed", "earth", ""),
        ]
        #expect(all.map(\.number) == Array(1...expected.count))
        #expect(all.map(\.event) == expected.map(\.0))
        // A slot is told with its id, which is random.
        #expect(all.map { $0.event == "key-added" ? "key-file" : $0.subject } == expected.map(\.1))
        #expect(all.map(\.detail) == expected.map(\.2))

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
