import Foundation
import Testing
import VaultTestSupport

/// Where a vault may lie, and where it is looked for.
@Suite(.serialized, .needsBinary)
struct PlaceTests {
    private func chmod(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test(arguments: [0o644, 0o640, 0o620, 0o700]) func `a vault open to others is refused, and told how to close it`(
        mode: Int
    )
        async throws
    {
        let home = try await Home.withVault()
        try chmod(mode, home.vault)
        for command in ["token", "list", "status"] {
            try await home.run(command).expectFailure(
                78,
                "\(home.vault) is open to others (mode 0\(String(mode, radix: 8))).",
                "chmod 600 \(home.vault)"
            )
        }
    }

    @Test func `a folder that others can write is refused, at the vault and above it`() async throws {
        let home = try await Home.withVault()
        for folder in [home.vaultFolder, home.folder("share")] {
            try chmod(0o770, folder)
            try await home.run("token").expectFailure(
                78,
                "Others may write in the folder \(folder) (mode 0770).",
                "chmod go-w \(folder)"
            )
            try chmod(0o700, folder)
        }
        #expect(try await home.run("list").exitCode == 0)
    }

    @Test func `nothing is made in a folder that others can write`() async throws {
        let home = try Home()
        try chmod(0o777, home.folder("share"))
        try await home.run("import", try home.writeFile(), "-q", "--protect", "key-file=\(home.key)").expectFailure(
            78,
            "Others may write in the folder \(home.folder("share")) (mode 0777).",
            "chmod go-w \(home.folder("share"))"
        )
        #expect(!FileManager.default.fileExists(atPath: home.vaultFolder))
        #expect(!FileManager.default.fileExists(atPath: home.key))
    }

    @Test func `a path with a quote stays one word in its remedy`() async throws {
        let home = try await Home.withVault()
        let folder = home.folder("it's $HOME")
        try FileManager.default.moveItem(atPath: home.vaultFolder, toPath: folder)
        try chmod(0o775, folder)
        let report = try await home.run("token", "--vault", folder + "/vault.db")
        let remedy = try #require(report.errorText.split(separator: "\n").last).trimmingCharacters(in: .whitespaces)
        #expect(report.exitCode == 78 && remedy.hasPrefix("chmod go-w "), "\(report)")
        // What is said to be typed does it.
        #expect(try await Command("sh", ["-c", remedy]).run().exitCode == 0)
        #expect(try await home.run("list", "--vault", folder + "/vault.db").exitCode == 0)
    }

    @Test func `a link in the vault's place is refused, links on the way are not`() async throws {
        let home = try await Home.withVault()
        let link = home.folder("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: home.vault)
        try await home.run("token", "--vault", link).expectFailure(
            78,
            "\(link) is a symbolic link.",
            "Name the file that it leads to."
        )
        let alias = home.folder("alias")
        try FileManager.default.createSymbolicLink(atPath: alias, withDestinationPath: home.folder.path)
        let away: [String: String?] = ["XDG_DATA_HOME": alias + "/share", "HOME": alias]
        try await home.run("list", with: away).expectSuccess()
    }

    @Test func `a home behind a link works`() async throws {
        var home = try Home()
        let alias = home.folder("alias")
        try FileManager.default.createSymbolicLink(atPath: alias, withDestinationPath: home.folder("run"))
        home.environment["HOME"] = alias
        home.environment["XDG_DATA_HOME"] = nil
        let made = try await home.run("import", try home.writeFile(), "--protect", "key-file=\(home.key)")
        #expect(made.exitCode == 0, "\(made)")
        #expect(FileManager.default.fileExists(atPath: home.folder("run/.local/share/isogeo-vault/vault.db")))
        #expect(try await home.run("list", "--key-file", home.key).exitCode == 0)
    }

    @Test func `a vault with a second name is refused`() async throws {
        let home = try await Home.withVault()
        try FileManager.default.linkItem(atPath: home.vault, toPath: home.folder("second"))
        try await home.run("token").expectFailure(
            78,
            "\(home.vault) has 2 names (hard links).",
            "Remove the other names, or copy it and use the copy."
        )
    }

    @Test func `a pipe or folder in the vault's place is refused, and nobody waits for it`() async throws {
        let home = try Home()
        let fifo = home.folder("fifo")
        try #require(unsafe mkfifo(fifo, 0o600) == 0)
        for (path, what) in [(fifo, "not a regular file"), (home.folder("run"), "a folder")] {
            let remedy = "Move it away, or name another file."
            try await home.run("token", "--vault", path)
                .expectFailure(78, "\(path) is \(what).", remedy)
            try await home.run(
                "import",
                try home.writeFile(),
                "-q",
                "--vault",
                path,
                "--protect",
                "key-file=\(home.key)"
            )
            .expectFailure(78, "\(path) is \(what).", remedy)
        }
        #expect(!FileManager.default.fileExists(atPath: home.key))
    }

    @Test func `a write-ahead log beside a vault is refused`() async throws {
        let home = try await Home.withVault()
        try home.folder.write("", to: "share/isogeo-vault/vault.db-wal")
        let report = try await home.run("token")
        #expect(report.exitCode == 72 && report.errorText.contains("a write-ahead log"), "\(report)")
    }

    @Test func `without HOME the password database is asked`() async throws {
        let home = try Home()
        let entry = unsafe getpwuid(geteuid())
        let folder = try unsafe String(cString: #require(unsafe entry?.pointee.pw_dir))
        // Only looked at: the test may not change what is there.
        let report = try await home.run("status", with: ["HOME": nil, "XDG_DATA_HOME": nil])
        #expect([0, 66, 78].contains(report.exitCode), "\(report)")
        #expect((report.outputText + report.errorText).contains(folder), "\(report)")
    }

    @Test func `a relative data folder is passed over`() async throws {
        var home = try Home()
        home.environment["XDG_DATA_HOME"] = "share"
        let made = try await home.run("import", try home.writeFile(), "--protect", "key-file=\(home.key)")
        #expect(made.exitCode == 0, "\(made)")
        #expect(FileManager.default.fileExists(atPath: home.folder(".local/share/isogeo-vault/vault.db")))
        #expect(!FileManager.default.fileExists(atPath: home.vaultFolder))
    }

    @Test func `the option goes before the variable, and the variable before the usual place`() async throws {
        let home = try await Home.withVault()
        let (one, two) = (home.folder("one/vault.db"), home.folder("two/vault.db"))
        for (path, name) in [(one, "one"), (two, "two")] {
            let file = try home.writeFile()
            let report = try await home.run(
                "import",
                file,
                "--name",
                name,
                "--protect",
                "key-file=\(home.key)",
                with: ["ISOGEO_VAULT": path]
            )
            #expect(report.exitCode == 0, "\(report)")
        }
        func names(_ report: ProcessReport) throws -> [String] {
            try (report.json["applications"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        }
        #expect(try await names(home.run("list", "--json")) == ["atlas"])
        #expect(try await names(home.run("list", "--json", with: ["ISOGEO_VAULT": one])) == ["one"])
        #expect(try await names(home.run("list", "--json", "--vault", two, with: ["ISOGEO_VAULT": one])) == ["two"])
        #expect(try await names(home.run("list", "--json", with: ["ISOGEO_VAULT": ""])) == ["atlas"])
    }

    @Test(.unprivileged) func `a vault that can only be read gives tokens and keeps none`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        try chmod(0o400, home.vault)
        try chmod(0o500, home.vaultFolder)
        defer { try? chmod(0o700, home.vaultFolder) }
        let before = try home.folder.read("share/isogeo-vault/vault.db")
        let first = try await home.run("token")
        let second = try await home.run("token")
        for report in [first, second] { #expect(report.exitCode == 0 && report.output.count == 65, "\(report)") }
        // Once a day, since cron mails each line.
        #expect(
            first.errorText
                == "isogeo-vault: warning: The vault at \(home.vault) is read-only: the token isn't kept.\n"
        )
        #expect(second.errorText.isEmpty)
        #expect(first.output != second.output)
        #expect(try home.folder.read("share/isogeo-vault/vault.db") == before)
        // Nowhere to lock: there may be two requests, and that is said.
        let unlocked = try await home.run("token", with: ["XDG_RUNTIME_DIR": nil])
        let warning = "Other processes may request the same token at the same time."
        #expect(unlocked.exitCode == 0 && unlocked.errorText.contains(warning))
        let changed = try await home.run("import", try home.writeFile(), "--name", "b", "-q")
        #expect(changed.exitCode == 74 && changed.errorText.contains("can be read but not written"), "\(changed)")
    }

    @Test(.unprivileged) func `a vault that can't be read is a matter of permissions`() async throws {
        let home = try await Home.withVault()
        try chmod(0o000, home.vault)
        let report = try await home.run("token")
        #expect(report.exitCode == 78 && report.output.isEmpty, "\(report)")
        try chmod(0o600, home.vault)
        try chmod(0o000, home.key)
        let key = try await home.run("token")
        #expect(key.exitCode == 77 && key.errorText.contains("\(home.key) can't be read: Permission denied."), "\(key)")
    }

    @Test(.privileged) func `root: a vault of another user is refused`() async throws {
        let home = try await Home.withVault()
        try #require(unsafe chown(home.vault, 65534, 65534) == 0)
        try await home.run("token").expectFailure(
            78,
            "\(home.vault) belongs to another user (uid 65534).",
            "Name a place that belongs to you, or copy the vault there."
        )
        try #require(unsafe chown(home.vault, 0, 0) == 0)
        try #require(unsafe chown(home.key, 65534, 65534) == 0)
        let key = try await home.run("token")
        #expect(key.exitCode == 78 && key.errorText.contains("belongs to another user (uid 65534)"), "\(key)")
    }
}
