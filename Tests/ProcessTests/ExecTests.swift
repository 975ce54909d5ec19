import Foundation
import Testing
import VaultTestSupport

/// `exec`: a program with a token, in our place.
@Suite(.serialized, .needsBinary)
struct ExecTests {
    private func home() async throws -> Home {
        try await Home.withVault(askingAt: try await TokenServer.shared.value.url)
    }

    @Test func `the program gets the token, its arguments, and gives its exit code`() async throws {
        let home = try await home()
        let script = #"echo "$ISOGEO_ACCESS_TOKEN"; echo "$ISOGEO_ACCESS_TOKEN_EXPIRES"; echo "$@"; exit 7"#
        for name in [["atlas"], []] {
            let arguments = ["exec"] + name + ["--", "sh", "-c", script, "sh", "-q", "--json", "--", "a b"]
            let ran = try await home.command(arguments).run()
            let token = try await home.run("token", "--json").json
            let expected = [token["access_token"], token["expires_at_epoch"]].compactMap { $0.map { "\($0)" } }
            #expect(ran.exitCode == 7 && ran.errors.isEmpty, "\(ran)")
            #expect(ran.outputText == expected.joined(separator: "\n") + "\n-q --json -- a b\n")
        }
        #expect(try await TokenServer.shared.value.requests(of: home.client).count == 1)
    }

    @Test func `no parent is left: its process is ours, and so are its signals`() async throws {
        let home = try await home()
        let process = try home.command(["exec", "--", "sh", "-c", "echo $$ ready; exec sleep 3600"]).start()
        let said = try await process.expect("ready")
        #expect(said.outputText == "\(process.pid) ready\n")
        process.send(SIGTERM)
        #expect(try await process.outcome().ending == .killed(signal: Int(SIGTERM)))
    }

    /// What a program can see of how it was started, without the token; the last of the signals are the C library's.
    private static let look = """
        umask; ulimit -Sc; ulimit -Hc; ulimit -Sl; ulimit -Hl; ls /proc/self/fd
        awk '/^Sig(Blk|Ign)/ { print $1, substr($2, 10) }' /proc/self/status
        env | grep -v ISOGEO_ACCESS_TOKEN | grep -v '^_=' | sort
        """

    @Test func `the program is started as if we hadn't been there`() async throws {
        let home = try await home()
        let variables = [
            "SSLKEYLOGFILE": "/dev/null", "OPENSSL_CONF": "/dev/null", "SECRET_BACKEND": "x", "G_MESSAGES_DEBUG": "all",
            "SECRET_FILE_TEST_PATH": "y", "SECRET_FILE_TEST_PASSWORD": "z", "CREDENTIALS_DIRECTORY": "/nowhere",
            "ODD": "a=b\nc", "EMPTY": "", "SECMEM_FORCE_FALLBACK": "1", "G_DBUS_DEBUG": "all",
            "GIO_EXTRA_MODULES": "/x",
            "GIO_MODULE_DIR": "/x", "G_DEBUG": "fatal-warnings", "OPENSSL_MODULES": "/x",
        ]
        for preparation in ["", "umask 027; ulimit -Sc 100; ulimit -Sl 16; trap '' USR1 HUP;"] {
            let direct = try await home.shell("\(preparation) exec sh -c \"$1\"", Self.look, with: variables)
            let through = try await home.shell(
                "\(preparation) exec \"$vault\" exec -- sh -c \"$1\"",
                Self.look,
                with: variables
            )
            #expect(direct.exitCode == 0 && through.exitCode == 0, "\(through)")
            #expect(through.outputText == direct.outputText, "\(through)")
            #expect(through.outputText.contains("SSLKEYLOGFILE=/dev/null\n"))
        }
    }

    @Test func `what opens the vault isn't handed on, be it in a variable or a descriptor`() async throws {
        let home = try await home()
        let secret = Canary()
        let passphrase = try home.folder.write(secret.text, to: "passphrase")
        #expect(unsafe chmod(passphrase, 0o600) == 0)
        try await home.run("key", "add", "passphrase", "--new-passphrase-file", passphrase, "-q").expectSuccess()
        let byVariable: [String: String?] = [
            "ISOGEO_VAULT_KEY_FILE": nil as String?, "ISOGEO_VAULT_PASSPHRASE": secret.text,
        ]
        let look = "env; tr '\\0' '\\n' </proc/self/environ; ls /proc/self/fd"
        let variable = try await home.run("exec", "--", "sh", "-c", look, with: byVariable)
        #expect(variable.exitCode == 0 && !variable.outputText.contains("ISOGEO_VAULT_PASSPHRASE"), "\(variable)")
        secret.expectAbsent(in: variable)

        var command = try home.command(["exec", "--passphrase-fd", "7", "--", "sh", "-c", "ls /proc/self/fd"])
        command.environment["ISOGEO_VAULT_KEY_FILE"] = nil
        command.descriptors = [
            5: try Descriptor(opening: "/dev/null", O_RDONLY), 7: try Descriptor(opening: passphrase, O_RDONLY),
        ]
        let descriptor = try await command.run()
        #expect(descriptor.exitCode == 0, "\(descriptor)")
        // Descriptor 5 is for the program.
        #expect(descriptor.outputText == "0\n1\n2\n3\n5\n")

        var wound = try home.command([
            "exec", "--passphrase-fd", "0", "--", "python3", "-c",
            "import os; print(os.read(0, 9), end=' '); os.lseek(0, 0, 0); print(os.read(0, 999))",
        ])
        wound.environment["ISOGEO_VAULT_KEY_FILE"] = nil
        wound.descriptors = [0: try Descriptor(opening: passphrase, O_RDONLY)]
        let standard = try await wound.run()
        #expect(standard.outputText == "b'' b''\n", "\(standard)")
        secret.expectAbsent(in: standard)
    }

    @Test func `what can't be started costs no token, and says why`() async throws {
        let home = try await home()
        try await home.run("exec", "--", "no-such-program").expectFailure(
            127,
            "There is no program no-such-program.",
            "Check its name, and PATH; no token was requested, and no secret handed over."
        )
        let file = try home.folder.write("#!/bin/sh\n", to: "plain")
        for path in [file, home.folder.path] {
            try await home.run("exec", "--sdk", "--", path).expectFailure(
                126,
                "\(path) can't be started: Permission denied.",
                "Check that it is a program that you may execute."
            )
        }
        #expect(try await TokenServer.shared.value.requests(of: home.client).isEmpty)
        #expect(try await !home.events().contains("lent"))
        try home.folder.write("#!\(home.folder("interpreter"))\n", to: "plain")
        #expect(unsafe chmod(file, 0o700) == 0)
        for line in ["#!\(home.folder("interpreter"))\n", "#! /bin/sh\r\necho started\r\n"] {
            try home.folder.write(line, to: "plain")
            #expect(unsafe chmod(file, 0o700) == 0)
            try await home.run("exec", "--sdk", "--", file).expectFailure(
                126,
                "\(file) can't be started: the interpreter that its first line names isn't there.",
                "Install it, or correct that line; look for Windows line ends (CRLF)."
            )
        }
        #expect(try await TokenServer.shared.value.requests(of: home.client).isEmpty)
        #expect(try await !home.events().contains("lent"))
        try await home.run("exec", "--", "ls | wc").expectFailure(
            127,
            "There is no program 'ls | wc'.",
            "To run a line of the shell: isogeo-vault exec -- sh -c 'ls | wc'"
        )
        // A text without an interpreter's line is the shell's, as everywhere.
        try home.folder.write("echo from a text \"$1\"\n", to: "plain")
        #expect(unsafe chmod(file, 0o700) == 0)
        try await home.run("exec", "--", file, "a b").expectSuccess("from a text a b\n")
    }

    @Test(arguments: [
        ["exec"], ["exec", "atlas"], ["exec", "sh", "-c", "true"], ["exec", "--private-file", "--", "true"],
        ["exec", "--no-token", "--", "true"], ["exec", "--client-secrets", "1A", "--", "true"],
        ["exec", "--client-secrets", "PATH", "--", "true"], ["exec", "--client-secrets", "LD_PRELOAD", "--", "true"],
        ["exec", "--client-secrets", "ISOGEO_VAULT_KEY_FILE", "--", "true"],
        ["exec", "--client-secrets", "ISOGEO_ACCESS_TOKEN", "--", "true"],
        ["exec", "--client-secrets", "A=B", "--", "true"], ["exec", "--min-ttl", "-1", "--", "true"],
    ]) func `a call that says too little or too much is refused`(arguments: [String]) async throws {
        let home = try Home()
        let report = try await home.command(arguments).run()
        #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
    }

    @Test func `without a vault, application or token nothing is started`() async throws {
        let home = try await home()
        #expect(try await home.run("exec", "nobody", "--", "echo", "started").exitCode == 66)
        #expect(try await home.run("exec", "--vault", home.folder("none"), "--", "echo", "x").exitCode == 66)
        let unreachable = try await Home.withVault()
        let report = try await unreachable.run("exec", "--", "echo", "started")
        #expect(report.exitCode == 75 && report.output.isEmpty, "\(report)")
    }

    @Test func `sdk gives the secret to the program's environment, says so, and the audit trail tells it`() async throws
    {
        let home = try await home()
        let uri = try await TokenServer.shared.value.url
        let inherited: [String: String?] = [
            "ISOGEO_API_URL": "https://elsewhere.example", "ISOGEO_CLIENT_SECRET": "stale", "ISOGEO_PLATFORM": "qa",
        ]
        var command = try home.command(["exec", "--sdk", "--no-token", "--", "env"], inherited)
        let report = try await command.run()
        #expect(report.exitCode == 0, "\(report)")
        let lines = report.outputText.split(separator: "\n").map(String.init).filter { $0.hasPrefix("ISOGEO_") }
        let expected = [
            "ISOGEO_API_GROUP_CLIENT_ID=\(home.client.id)", "ISOGEO_CLIENT_ID=\(home.client.id)",
            "ISOGEO_API_GROUP_CLIENT_SECRET=\(home.client.secret.text)",
            "ISOGEO_CLIENT_SECRET=\(home.client.secret.text)", "ISOGEO_TOKEN_URL=\(uri)", "ISOGEO_PLATFORM=custom",
            "ISOGEO_ID_URL=\(uri.dropLast("/oauth/token".count))", "ISOGEO_VAULT_KEY_FILE=\(home.key)",
        ]
        #expect(lines.sorted() == expected.sorted())
        #expect(report.errorText == "isogeo-vault: env gets the secret of atlas in clear, in its environment.\n")
        #expect(try await home.events().last == "lent")
        #expect(try await TokenServer.shared.value.requests(of: home.client).isEmpty)

        command = try home.command(["exec", "--sdk", "-q", "--", "sh", "-c", "cat /proc/$$/cmdline"])
        let quiet = try await command.run()
        #expect(quiet.errors.isEmpty && quiet.exitCode == 0, "\(quiet)")
        home.client.secret.expectAbsent(in: quiet)
    }

    @Test func `the platform that the SDK is told is that of the whole host`() async throws {
        for (uri, platform, api) in [
            ("https://id.api.isogeo.com/oauth/token", "prod", "https://v1.api.isogeo.com"),
            ("https://id.api.qa.isogeo.com/oauth/token", "qa", "https://v1.api.qa.isogeo.com"),
            ("https://id.api.isogeo.com.example/oauth/token", "custom", ""),
            ("https://evil.example/oauth/token?id.api.isogeo.com", "custom", ""),
        ] {
            let home = try await Home.withVault(askingAt: uri)
            let script = #"echo "$ISOGEO_PLATFORM $ISOGEO_API_URL""#
            let report = try await home.run("exec", "--sdk", "--no-token", "-q", "--", "sh", "-c", script)
            report.expectSuccess("\(platform) \(api)\n")
        }
    }
}
