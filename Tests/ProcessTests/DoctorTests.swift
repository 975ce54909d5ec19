import Foundation
import Testing
import VaultTestSupport

/// `doctor` on this computer: what it finds of what a test has put there, and what it leaves alone.
@Suite(.serialized, .needsBinary)
struct DoctorTests {
    private struct Check: Decodable {
        let check: String
        let level: String
        let sentence: String
        let remedy: String?
    }

    private struct Report: Decodable {
        let findings: Int
        let fixed: [String]
        let checks: [Check]

        func of(_ check: String) -> [Check] { checks.filter { $0.check == check } }
    }

    /// What `doctor` says; its exit code is the one that its findings ask for.
    private func examine(_ home: Home, _ options: [String] = [], _ variables: [String: String?] = [:]) async throws
        -> Report
    {
        var command = try home.command(["doctor", "--json"] + options, variables)
        // A question would wait for ever.
        command.input = .open
        let run = try await command.run()
        let report = try JSONDecoder().decode(Report.self, from: Data(run.output))
        #expect(report.findings == report.checks.count { $0.level == "finding" })
        #expect(run.exitCode == (report.findings == 0 ? 0 : 78), "\(run)")
        #expect(report.checks.allSatisfy { $0.level != "finding" || $0.remedy?.isEmpty == false })
        return report
    }

    private func setMode(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test func `a sound vault has no finding, and each thing that is looked at is told`() async throws {
        let home = try await Home.withVault()
        let files = try home.folder.read("share/isogeo-vault/vault.db")
        let report = try await examine(home)
        #expect(report.of("vault").map(\.level) == ["ok"] && report.of("vault")[0].sentence.contains(home.vault))
        #expect(report.of("named-key").map(\.level) == ["note"])
        #expect(report.of("keys").map(\.level) == ["note"])
        #expect(report.of("terminal").map(\.level) == ["ok"])
        #expect(report.of("libraries").first?.sentence.hasPrefix("libsodium 1.0.") == true)
        for check in ["swap", "core-dumps", "locked-memory", "certificates", "proxies", "environment", "clock"] {
            #expect(!report.of(check).isEmpty, "\(check)")
        }
        #expect(report.fixed.isEmpty)
        #expect(try home.folder.read("share/isogeo-vault/vault.db") == files)
        let text = try await home.run("doctor")
        #expect(
            text.outputText.split(separator: "\n").first
                == "ok       vault: \(home.vault) is sound, as far as can be seen without its key."
        )
    }

    @Test func `no key is asked for, and a vault that none opens is examined all the same`() async throws {
        var home = try await Home.withVault()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = nil
        let report = try await examine(home)
        #expect(report.of("vault").map(\.level) == ["ok"] && report.of("named-key").isEmpty)
        #expect(report.of("terminal").map(\.level) == ["note"])
    }

    @Test func `where there is no vault nothing is made`() async throws {
        let home = try Home()
        for options in [[], ["--fix"]] {
            let report = try await examine(home, options)
            #expect(report.of("vault").map(\.level) == ["note"])
            #expect(report.of("vault")[0].sentence == "There is no vault at \(home.vault).")
        }
        #expect(!home.exists(home.vaultFolder))
    }

    @Test func `all modes that are wrong are found at once, and set right on request alone`() async throws {
        let home = try await Home.withVault()
        let lock = home.vault + ".lock"
        let wrong = [(home.vaultFolder, 0o775), (home.vault, 0o644), (lock, 0o666), (home.key, 0o640)]
        for (path, mode) in wrong { try setMode(mode, path) }
        let found = try await examine(home)
        #expect(
            found.of("vault").map(\.remedy) == [
                "chmod go-w \(home.vaultFolder)", "chmod 600 \(home.vault)", "chmod 600 \(lock)",
            ]
        )
        #expect(found.of("named-key").map(\.level) == ["finding"] && found.fixed.isEmpty)
        for (path, mode) in wrong { #expect(try home.mode(of: path) == mode) }

        let mended = try await examine(home, ["--fix"])
        #expect(
            mended.fixed == [
                "chmod 755 \(home.vaultFolder)", "chmod 600 \(home.vault)", "chmod 600 \(lock)",
                "chmod 600 \(home.key)",
            ]
        )
        #expect(mended.of("vault").map(\.level) == ["ok"])
        for (path, mode) in [(home.vaultFolder, 0o755), (home.vault, 0o600), (lock, 0o600), (home.key, 0o600)] {
            #expect(try home.mode(of: path) == mode)
        }
        try await home.run("list").expectSuccess()
        #expect(try await examine(home, ["--fix"]).fixed.isEmpty)
    }

    @Test func `what a link leads to, what has a second name, and a folder above stay as they are`() async throws {
        let home = try await Home.withVault()
        let other = try home.folder.write("mine", to: "other", mode: 0o644)
        try FileManager.default.createSymbolicLink(atPath: home.folder("link"), withDestinationPath: other)
        try FileManager.default.linkItem(atPath: home.vault, toPath: home.folder("second"))
        try setMode(0o644, home.vault)
        try setMode(0o770, home.folder("share"))
        let report = try await examine(home, ["--fix"], ["ISOGEO_VAULT_KEY_FILE": home.folder("link")])
        #expect(report.fixed.isEmpty && report.findings >= 3, "\(report)")
        #expect(try home.mode(of: other) == 0o644 && home.mode(of: home.vault) == 0o644)
        #expect(try home.mode(of: home.folder("share")) == 0o770)
    }

    @Test(.privileged) func `root: what belongs to somebody else is found and stays as it is`() async throws {
        let home = try await Home.withVault()
        for path in [home.vault, home.key] {
            try setMode(0o644, path)
            try #require(unsafe chown(path, 54321, 54321) == 0)
        }
        let report = try await examine(home, ["--fix"])
        #expect(report.fixed.isEmpty)
        #expect(report.of("vault").map(\.sentence) == ["\(home.vault) belongs to another user (uid 54321)."])
        #expect(report.of("named-key").map(\.level) == ["finding"])
        for path in [home.vault, home.key] { #expect(try home.mode(of: path) == 0o644) }
    }

    @Test func `a damaged vault, a write-ahead log and a planted journal are findings`() async throws {
        for kind in ["garbage", "wal", "schema"] {
            let home = try await Home.withVault()
            switch kind {
            case "garbage": try home.folder.write([UInt8](repeating: 7, count: 8192), to: "share/isogeo-vault/vault.db")
            case "wal": try home.folder.write("", to: "share/isogeo-vault/vault.db-wal")
            default: try await home.edit("db.execute('CREATE TABLE planted (x)')")
            }
            let report = try await examine(home, ["--fix"])
            #expect(report.of("vault").map(\.level) == ["finding"], "\(kind): \(report)")
            #expect(report.fixed.isEmpty)
        }
    }

    @Test func `the environment is told of without a value, what we pass over included`() async throws {
        let home = try await Home.withVault()
        let secret = Canary()
        let variables = [
            "ISOGEO_VAULT_PASSPHRASE": secret.text, "ISOGEO_API_GROUP_CLIENT_SECRET": secret.text,
            "SSLKEYLOGFILE": home.folder("keys.log"), "OPENSSL_CONF": "/x", "OPENSSL_MODULES": "/x",
            "SECMEM_FORCE_FALLBACK": "1", "G_DEBUG": "all", "G_DBUS_DEBUG": "all", "GIO_EXTRA_MODULES": "/x",
            "GIO_MODULE_DIR": "/x",
            "https_proxy": "http://ada:\(secret.text)@p:1",
        ]
        let report = try await home.run("doctor", with: variables.mapValues { $0 })
        secret.expectAbsent(in: report)
        for name in variables.keys { #expect(report.outputText.contains(name), "\(name)") }
        #expect(report.outputText.contains("p:1 (https_proxy)"))
        #expect(!home.exists(home.folder("keys.log")))
    }

    @Test(.unprivileged) func `too little memory that may be locked is a finding with its remedy`() async throws {
        let home = try await Home.withVault()
        let report = try await home.shell(#"ulimit -l 64; exec "$vault" doctor"#)
        #expect(report.exitCode == 78 && report.outputText.contains("finding  locked-memory: "), "\(report)")
        #expect(
            report.outputText.contains("(64 KiB; 1024 KiB are needed)")
                && report.outputText.contains("LimitMEMLOCK=")
        )
        let last = report.errorText.split(separator: "\n").last
        #expect(last == "  Each has its remedy below it.", "\(report)")
    }

    @Test func `a folder that nothing can be remembered in is said`() async throws {
        let home = try await Home.withVault()
        #expect(try await examine(home).of("memory-of-vaults").isEmpty)
        let file = try home.folder.write("", to: "file")
        let found = try await examine(home, [], ["XDG_STATE_HOME": file]).of("memory-of-vaults")
        #expect(found.map(\.level) == ["finding"] && found.first?.sentence.contains(file) == true, "\(found)")
        try setMode(0o777, home.folder("state/isogeo-vault"))
        #expect(try await examine(home).of("memory-of-vaults").map(\.level) == ["finding"])
        // One that isn't there yet is made when it is wanted.
        let missing = home.folder("later/state")
        #expect(try await examine(home, [], ["XDG_STATE_HOME": missing]).of("memory-of-vaults").isEmpty)
        #expect(!home.exists(home.folder("later")))
    }

    @Test(.unprivileged) func `a home that can't be written is told of, and no finding`() async throws {
        let home = try await Home.withVault()
        let closed = home.folder("closed")
        try FileManager.default.createDirectory(atPath: closed, withIntermediateDirectories: false)
        try setMode(0o500, closed)
        #expect(try await examine(home, [], ["XDG_STATE_HOME": closed]).of("memory-of-vaults").map(\.level) == ["note"])
    }

    @Test func `without a vault nothing is said of its keys, and CI is told what needs none`() async throws {
        let home = try Home()
        let variables = ["CI": "true", "ISOGEO_CLIENT_SECRET": "x"]
        let report = try await examine(home, [], variables)
        #expect(report.of("vault").first?.remedy == "In CI none is needed: isogeo-vault token --from-environment")
        #expect(report.of("environment").first?.remedy?.hasPrefix("isogeo-vault token --from-environment ") == true)
        #expect(report.of("terminal").map(\.sentence) == ["There is no terminal to ask for a passphrase on."])
        #expect(report.of("keyring").allSatisfy { !$0.sentence.contains("this vault") })
    }

    @Test func `a vault of the future is a finding`() async throws {
        let home = try await Home.withVault()
        try await home.edit("db.execute('UPDATE header SET changed = changed + 86400')")
        #expect(try await examine(home).of("clock").map(\.level) == ["finding"])
    }

    @Test func `a line end in a path makes no message of its own`() async throws {
        let home = try await Home.withVault()
        let folder = home.folder("a\nisogeo-vault: fake")
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        for arguments in [["backup", folder + "/b"], ["export", "atlas", folder + "/out.json", "--in-clear"]] {
            let report = try await home.command(arguments).run()
            #expect(report.exitCode == 0 && report.errorText.contains("a\\u{a}isogeo-vault: fake/"), "\(report)")
            #expect(!report.errorText.contains("\nisogeo-vault: fake"), "\(report)")
        }
    }

    @Test func `a name with escapes in it never reaches a terminal`() async throws {
        let home = try await Home.withVault()
        let folder = home.folder("\u{1B}[2J\u{202E}")
        try FileManager.default.moveItem(atPath: home.vaultFolder, toPath: folder)
        for arguments in [
            ["doctor"], ["status"], ["list"], ["import", folder + "/none.json"], ["status", "--json"],
            ["doctor", "--json"], ["import", folder + "/none.json", "--error-format", "json"],
        ] {
            let report = try await home.command(arguments, ["ISOGEO_VAULT": folder + "/vault.db"]).run()
            let said = report.outputText + report.errorText
            #expect(!said.contains("\u{1B}") && !said.contains("\u{202E}"), "\(arguments)")
            let isJSON = arguments.contains { $0.hasSuffix("json") && !$0.contains("/") }
            let shown = isJSON ? "\\u001b[2J\\u202e" : "\\u{1b}[2J\\u{202e}"
            #expect(arguments == ["list"] || said.lowercased().contains(shown.lowercased()), "\(arguments): \(said)")
        }
        try setMode(0o644, folder + "/vault.db")
        for format in ["text", "json"] {
            let refused = try await home.command(
                ["list", "--error-format", format],
                ["ISOGEO_VAULT": folder + "/vault.db"]
            ).run()
            #expect(refused.exitCode == 78 && !refused.errorText.contains("\u{1B}"), "\(refused)")
        }
    }

    @Test func `no vault is made in a home that isn't there`() async throws {
        let home = try Home()
        let missing = home.folder("nobody/home")
        let variables: [String: String?] = ["HOME": missing, "XDG_DATA_HOME": nil]
        try await home.run("import", try home.writeFile(), "-q", "--protect", "key-file=\(home.key)", with: variables)
            .expectFailure(
                78,
                "The home folder \(missing) doesn't exist, and the vault would be made in it.",
                "Make it, set HOME, or say where the vault is: --vault PATH, or the variable ISOGEO_VAULT."
            )
        #expect(!home.exists(home.folder("nobody")) && !home.exists(home.key))
        // Reading looks for nothing that it would make.
        #expect(try await home.run("list", with: variables).exitCode == 66)
    }

    @Test func `an application isn't renamed to what looks like another one`() async throws {
        let home = try await Home.withVault()
        let name = try #require(try await home.names().first)
        let report = try await home.run("rename", name, "at\u{202E}sal")
        #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
        #expect(try await home.names() == [name])
    }
}
