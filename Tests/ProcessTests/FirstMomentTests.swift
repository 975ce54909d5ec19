import Foundation
import Testing
import VaultTestSupport

/// Another program of the same user, which opens the command's memory in the milliseconds before it closes itself.
@Suite(.serialized, .needsBinary)
struct FirstMomentTests {
    /// Starts the command a hundred times as another account, opens its memory as fast as it can, and counts the times
    /// when one of the descriptors still reaches it: of memory that is gone a read gives nothing, of memory that is
    /// there an error for an address where nothing lies.
    private static let attacker = """
        import os, resource, signal, sys, time
        program, user = sys.argv[1], int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
        os.setgroups([]); os.setgid(user); os.setuid(user)
        reached = 0
        for run in range(100):
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                os.dup2(reading, 0)
                os.close(writing)
                for stream in 1, 2:
                    os.dup2(os.open("/dev/null", os.O_WRONLY), stream)
                os.execve(program, [program, "import", "-", "--dry-run"], {"HOME": "/nonexistent"})
            opened, end = [], time.monotonic() + 0.05
            while time.monotonic() < end and len(opened) < 4000:
                try:
                    opened.append(os.open(f"/proc/{child}/mem", os.O_RDONLY))
                except OSError:
                    pass
            alive = False
            for descriptor in opened:
                try:
                    os.pread(descriptor, 1, 4096)
                except OSError:
                    alive = True
                os.close(descriptor)
            reached += alive
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(reading); os.close(writing)
        print(reached)
        """

    /// How often the attacker reached it, of a hundred times.
    private func reached(_ executable: String, mode: Int) async throws -> Int {
        let folder = try TemporaryDirectory()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        let program = folder("isogeo-vault")
        try FileManager.default.copyItem(atPath: executable, toPath: program)
        try FileManager.default.setAttributes(
            [.posixPermissions: mode, .ownerAccountID: 0, .groupOwnerAccountID: 0],
            ofItemAtPath: program
        )
        let report = try await Command("python3", ["-c", Self.attacker, program, "65534"]).run()
        try #require(report.exitCode == 0, "\(report)")
        return try #require(Int(report.outputText.trimmingCharacters(in: .newlines)))
    }

    @Test(.privileged) func `root: an executable of root's that can't be read was never opened`() async throws {
        for executable in [TestPaths.binary, TestPaths.wholeBinary] {
            let executable = try #require(executable)
            #expect(try await reached(executable, mode: 0o711) == 0)
        }
        // One that its user may read is: the attack works.
        #expect(try await reached(try #require(TestPaths.wholeBinary), mode: 0o755) > 0)
    }

    @Test(.needsStrace) func `it is closed before it opens or reads anything of its user's, and starts a thread`()
        async throws
    {
        var home = try await Home.withVault()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = nil
        let passphrase = try home.folder.write("open sesame", to: "passphrase")
        let added = try await home.command(
            ["key", "add", "passphrase", "--new-passphrase-file", passphrase, "--key-file", home.key]
        ).run()
        try #require(added.exitCode == 0, "\(added)")
        let log = home.folder("calls")
        var traced = try home.command(["list", "-q", "--passphrase-fd", "0"])
        (traced.program, traced.arguments) = ("strace", ["-f", "-qq", "-o", log, traced.program] + traced.arguments)
        traced.input = .bytes(Array("open sesame".utf8))
        let report = try await traced.run()
        try #require(report.exitCode == 0, "\(report)")
        let text = String(decoding: try home.folder.read("calls"), as: UTF8.self)
        let calls = text.split(separator: "\n").map(String.init)
        let closes = "prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE"
        let closing = calls.firstIndex { $0.contains(closes) && $0.hasSuffix("= 0") }
        let before = calls[..<(try #require(closing))].dropFirst()
        // It does all of this afterwards; no name is shown to strace then, unless root runs it.
        let name = URL(filePath: home.folder.path).lastPathComponent
        for sign in [name, " read(0,", " clone"] {
            #expect(before.filter { $0.contains(sign) } == [])
            #expect(sign == name || calls[before.endIndex...].contains { $0.contains(sign) }, "\(sign)")
        }
    }

    @Test func `the C of the executable checks its stack and its buffers`() async throws {
        let symbols = try await Command("nm", ["-D", "--undefined-only", try #require(TestPaths.wholeBinary)]).run()
        #expect(symbols.outputText.contains("__stack_chk_fail"), "\(symbols)")
        #expect(symbols.outputText.contains("_chk@"), "\(symbols)")
    }
}
