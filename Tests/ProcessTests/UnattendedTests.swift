import Foundation
import Testing
import VaultTestSupport

/// The examples of the documents for unattended work, word for word: by root, on a machine of its own.
@Suite(.needsBinary, .privileged, .needsMachine)
struct UnattendedTests {
    private static let found = #"{"status": 200, "body": "[\"old\"]\n"}, {"status": 200, "body": "[\"new\"]\n"}"#

    @Test func `root: the systemd service is set up, looked into and opened as its README says`() async throws {
        let guide = try Document("Examples/systemd/README.md")
        #expect(guide.blocks.map(\.info) == ["sh setup", "sh look", "sh recovery"])
        let machine = try await Machine(api: #"[\#(Self.found), {"status": 403, "body": "no"}]"#)
        try machine.writeClientSecrets(to: "/root/client_secrets.json")
        for unit in ["isogeo-catalogue.service", "isogeo-catalogue.timer"] {
            let text = try String(contentsOfFile: "\(TestPaths.checkout)/Examples/systemd/\(unit)", encoding: .utf8)
            try machine.write(text, to: "/root/\(unit)")
        }
        let terminal = try machine.shell(guide.blocks[0].text).startOnTerminal()
        let setUp = try await terminal.process.outcome()
        #expect(setUp.exitCode == 0, "\(setUp)")
        let code = try #require(terminal.screen.firstMatch(of: /([0-9A-Z]{5}-){12}[0-9A-Z]{5}/)).0
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: machine("/root")).allSatisfy {
                $0.contains("isogeo-catalogue") || $0.hasPrefix(".")
            }
        )

        let state = "/var/lib/isogeo"
        for content in ["[\"old\"]\n", "[\"new\"]\n"] {
            let looked = try await machine.shell(guide.blocks[1].text).run()
            #expect(looked.exitCode == 0 && looked.outputText.contains(/\nopened by .*recovery/), "\(looked)")
            #expect(try machine.read(state + "/shares.json") == content)
        }
        try machine.write(code + "\n", to: "/root/code.txt")
        let recovered = try await machine.shell(guide.blocks[2].text).run()
        #expect(recovered.exitCode == 0 && recovered.outputText.contains("city-maps"), "\(recovered)")
        // Root itself is told whose it is.
        let refused = try await machine.command("isogeo-vault", ["status", "--vault", state + "/vault.db"]).run()
        #expect(refused.exitCode == 78, "\(refused)")

        // The API refuses, the key is another one, there is no key: the file stays.
        let seal = """
            head -c 32 /dev/urandom >other.key
            systemd-creds encrypt --name=isogeo-vault.key other.key /etc/credstore.encrypted/isogeo-vault.key
            """
        for (change, status) in [("true", 76), (seal, 77), ("rm /etc/credstore.encrypted/isogeo-vault.key", 243)] {
            let changed = try await machine.shell(change).run()
            #expect(changed.exitCode == 0, "\(changed)")
            let failed = try await machine.shell(guide.blocks[1].text).run()
            #expect(failed.exitCode == 1, "\(failed)")
            let journal = try machine.read("/run/journal")
            #expect(journal.hasSuffix("status=\(status)\n"), "\(journal)")
            #expect(try machine.read(state + "/shares.json") == "[\"new\"]\n")
        }
    }

    @Test func `root: cron's line takes a whole answer, and without one ends as isogeo-vault does`() async throws {
        let readme = try Document("README.md")
        let machine = try await Machine(api: #"[\#(Self.found), {"status": 403, "body": "no"}]"#)
        let ada = try await machine.shell("useradd --create-home --home-dir /home/ada ada; chmod 755 /home/ada").run()
        #expect(ada.exitCode == 0, "\(ada)")
        let home = "/home/ada"
        try machine.writeClientSecrets(to: home + "/client_secrets.json")
        let owned = try await machine.shell("chown ada: /home/ada/client_secrets.json").run()
        #expect(owned.exitCode == 0, "\(owned)")
        func asAda(_ arguments: [String], _ variables: [String: String]) -> Command {
            let environment = variables.merging(["HOME": home, "LOGNAME": "ada", "SHELL": "/bin/sh"]) { $1 }
            let plain = environment.map { "\($0)=\($1)" }
            return machine.command("runuser", ["-u", "ada", "--", "env", "-i", "-C", home] + plain + arguments)
        }
        let block = try #require(readme.blocks("sh key-file").first)
        let made = try await asAda(["sh", "-euc", block.text], ["PATH": "/usr/local/bin:/usr/bin:/bin"]).run()
        #expect(made.exitCode == 0, "\(made)")

        let table = try #require(readme.blocks("crontab").first)
        let job = try #require(try Crontab(table).jobs.first)
        let key = machine(home + "/isogeo-vault.key")
        for (content, status) in [("[\"old\"]\n", 0), ("[\"new\"]\n", 0), ("[\"new\"]\n", 76), ("[\"new\"]\n", 77)] {
            if status == 77 { try FileManager.default.moveItem(atPath: key, toPath: key + ".away") }
            let ran = try await asAda(["/bin/sh", "-c", job.line], job.environment).run()
            #expect(ran.exitCode == status && ran.output.isEmpty, "\(ran)")
            #expect(try machine.read(home + "/shares.json") == content)
        }
    }
}
