import Foundation
import Testing
import VaultTestSupport

/// The guide "Which key for which machine", and the units of `Examples/systemd`: each row as it says, in its own shape.
@Suite(.serialized)
struct GuideTests {
    private let guide: Document
    private static let units = TestPaths.checkout + "/Examples/systemd"

    init() throws { guide = try Document("Sources/IsogeoVault/Documentation.docc/WhichKey.md") }

    /// The lines of the block that begins with "```sh NAME".
    private func lines(_ name: String) throws -> [String] { try #require(guide.blocks("sh \(name)").first).lines }

    @Test func `each block of the guide is one that a test runs`() {
        #expect(guide.blocks.map(\.info) == ["sh desktop", "sh ssh", "sh cron", "sh container", "sh ci"])
    }

    private static let hasKeyring = ["gnome-keyring-daemon", "dbus-daemon", "gdbus"].allSatisfy { name in
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\(name)")
    }

    @Test(.needsBinary, .enabled(if: hasKeyring, "gnome-keyring, dbus-daemon or gdbus isn't installed"))
    func `a desktop opens the vault by its keyring, with nothing typed`() async throws {
        let (desk, session) = (try await Desk(), try TemporaryDirectory())
        for name in ["home", "run"] {
            let attributes = [FileAttributeKey.posixPermissions: 0o700]
            try FileManager.default.createDirectory(
                atPath: session(name),
                withIntermediateDirectories: false,
                attributes: attributes
            )
        }
        var server = Command(
            TestPaths.checkout + "/Tests/Servers/keyring",
            ["unlocked", session("home"), session("run")]
        )
        server.input = .open
        let keyring = try server.start()
        let said = await keyring.wait { $0.outputText.contains("ready\n") }
        let bus = try #require(said.outputText.firstMatch(of: /bus=(\S+)/), "\(said)").1
        var command = try desk.command("sh", ["-euc", lines("desktop").joined(separator: "\n")])
        command.environment["DBUS_SESSION_BUS_ADDRESS"] = String(bus)
        command.environment["XDG_RUNTIME_DIR"] = session("run")
        // As on a desktop, the keyring's files are where ours are.
        command.environment["XDG_DATA_HOME"] = session("home/share")
        let report = try await command.run()
        #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
        #expect(try desk.tokenRequests == 1)

        var doctor = desk.command(desk.binaries + "/isogeo-vault", ["doctor"])
        doctor.environment["DBUS_SESSION_BUS_ADDRESS"] = String(bus)
        doctor.environment["XDG_DATA_HOME"] = session("home/share")
        let looked = try await doctor.run().outputText
        #expect(
            looked.contains("ok       keyring: ") && looked.contains("finding  keys: Only this desktop's"),
            "\(looked)"
        )
        keyring.send(SIGTERM)
        _ = try await keyring.outcome()
        // The same vault where the keyring isn't: a finding, at once, without a question.
        doctor.environment["DBUS_SESSION_BUS_ADDRESS"] = nil
        let gone = try await doctor.run()
        #expect(gone.exitCode == 78 && gone.outputText.contains("finding  keyring: "), "\(gone)")
    }

    @Test(.needsBinary, .needsKernelKeyring) func `over SSH a passphrase is typed, and a session spares the next one`()
        async throws
    {
        let desk = try await Desk()
        // The tests may run in a container that shares its user's number.
        let script = try lines("ssh").joined(separator: "\n").replacing(" unlock ", with: " unlock --shared-uid ")
        let terminal = try desk.command("bash", ["-euc", script]).startOnTerminal()
        for prompt in ["New passphrase of the vault:", "The same again:", "Passphrase of the vault:"] {
            try await terminal.expect(prompt)
            terminal.type("correct horse battery staple\n")
        }
        #expect(try await terminal.process.outcome().exitCode == 0, "\(terminal.screen)")
        #expect(try desk.tokenRequests == 1)
    }

    @Test(.needsBinary) func `cron opens the vault by a key file, with nobody there`() async throws {
        let desk = try await Desk()
        let report = try await desk.command("sh", ["-euc", lines("cron").joined(separator: "\n")]).run()
        #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
        #expect(try desk.tokenRequests == 1)
    }

    @Test(.needsBinary, .unprivileged) func `a container has a lent key, and a vault that it can only read`()
        async throws
    {
        let desk = try await Desk()
        let (key, data) = (desk.home("isogeo-vault.key"), desk.home("data"))
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: data)
        let arguments = [
            "import", "--vault", data + "/vault.db", "--protect", "key-file=\(key)", "client_secrets.json",
        ]
        let made = try await desk.command(desk.binaries + "/isogeo-vault", arguments).run()
        try #require(made.exitCode == 0, "\(made)")
        for (path, mode) in [(key, 0o444), (data + "/vault.db", 0o400), (data, 0o500)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: data) }
        let line = try lines("container").joined(separator: "\n")
        try #require(line.contains("/data/") && line.contains("/run/secrets/"))
        let here = line.replacing("/data", with: data).replacing("/run/secrets/isogeo-vault.key", with: key)
        let report = try await desk.command("sh", ["-euc", here]).run()
        #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
        #expect(report.errorText.contains("is read-only: the token isn't kept."))
    }

    @Test(.needsBinary) func `CI needs no vault`() async throws {
        let desk = try await Desk()
        var command = try desk.command("sh", ["-euc", lines("ci").joined(separator: "\n")])
        command.environment["ISOGEO_API_GROUP_CLIENT_ID"] = "city-maps"
        command.environment["ISOGEO_API_GROUP_CLIENT_SECRET"] = Canary().text
        command.environment["ISOGEO_ID_URL"] = desk.tokenURL.replacing("/oauth/token", with: "")
        let report = try await command.run()
        #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
        #expect(!FileManager.default.fileExists(atPath: desk.home(".local")))
    }

    // MARK: - systemd

    private func unit(_ name: String) throws -> String {
        try String(contentsOfFile: "\(Self.units)/\(name)", encoding: .utf8)
    }

    private func value(_ key: String, in unit: String) throws -> String {
        let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix(key + "=") }, "no \(key)=")
        return String(line.dropFirst(key.count + 1))
    }

    private static let hasSystemd = ["/usr/bin", "/bin"].contains {
        FileManager.default.isExecutableFile(atPath: $0 + "/systemd-analyze")
    }

    @Test(.enabled(if: hasSystemd, "systemd-analyze isn't installed"))
    func `systemd has nothing to say about the units`() async throws {
        let units = ["service", "timer"].map { "\(Self.units)/isogeo-catalogue.\($0)" }
        let report = try await Command("systemd-analyze", ["verify"] + units).run()
        #expect(report.exitCode == 0 && report.errorText == "" && report.outputText == "", "\(report)")
    }

    @Test(.needsBinary) func `the service does its work with the credential that its setup has made`() async throws {
        let desk = try await Desk()
        let setup = try #require(try Document("Examples/systemd/README.md").blocks("sh setup").first).text
        // The command's own lines, elsewhere; all of them as they stand are run by root, in `UnattendedTests`.
        let line = String(try #require(setup.split(separator: "\n").first { $0.hasPrefix("isogeo-vault import ") }))
        let state = desk.home("state")
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: state)
        let made = try await desk.command(
            "sh",
            ["-euc", line.replacing("/var/lib/isogeo", with: state)]
        ).run()
        try #require(made.exitCode == 0, "\(made)")
        try await desk.makeAPIKnown(vault: state + "/vault.db", key: "new.key")

        let service = try unit("isogeo-catalogue.service")
        let credential = try value("LoadCredentialEncrypted", in: service).split(separator: ":").map(String.init)
        #expect(setup.contains("--name=\(credential[0]) new.key \(credential[1])"))
        let credentials = desk.home("credentials")
        try FileManager.default.createDirectory(atPath: credentials, withIntermediateDirectories: false)
        try FileManager.default.moveItem(atPath: desk.home("new.key"), toPath: "\(credentials)/\(credential[0])")
        for (path, mode) in [("\(credentials)/\(credential[0])", 0o440), (credentials, 0o550)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: credentials) }

        let start = try value("ExecStart", in: service)
        let quoted = try #require(start.wholeMatch(of: /\/bin\/sh -c '([^'%]*)'/), "\(start)")
        let vault = try value("Environment", in: service).split(separator: "=").map(String.init)
        #expect(vault == ["ISOGEO_VAULT", "%S/isogeo/vault.db"])
        var command = desk.command("/bin/sh", ["-c", String(quoted.1)])
        command.environment["ISOGEO_VAULT"] = state + "/vault.db"
        command.environment["STATE_DIRECTORY"] = state
        command.environment["CREDENTIALS_DIRECTORY"] = credentials
        let ran = try await command.run()
        #expect(ran.exitCode == 0, "\(ran)")
        #expect(try Data(contentsOf: URL(filePath: state + "/shares.json")) == Data("[]\n".utf8))
        // The import's check, and what told the vault where our API is.
        #expect(try desk.tokenRequests == 2)
        command.environment["CREDENTIALS_DIRECTORY"] = nil
        let locked = try await command.run()
        #expect(locked.exitCode == 77, "\(locked)")
        #expect(try Data(contentsOf: URL(filePath: state + "/shares.json")) == Data("[]\n".utf8))
    }

    @Test func `the timer starts the service of its own name`() throws {
        #expect(try value("WantedBy", in: unit("isogeo-catalogue.timer")) == "timers.target")
        #expect(try !unit("isogeo-catalogue.timer").contains("Unit="))
    }
}
