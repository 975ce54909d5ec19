import Foundation
import Testing
import VaultTestSupport

/// What opens a vault: what was named first is the only thing tried, and never is anybody waited for.
@Suite(.serialized, .needsBinary)
struct UnlockingTests {
    /// A home whose vault opens by a key file that nothing names yet.
    private func lockedHome() async throws -> Home {
        var home = try await Home.withVault()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = nil
        return home
    }

    private func passphraseHome(_ passphrase: Canary) async throws -> Home {
        let home = try Home()
        let path = try home.folder.write(passphrase.text + "\n", to: "passphrase")
        let made = try await home.run("import", try home.writeFile(), "--passphrase-file", path)
        try #require(made.exitCode == 0, "\(made)")
        return home
    }

    @Test func `a vault opens by its key file, however it is named`() async throws {
        let home = try await lockedHome()
        let credentials = home.folder("credentials")
        try FileManager.default.createDirectory(atPath: credentials, withIntermediateDirectories: false)
        try home.folder.write(try home.folder.read("key"), to: "credentials/isogeo-vault.key", mode: 0o440)
        let shared = try home.folder.write(try home.folder.read("key"), to: "shared", mode: 0o444)
        for (options, variables) in [
            (["--key-file", home.key], [:]), ([], ["ISOGEO_VAULT_KEY_FILE": home.key]),
            ([], ["CREDENTIALS_DIRECTORY": credentials]), (["--shared-key-file", shared], [:]),
        ] as [([String], [String: String])] {
            let report = try await home.command(["list"] + options, variables).run()
            #expect(report.exitCode == 0, "\(options) \(variables): \(report)")
        }
    }

    @Test func `a vault opens by its passphrase, wherever it comes from`() async throws {
        let passphrase = Canary()
        let home = try await passphraseHome(passphrase)
        let path = home.folder("passphrase")
        let credentials = home.folder("credentials")
        try FileManager.default.createDirectory(atPath: credentials, withIntermediateDirectories: false)
        try home.folder.write(passphrase.text + "\r\n", to: "credentials/isogeo-vault.passphrase", mode: 0o444)
        for (options, variables) in [
            (["--passphrase-file", path], [:]), (["--passphrase-fd", "3"], [:]),
            (["--passphrase-command", "printf %s '\(passphrase.text)'"], [:]),
            ([], ["ISOGEO_VAULT_PASSPHRASE_FILE": path]), ([], ["ISOGEO_VAULT_PASSPHRASE": passphrase.text]),
            ([], ["CREDENTIALS_DIRECTORY": credentials]),
        ] as [([String], [String: String])] {
            var command = try home.command(["list"] + options, variables)
            command.descriptors[3] = try Descriptor(opening: path, O_RDONLY)
            let report = try await command.run()
            #expect(report.exitCode == 0, "\(options) \(variables): \(report)")
            passphrase.expectAbsent(in: report)
        }
        try passphrase.expectAbsent(inFolder: home.vaultFolder)
    }

    @Test func `a passphrase command isn't shown the passphrase in the environment`() async throws {
        let passphrase = Canary()
        let home = try await passphraseHome(passphrase)
        // It prints the right one where it sees neither, and sees what only begins alike.
        let line = "test \"$ISOGEO_VAULT_PASSPHRASES\" && printf %s \"${ISOGEO_VAULT_PASSPHRASE-\(passphrase.text)}\""
        let variables = ["ISOGEO_VAULT_PASSPHRASE": "seen", "ISOGEO_VAULT_PASSPHRASES": "another variable"]
        let report = try await home.command(["list", "--passphrase-command", line], variables).run()
        #expect(report.exitCode == 0, "\(report)")
    }

    @Test func `a passphrase that doesn't fit is named by where it came from`() async throws {
        let passphrase = Canary()
        let home = try await passphraseHome(passphrase)
        let wrong = try home.folder.write("wrong horse", to: "wrong")
        let remedy = Home.otherKeyRemedy
        for (options, variables, name) in [
            (["--passphrase-file", wrong], [:], "The passphrase in \(wrong)"),
            (["--passphrase-fd", "3"], [:], "The passphrase from descriptor 3"),
            (["--passphrase-command", "echo wrong horse"], [:], "The passphrase command's output"),
            ([], ["ISOGEO_VAULT_PASSPHRASE": "wrong horse"], "The passphrase in $ISOGEO_VAULT_PASSPHRASE"),
        ] as [([String], [String: String], String)] {
            var command = try home.command(["list"] + options, variables)
            command.descriptors[3] = try Descriptor(opening: wrong, O_RDONLY)
            try await command.run().expectFailure(77, "\(name) doesn't open this vault.", remedy)
        }
        // Spaces and line ends within are the passphrase's own.
        let spaced = try home.folder.write(passphrase.text + " \n", to: "spaced")
        let twice = try home.folder.write(passphrase.text + "\n\n", to: "twice")
        for path in [spaced, twice] {
            #expect(try await home.run("list", "--passphrase-file", path).exitCode == 77)
        }
    }

    @Test func `what is named first is the only thing tried`() async throws {
        let home = try await lockedHome()
        let other = try home.folder.write(String(repeating: "0", count: 64), to: "other")
        let remedy = Home.otherKeyRemedy
        try await home.run("list", "--key-file", other, with: ["ISOGEO_VAULT_KEY_FILE": home.key])
            .expectFailure(77, "The key file \(other) doesn't open this vault.", remedy)
        try await home.run("list", "--key-file", home.key, with: ["ISOGEO_VAULT_KEY_FILE": other]).expectSuccess()
        try await home.run(
            "list",
            with: [
                "ISOGEO_VAULT_KEY_FILE": other, "ISOGEO_VAULT_PASSPHRASE": "x", "ISOGEO_VAULT_PASSPHRASE_FILE": "/x",
            ]
        ).expectFailure(77, "The key file \(other) doesn't open this vault.", remedy)
        let missing = home.folder("missing")
        try await home.run("list", with: ["ISOGEO_VAULT_KEY_FILE": missing, "ISOGEO_VAULT_PASSPHRASE": "x"])
            .expectFailure(
                77,
                "\(missing) can't be read: No such file or directory.",
                "Check the path and who may read it."
            )
        try await home.run("list", with: ["ISOGEO_VAULT_PASSPHRASE_FILE": missing, "ISOGEO_VAULT_PASSPHRASE": "x"])
            .expectFailure(
                77,
                "\(missing) can't be read: No such file or directory.",
                "Check the path and who may read it."
            )
        try await home.run("list", with: ["ISOGEO_VAULT_PASSPHRASE": "x"]).expectFailure(
            77,
            "This vault has no key slot of the kind passphrase.",
            "`isogeo-vault status` lists the slots that this vault has; use one of them."
        )
    }

    @Test func `two options are one too many`() async throws {
        let home = try await lockedHome()
        for options in [
            ["--key-file", home.key, "--passphrase-fd", "0"], ["--passphrase-file", "a", "--passphrase-command", "b"],
        ] {
            let report = try await home.command(["list"] + options).run()
            #expect(report.exitCode == 64 && report.output.isEmpty)
            #expect(
                report.errorText.hasPrefix(
                    "isogeo-vault: Give only one way to open the vault.\n"
                )
            )
        }
    }

    @Test func `an empty passphrase or variable is refused, not passed over`() async throws {
        let home = try await lockedHome()
        let remedy = "Give a passphrase; to choose another way to unlock leave it out altogether."
        let empty = try home.folder.write("\n", to: "empty")
        try await home.run("list", with: ["ISOGEO_VAULT_PASSPHRASE": ""])
            .expectFailure(77, "The passphrase in $ISOGEO_VAULT_PASSPHRASE is empty.", remedy)
        try await home.run("list", "--passphrase-file", empty)
            .expectFailure(77, "The passphrase in \(empty) is empty.", remedy)
        try await home.run("list", "--passphrase-command", "true")
            .expectFailure(77, "The passphrase command's output is empty.", remedy)
        for variable in ["ISOGEO_VAULT_KEY_FILE", "ISOGEO_VAULT_PASSPHRASE_FILE"] {
            let report = try await home.run("list", with: [variable: ""])
            #expect(report.exitCode == 77 && report.output.isEmpty, "\(report)")
        }
    }

    @Test func `a passphrase that can't be had says why`() async throws {
        let home = try await lockedHome()
        let remedy = "Run the command by hand: it should print the passphrase and end with 0."
        try await home.run("list", "--passphrase-command", "echo x; exit 3")
            .expectFailure(77, "The passphrase command failed with status 3.", remedy)
        try await home.run("list", "--passphrase-command", "kill -9 $$")
            .expectFailure(77, "The passphrase command failed with status 137.", remedy)
        try await home.run("list", "--passphrase-fd", "9").expectFailure(
            77,
            "Descriptor 9 can't be read: Bad file descriptor.",
            "Open it for reading, for instance: --passphrase-fd 3 3< FILE."
        )
        let long = try home.folder.write(String(repeating: "x", count: 1025), to: "long")
        try await home.run("list", "--passphrase-file", long).expectFailure(
            77,
            "The passphrase in \(long) is longer than 1024 bytes.",
            "Give a passphrase of at most 1024 bytes, or use a key file."
        )
    }

    @Test func `a key file that others can read is refused with its remedy`() async throws {
        let home = try await lockedHome()
        for mode in [0o640, 0o604, 0o660, 0o700] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: home.key)
            try await home.run("list", "--key-file", home.key).expectFailure(
                78,
                "\(home.key) is open to others (mode 0\(String(mode, radix: 8))).",
                "Close it: chmod 600 '\(home.key)'. A container's secret: --shared-key-file, or its variable "
                    + "ISOGEO_VAULT_SHARED_KEY_FILE."
            )
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: home.key)
        try await home.run("list", "--key-file", home.key).expectSuccess()

        let link = home.folder("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: home.key)
        #expect(try await home.run("list", "--key-file", link).exitCode == 78)
        try await home.run("list", "--shared-key-file", link).expectSuccess()

        try #require(unsafe mkfifo(home.folder("fifo"), 0o600) == 0)
        for option in ["--key-file", "--shared-key-file", "--passphrase-file"] {
            try await home.run("list", option, home.folder("fifo")).expectFailure(
                78,
                "\(home.folder("fifo")) is not a regular file.",
                "Give the path of the file itself; for a pipe use --passphrase-fd."
            )
        }
        let short = try home.folder.write("0123", to: "short")
        try await home.run("list", "--key-file", short).expectFailure(
            77,
            "\(short) is no key file: it holds neither 32 bytes nor 64 hexadecimal digits.",
            "Give the key file of this vault, unchanged."
        )
    }

    @Test func `a shared key file that others can write is refused`() async throws {
        let home = try await lockedHome()
        let shared = try home.folder.write(try home.folder.read("key"), to: "shared", mode: 0o666)
        let report = try await home.run("list", "--shared-key-file", shared)
        report.expectFailure(
            78,
            "Others may write \(shared) (mode 0666).",
            "A shared file may be read by others, and written by its owner alone: chmod go-w '\(shared)'."
        )
        let passphrase = try home.folder.write("a passphrase", to: "passphrase", mode: 0o644)
        try await home.run("list", "--passphrase-file", passphrase).expectFailure(
            78,
            "\(passphrase) is open to others (mode 0644).",
            "Close it: chmod 600 '\(passphrase)'. A container's secret: --shared-passphrase-file, or its variable "
                + "ISOGEO_VAULT_SHARED_PASSPHRASE_FILE."
        )
        // There is no shared recovery code.
        try await home.run("list", "--recovery", passphrase).expectFailure(
            78,
            "\(passphrase) is open to others (mode 0644).",
            "Close it: chmod 600 '\(passphrase)'."
        )
    }

    @Test func `a folder of credentials without ours is named where nothing else is`() async throws {
        let home = try await lockedHome()
        try await home.run("list", with: ["CREDENTIALS_DIRECTORY": home.folder("run")]).expectFailure(
            77,
            "The vault is locked, and nothing says how to open it. $CREDENTIALS_DIRECTORY, \(home.folder("run")), has no "
                + "isogeo-vault.key and no isogeo-vault.passphrase.",
            "Give the credential one of these names, as in LoadCredential=isogeo-vault.key:PATH. Or name a key with "
                + "--key-file or --passphrase-file, or their variables ISOGEO_VAULT_KEY_FILE and "
                + "ISOGEO_VAULT_PASSPHRASE_FILE; or run it where you can be asked."
        )
    }

    @Test(arguments: [[], ["--no-prompt"], ["-q"]])
    func `where nobody can be asked it fails at once`(options: [String]) async throws {
        let home = try await lockedHome()
        var command = try home.command(["token"] + options)
        // Something could still be typed here, and isn't read.
        command.input = .open
        try await command.run().expectFailure(
            77,
            "The vault is locked, and nothing says how to open it.",
            "Name a key with --key-file or --passphrase-file, or their variables ISOGEO_VAULT_KEY_FILE and "
                + "ISOGEO_VAULT_PASSPHRASE_FILE; or run it where you can be asked."
        )
        let nothing = try Home()
        var new = try nothing.command(["import", try home.writeFile(), "--protect", "passphrase"] + options)
        new.input = .open
        let report = try await new.run()
        #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
    }

    @Test func `a passphrase makes a vault and a key file isn't needed`() async throws {
        let passphrase = Canary()
        let home = try await passphraseHome(passphrase)
        let status = try await home.run("status", "--json").json
        #expect((status["slots"] as? [[String: Any]])?.compactMap { $0["kind"] as? String } == ["passphrase"])
        // 64 hexadecimal digits that open nothing.
        let other = try home.folder.write(String(repeating: "0", count: 64), to: "other")
        #expect(try await home.run("list", "--key-file", other).exitCode == 77)
    }
}
