import Foundation
import Testing
import VaultTestSupport

/// `unlock` and `lock`: a vault that opens for a while without a key, on the real kernel's keyring.
@Suite(.serialized, .needsBinary, .needsKernelKeyring)
struct SessionTests {
    /// Where nothing names a key.
    private static let nothingNamed: [String: String?] = ["ISOGEO_VAULT_KEY_FILE": nil]

    private func id(of home: Home) async throws -> String {
        let script =
            "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT hex(vault_id) FROM header').fetchone()[0])"
        return try await Command("python3", ["-c", script, home.vault]).run().outputText.dropLast().lowercased()
    }

    /// A home without a session, ended as it began.
    private func withHome(_ body: (Home) async throws -> Void) async throws {
        let home = try await Home.withVault(askingAt: TokenServer.shared.value.url)
        do {
            try await body(home)
        } catch {
            _ = try await home.run("lock")
            throw error
        }
        _ = try await home.run("lock")
    }

    private func unlock(_ home: Home, for time: String = "1h") async throws {
        let report = try await home.run("unlock", "--for", time, "--shared-uid", "-q")
        try #require(report.exitCode == 0, "\(report)")
    }

    private func opens(_ home: Home) async throws -> Bool {
        let report = try await home.run("list", "-q", with: Self.nothingNamed)
        #expect([0, 77].contains(report.exitCode), "\(report)")
        return report.exitCode == 0
    }

    // MARK: - What it is for

    @Test func `unlocked, a vault with only a passphrase gives tokens without prompt, bus or environment`() async throws
    {
        let home = try Home()
        let file = try await home.writeFile(tokenURI: TokenServer.shared.value.url)
        let passphrase = try home.folder.write("open sesame\n", to: "passphrase")
        let made = try await home.run(
            "import",
            file,
            "--protect",
            "passphrase",
            "--no-recovery",
            "-q",
            with: ["ISOGEO_VAULT_PASSPHRASE_FILE": passphrase]
        )
        try #require(made.exitCode == 0, "\(made)")
        #expect(try await home.run("token").exitCode == 77)
        let before = Int(Date().timeIntervalSince1970)
        let unlocked = try await home.run(
            "unlock",
            "--for",
            "10m",
            "--shared-uid",
            "--json",
            "--passphrase-file",
            passphrase
        )
        let end = try #require(try unlocked.json["unlocked_until"] as? String)
        #expect(unlocked.errorText == "isogeo-vault: The vault is unlocked until \(end).\n")
        #expect(try unlocked.json["vault"] as? String == home.vault)
        let epoch = try #require(try unlocked.json["unlocked_until_epoch"] as? Int)
        #expect((before + 600...Int(Date().timeIntervalSince1970) + 600).contains(epoch))

        var bare = home
        bare.environment = ["HOME": home.folder.path, "ISOGEO_VAULT": home.vault]
        let first = try await bare.run("token")
        first.expectSuccess(errors: "")
        try await bare.run("token").expectSuccess(first.outputText)
        #expect(try await bare.run("status").outputText.hasSuffix("\nsession        until \(end)\n"))

        try await home.run("lock").expectSuccess("", errors: "isogeo-vault: The vault is locked.\n")
        #expect(try await bare.run("token").exitCode == 77)
        try await home.run("lock").expectSuccess("", errors: "isogeo-vault: There was no session.\n")
        #expect(try await bare.run("status").outputText.hasSuffix("\nsession        none\n"))
        #expect(try await KernelKeys.ofVault(id(of: home)) == [])
    }

    @Test func `a session ends by itself`() async throws {
        try await withHome { home in
            try await unlock(home, for: "2s")
            let deadline = ContinuousClock.now + Patience.end
            while try await opens(home), .now < deadline { try await Task.sleep(for: .milliseconds(100)) }
            #expect(try await !opens(home))
        }
    }

    @Test func `a session doesn't prolong itself, and a new one takes its place`() async throws {
        try await withHome { home in
            try await unlock(home)
            let report = try await home.run("unlock", "--shared-uid", with: Self.nothingNamed)
            let (sentence, remedy) = (
                "A session isn't enough for this: a key is needed.",
                "Name a key with --key-file or --passphrase-file, or their variables ISOGEO_VAULT_KEY_FILE and "
                    + "ISOGEO_VAULT_PASSPHRASE_FILE; or run it where you can be asked."
            )
            report.expectFailure(77, sentence, remedy)
            try await home.run("rekey", with: Self.nothingNamed).expectFailure(77, sentence, remedy)
            let before = try await KernelKeys.ofVault(id(of: home))
            try await unlock(home, for: "2h")
            let after = try await KernelKeys.ofVault(id(of: home))
            #expect(before.count == 1 && after.count == 1 && before[0].description != after[0].description)
            #expect(try await opens(home))
        }
    }

    @Test func `what is named goes before the session`() async throws {
        try await withHome { home in
            try await unlock(home)
            let wrong = try home.folder.write([UInt8](repeating: 7, count: 32), to: "wrong")
            #expect(try await home.run("list", with: ["ISOGEO_VAULT_KEY_FILE": wrong]).exitCode == 77)
            #expect(try await home.run("list", "--key-file", wrong, with: Self.nothingNamed).exitCode == 77)
            try await home.run("key", "add", "key-file=\(home.folder("second"))", "-q", with: Self.nothingNamed)
                .expectSuccess()
            try await home.run("key", "remove", try #require(home.slots().last?.id), "-q", with: Self.nothingNamed)
                .expectSuccess()
            #expect(try await !opens(home))
        }
    }

    @Test func `lock says what still opens the vault`() async throws {
        try await withHome { home in
            try await unlock(home)
            try await home.run("lock").expectSuccess(
                "",
                errors: """
                    isogeo-vault: The vault is locked.
                    isogeo-vault: It still opens without asking, by the key file \(home.key), which the environment names.

                    """
            )
            #expect(try await home.events().suffix(2) == ["unlocked", "locked"])
        }
    }

    @Test(arguments: ["0", "0s", "1", "h", "8", "-1h", "31d", "1h30m", "8 h", "8H", "99999999999999999999d", "ah"])
    func `a time that is none is refused before anything is asked`(time: String) async throws {
        try await Home().run("unlock", "--for=\(time)").expectFailure(
            64,
            "--for is a number and s, m, h or d, from 1s to 30d.",
            "isogeo-vault help unlock shows how."
        )
    }

    @Test func `a session serves programs whose session keyring isn't the user's`() async throws {
        try await withHome { home in
            try await unlock(home)
            let sandbox = Sandbox(hasOwnSessionKeyring: true)
            let list = try home.command(["list", "-q"], Self.nothingNamed)
            #expect(try await sandbox.around(list).run().exitCode == 0)
            // And one that was made there serves others.
            let unlocking = try home.command(["unlock", "--for", "1h", "--shared-uid", "-q"])
            #expect(try await sandbox.around(unlocking).run().exitCode == 0)
            #expect(try await opens(home))
        }
    }

    // MARK: - Where the kernel refuses

    private static let refusals: [([(Sandbox.Call, Sandbox.Action)], String)] = [
        (
            [(.keyctl, .fails(errno: EPERM)), (.addKey, .fails(errno: EPERM))],
            "The kernel's keyring is closed to this program (Operation not permitted)."
        ),
        (
            [(.linkUserKeyring, .fails(errno: EACCES))],
            "The kernel's keyring is closed to this program (Permission denied)."
        ),
        (
            [(.keyctl, .fails(errno: ENOSYS)), (.addKey, .fails(errno: ENOSYS))],
            "This kernel, or the sandbox around this program, has no keyring."
        ),
        ([(.addKey, .fails(errno: EDQUOT))], "The kernel keeps no more keys for this user: the quota is used up."),
        (
            [(.setTimeout, .fails(errno: EPERM))],
            "The kernel's keyring is closed to this program (Operation not permitted)."
        ),
        (
            [(.linkIntoUserKeyring, .fails(errno: EDQUOT))],
            "The kernel keeps no more keys for this user: the quota is used up."
        ),
    ]

    @Test(.needsSeccomp, arguments: 0..<refusals.count)
    func `a kernel that refuses is explained by unlock, and silent elsewhere`(_ index: Int) async throws {
        let (rules, sentence) = Self.refusals[index]
        try await withHome { home in
            let sandbox = Sandbox(rules: rules)
            let report = try await sandbox.around(home.command(["unlock", "--shared-uid"])).run()
            #expect(report.exitCode == 69, "\(report)")
            #expect(report.errorText.hasPrefix("isogeo-vault: \(sentence)\n  "), "\(report)")
            #expect(try await KernelKeys.ofVault(id(of: home)) == [])
            #expect(try await home.run("status").outputText.hasSuffix("session        none\n"))
            // Everything else goes on, with and without a key, as if there were no sessions.
            try await unlock(home)
            let isBlind = index < 3
            let list = try home.command(["list"], Self.nothingNamed)
            let listed = try await sandbox.around(list).run()
            #expect(listed.exitCode == (isBlind ? 77 : 0), "\(listed)")
            #expect(!listed.errorText.contains("kernel"))
            #expect(try await sandbox.around(home.command(["list", "-q"])).run().exitCode == 0)
            // Its half in the vault goes even so.
            let locked = try await sandbox.around(home.command(["lock"])).run()
            #expect(locked.exitCode == (isBlind ? 69 : 0), "\(locked)")
            #expect(try await !opens(home))
        }
    }

    // MARK: - Killed

    private func expectTimeOuts(_ home: Home, atMost count: Int, sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        let keys = try await KernelKeys.ofVault(id(of: home))
        #expect(keys.count <= count && keys.allSatisfy { $0.rest != "perm" }, "\(keys)", sourceLocation: sourceLocation)
    }

    @Test(.needsSeccomp, arguments: Sandbox.Call.allCases)
    func `killed between any two calls, no key stays without a time-out, and the session before stays`(
        _ call: Sandbox.Call
    ) async throws {
        try await withHome { home in
            let sandbox = Sandbox(rules: [(call, .kills)])
            let unlocking = sandbox.around(try home.command(["unlock", "--for", "2h", "--shared-uid", "-q"]))
            // There is nothing to revoke where there was no session.
            if call != .revoke {
                #expect(try await unlocking.run().ending == .killed(signal: Int(SIGSYS)))
                try await expectTimeOuts(home, atMost: 1)
                #expect(try await !opens(home))
            }
            try await unlock(home)
            #expect(try await unlocking.run().ending == .killed(signal: Int(SIGSYS)))
            try await expectTimeOuts(home, atMost: 3)
            #expect(try await opens(home))
            try await home.expectWhole()
            #expect(try await home.run("lock").exitCode == 0)
            #expect(try await KernelKeys.ofVault(id(of: home)) == [])
        }
    }

    @Test func `killed at any moment, no key stays without a time-out`() async throws {
        try await withHome { home in
            for round in 0..<(TestPaths.isLongRun ? 100 : 8) {
                let process = try home.command(["unlock", "--for", "1h", "--shared-uid", "-q"]).start()
                try await Task.sleep(for: .microseconds(Int.random(in: 0...40_000)))
                process.send(SIGKILL)
                _ = try await process.outcome()
                try await expectTimeOuts(home, atMost: round + 1)
                try await home.expectWhole()
            }
            #expect(try await home.run("lock").exitCode == 0)
            #expect(try await KernelKeys.ofVault(id(of: home)) == [])
        }
    }

    // MARK: - Another user

    /// A uid that no user has, and no process but this.
    private static let stranger = 61_000 + getpid() % 1000

    private func asStranger(_ command: Command) -> Command {
        var command = command
        let user = "\(Self.stranger)"
        command.arguments =
            ["--reuid", user, "--regid", user, "--clear-groups", "--", command.program] + command.arguments
        command.program = "setpriv"
        return command
    }

    private func withStrangersHome(_ body: (Home) async throws -> Void) async throws {
        let home = try await Home.withVault()
        let user = "\(Self.stranger)"
        try #require(try await Command("chown", ["-R", "\(user):\(user)", home.folder.path]).run().exitCode == 0)
        try await body(home)
        _ = try await asStranger(home.command(["lock"])).run()
    }

    @Test(.privileged)
    func `root: a session lives on after the user's last process has ended, and is the user's alone`()
        async throws
    {
        try await withStrangersHome { home in
            let unlocked = try await asStranger(home.command(["unlock", "--shared-uid", "-q"])).run()
            try #require(unlocked.exitCode == 0, "\(unlocked)")
            for _ in 0..<2 {
                let listed = try await asStranger(home.command(["list", "-q"], Self.nothingNamed)).run()
                #expect(listed.exitCode == 0, "\(listed)")
                try await Task.sleep(for: .milliseconds(200))
            }
            // Another user, root here, doesn't even see the kernel's key: /proc/keys shows what its reader may view.
            let (vault, shown) = (try await id(of: home), try await Command("cat", ["/proc/keys"]).run())
            #expect(vault.count == 32 && shown.exitCode == 0 && !shown.outputText.contains(vault), "\(shown)")
            // Another user with a copy of the vault, which root's is.
            let user = "\(getuid())"
            try #require(try await Command("chown", ["-R", "\(user):\(user)", home.folder.path]).run().exitCode == 0)
            #expect(try await !opens(home))
            let back = "\(Self.stranger)"
            try #require(try await Command("chown", ["-R", "\(back):\(back)", home.folder.path]).run().exitCode == 0)
            #expect(try await asStranger(home.command(["list", "-q"], Self.nothingNamed)).run().exitCode == 0)
        }
    }

    @Test(.privileged) func `root: a quota that is used up is explained`() async throws {
        try await withStrangersHome { home in
            let fill = """
                import ctypes, platform
                libc = ctypes.CDLL(None, use_errno=True)
                add_key, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
                for n in range(100000):
                    key = libc.syscall(add_key, b"user", b"filling:%d" % n, b"x", 1, -4)
                    if key < 0: break
                    libc.syscall(keyctl, 15, key, 120)
                assert ctypes.get_errno() == 122, ctypes.get_errno()
                """
            let filled = try await asStranger(Command("/usr/bin/python3", ["-c", fill])).run()
            try #require(filled.exitCode == 0, "\(filled)")
            let report = try await asStranger(home.command(["unlock", "--shared-uid"])).run()
            #expect(report.exitCode == 69, "\(report)")
            #expect(
                report.errorText.hasPrefix(
                    "isogeo-vault: The kernel keeps no more keys for this user: the quota is used up.\n  Drop keys"
                ),
                "\(report)"
            )
            #expect(try await asStranger(home.command(["list", "-q"])).run().exitCode == 0)
            let empty =
                "import ctypes; ctypes.CDLL(None).syscall({'x86_64': 250, 'aarch64': 219}[__import__('platform').machine()], 7, -4)"
            _ = try await asStranger(Command("/usr/bin/python3", ["-c", empty])).run()
        }
    }
}
