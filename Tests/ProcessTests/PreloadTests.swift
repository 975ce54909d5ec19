import Foundation
import Testing
import VaultTestSupport

/// What environments load into every process, and constructors that run before ours: the command does what was asked,
/// or fails.
@Suite(.serialized, .needsBinary)
struct PreloadTests {
    private func expectItWorks(_ environment: [String: String], finding: Bool = false) async throws {
        let server = try await TokenServer.shared.value
        var home = try Home()
        home.environment.merge(environment) { _, new in new }
        let file = try home.writeFile(tokenURI: server.url)
        let made = try await home.run("import", file, "--protect", "key-file=\(home.key)")
        #expect(made.exitCode == 0 && made.errorText.contains("Made the vault"), "\(made)")
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        let token = try await home.run("token")
        token.expectSuccess()
        try #require(!token.output.isEmpty)
        let handedOver = try await home.run("exec", "--", "sh", "-c", #"echo "$ISOGEO_ACCESS_TOKEN""#)
        handedOver.expectSuccess(token.outputText)
        #expect(try server.requests(of: home.client).count == 1)
        let doctor = try await home.run("doctor")
        #expect([0, 78].contains(doctor.exitCode), "\(doctor)")
        #expect(doctor.outputText.contains("\(finding ? "finding  " : "ok       ")freed-memory: "), "\(doctor)")
    }

    @Test(.needsPreload(.glibcDebug)) func `with glibc's own checks of memory the command works`() async throws {
        try await expectItWorks(["LD_PRELOAD": Preload.glibcDebug.rawValue, "GLIBC_TUNABLES": "glibc.malloc.check=3"])
    }

    @Test(.needsPreload(.jemalloc)) func `with jemalloc the command works`() async throws {
        try await expectItWorks(["LD_PRELOAD": try #require(Preload.jemalloc.path)])
    }

    @Test(.needsPreload(.tcmalloc)) func `with tcmalloc the command works`() async throws {
        try await expectItWorks(["LD_PRELOAD": try #require(Preload.tcmalloc.path)])
    }

    @Test(.needsPreload(.mimalloc)) func `with mimalloc the command works`() async throws {
        try await expectItWorks(["LD_PRELOAD": try #require(Preload.mimalloc.path)])
    }

    @Test(.needsPreload(.mallocWithoutSize))
    func `an allocator that tells no sizes is left alone, which is a finding`() async throws {
        try await expectItWorks(["LD_PRELOAD": try #require(Preload.mallocWithoutSize.path)], finding: true)
    }

    @Test(.needsPreload(.noDirectorySync)) func `where directories can't be synced the command works all the same`()
        async throws
    {
        var home = try Home()
        home.environment["LD_PRELOAD"] = Preload.noDirectorySync.path
        let made = try await home.run("import", try home.writeFile(), "--protect", "key-file=\(home.key)")
        #expect(made.exitCode == 0, "\(made)")
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        for arguments in [
            ["export", "atlas", home.folder("out.json"), "--in-clear"], ["backup", home.folder("copy")],
            ["rekey"], ["list"],
        ] {
            let report = try await home.command(arguments).run()
            #expect(report.exitCode == 0, "\(report)")
        }
    }

    @Test(.needsPreload(.noLocks)) func `a file system without locks is named, and no process waited for`()
        async throws
    {
        let remedy = "Keep the vault on a local disk, or have the lock service started (NFS: rpc.statd)."
        var home = try await Home.withVault()
        home.environment["LD_PRELOAD"] = Preload.noLocks.path
        for arguments in [["token"], ["list"], ["forget"], ["backup", home.folder("copy")]] {
            try await home.command(arguments).run().expectFailure(
                78,
                "The file system of \(home.vault) has no locks (No locks available).",
                remedy
            )
        }
        let doctor = try await home.run("doctor")
        #expect(doctor.exitCode == 78 && doctor.outputText.contains(remedy), "\(doctor)")
        // A copy of a vault has no lock file yet.
        try FileManager.default.removeItem(atPath: home.vault + ".lock")
        let copy = try await home.run("list")
        #expect(copy.exitCode == 78 && copy.errorText.contains(remedy), "\(copy)")
        let other = home.folder("other/vault.db")
        let made = try await home.run("import", try home.writeFile(), "--vault", other, "-q")
        #expect(made.exitCode == 78 && made.errorText.contains(remedy), "\(made)")
    }

    /// Runs commands that print nothing but what they did, and looks for what they did.
    private func expectArgumentsArrive(
        with environment: [String: String] = [:],
        through wrapper: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let other = Home.Client(named: "rivers")
        let file = try home.writeFile(of: other, to: "rivers.json", tokenURI: server.url)
        func run(_ arguments: String...) async throws -> ProcessReport {
            var command = try home.command(arguments, environment)
            if let program = wrapper.first {
                command.arguments = wrapper.dropFirst() + [command.program] + arguments
                command.program = program
            }
            let report = try await command.run()
            #expect(report.exitCode == 0, "\(arguments): \(report)", sourceLocation: sourceLocation)
            return report
        }
        #expect(try await run("token").output.count == 65, sourceLocation: sourceLocation)
        _ = try await run("exec", "--", "touch", home.folder("x"))
        #expect(home.exists(home.folder("x")), sourceLocation: sourceLocation)
        _ = try await run("import", file, "--name", "rivers")
        #expect(try await home.names() == ["atlas", "rivers"], sourceLocation: sourceLocation)
        _ = try await run("backup", home.folder("copy"))
        #expect(home.exists(home.folder("copy")), sourceLocation: sourceLocation)
        let locked = try await run("lock")
        #expect(!locked.outputText.contains("USAGE"), "\(locked)", sourceLocation: sourceLocation)
    }

    @Test(.needsPreload(.constructorSetenv))
    func `arguments arrive where a constructor has set a variable`() async throws {
        try await expectArgumentsArrive(with: ["LD_PRELOAD": try #require(Preload.constructorSetenv.path)])
    }

    private static func has(_ name: String) -> Bool {
        ["/usr/bin", "/bin"].contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    @Test(.enabled(if: has("fakechroot"), "fakechroot isn't installed")) func `arguments arrive under fakechroot`()
        async throws
    {
        try await expectArgumentsArrive(through: ["fakechroot", "--"])
    }

    @Test(.enabled(if: has("faketime"), "faketime isn't installed")) func `arguments arrive under faketime`()
        async throws
    {
        try await expectArgumentsArrive(through: ["faketime", "-f", "+0"])
    }

    @Test(.privileged) func `root: arguments arrive where /proc is empty`() async throws {
        let line = #"mount -t tmpfs none /proc && exec "$0" "$@""#
        try await expectArgumentsArrive(through: ["unshare", "--mount", "sh", "-c", line])
    }

    @Test func `arguments that can't be found are an error`() async throws {
        // execve(2) with no arguments at all, not even a name: no shell does that.
        let script = """
            import ctypes, os, sys
            none = (ctypes.c_char_p * 1)(None)
            ctypes.CDLL(None).execve(os.fsencode(sys.argv[1]), none, none)
            """
        let report = try await Command("python3", ["-c", script, try #require(TestPaths.binary)]).run()
        report.expectFailure(
            70,
            "The arguments of this process can't be found.",
            "Start isogeo-vault with its own name as the first argument, as a shell does."
        )
    }
}
