import Foundation
import Glibc
import Testing
import VaultTestSupport

/// Another account that may write in the folder of a CA file, and has a server with a certificate of its own authority:
/// whatever it exchanges, and whenever, it never gets the Basic header.
@Suite(.serialized, .needsBinary, .privileged)
struct ExchangedCATests {
    private static let user = 65534

    /// Exchanges the file, as that account, as soon as it was closed after a look (inotify(7)).
    ///
    /// With each line of input all is as before; it says so.
    private static let attacker = """
        import ctypes, os, select, sys
        folder, user = sys.argv[1], int(sys.argv[2])
        os.setgroups([]); os.setgid(user); os.setuid(user); os.chdir(folder)
        watch = ctypes.CDLL(None, use_errno=True)
        events = watch.inotify_init1(os.O_NONBLOCK)
        assert watch.inotify_add_watch(events, b".", 0x10) >= 0  # IN_CLOSE_NOWRITE
        swapped, swaps = False, 0
        while True:
            ready, _, _ = select.select([0, events], [], [])
            if events in ready:
                if b"ca.pem" in os.read(events, 65536) and not swapped:
                    os.rename("ca.pem", "good.pem"); os.rename("evil.pem", "ca.pem")
                    swapped, swaps = True, swaps + 1
            if 0 in ready:
                if not os.read(0, 1): break
                if swapped: os.rename("ca.pem", "evil.pem"); os.rename("good.pem", "ca.pem")
                try: os.read(events, 65536)
                except BlockingIOError: pass
                swapped = False
                print("ready", swaps, flush=True)
        """

    /// A folder that any account may write, with a CA file of root's; the attacker's is next to it.
    private struct Scene {
        let folder: TemporaryDirectory
        let server: TokenServer
        let home: Home
        var file: String { folder("company/ca.pem") }

        init() async throws {
            // Where the other account can get to.
            folder = try TemporaryDirectory(in: "/tmp")
            var options = TokenServer.Options()
            let evil = try await ThrowawayCA()
            options.authority = evil
            server = try await TokenServer(options)
            home = try await Home.withVault(askingAt: server.url)
            try FileManager.default.createDirectory(atPath: folder("company"), withIntermediateDirectories: false)
            let genuine = try await ThrowawayCA()
            for (name, authority) in [("company/ca.pem", genuine), ("company/evil.pem", evil), ("evil.pem", evil)] {
                let content = try Data(contentsOf: URL(filePath: authority.certificate))
                try folder.write(content, to: name, mode: 0o644)
            }
            try #require(unsafe chmod(folder.path, 0o711) == 0 && chmod(folder("company"), 0o755) == 0)
        }

        func open() throws { try #require(unsafe chmod(folder("company"), 0o777) == 0) }

        /// Runs the command a hundred times, each time with the attacker ready.
        func race(_ arguments: [String], _ check: (ProcessReport) -> Void) async throws {
            var command = Command(
                "python3",
                ["-c", ExchangedCATests.attacker, folder("company"), "\(ExchangedCATests.user)"]
            )
            command.input = .open
            let attacker = try command.start()
            for round in 1...100 {
                attacker.write("\n")
                _ = await attacker.wait { $0.outputText.split(separator: "\n").count == round }
                try #require(attacker.report.ending == nil, "\(attacker.report)")
                check(try await home.command(arguments).run())
            }
            attacker.closeInput()
            _ = try await attacker.outcome()
            #expect(try server.requests.isEmpty)
        }
    }

    @Test func `root: an import keeps the certificates, whoever exchanges their file later`() async throws {
        let scene = try await Scene()
        let file = try scene.home.writeFile(tokenURI: scene.server.url)
        let imported = try await scene.home.run("import", file, "--replace", "-q", "--ca-file", scene.file)
        #expect(imported.exitCode == 0, "\(imported)")
        try scene.open()
        try await scene.race(["token", "--refresh"]) { report in
            // Of the true authority the attacker has no certificate.
            #expect(report.exitCode == 76 && report.output.isEmpty, "\(report)")
        }
        // Nor does it help to be there first.
        try FileManager.default.removeItem(atPath: scene.file)
        try FileManager.default.copyItem(atPath: scene.folder("evil.pem"), toPath: scene.file)
        let report = try await scene.home.run("token", "--refresh")
        #expect(report.exitCode == 76 && report.output.isEmpty, "\(report)")
        #expect(try scene.server.requests.isEmpty)
    }

    @Test func `root: a CA file that another account can exchange isn't used for a call either`() async throws {
        let scene = try await Scene()
        try scene.open()
        try await scene.race(["token", "--refresh", "--ca-file", scene.file]) { report in
            #expect(report.exitCode == 78 && report.output.isEmpty, "\(report)")
        }
        try await scene.home.run("token", "--ca-file", scene.file).expectFailure(
            78,
            "atlas at \(scene.server.origin): The CA file can't be trusted. Others may write in the folder "
                + "\(scene.folder("company")) (mode 0777).",
            "Look at what is in the file, then close the folder to them: chmod go-w \(scene.folder("company"))"
        )
    }

    @Test func `root: a link of another account's to a file of root's isn't followed`() async throws {
        let scene = try await Scene()
        try scene.open()
        let (sticky, link) = (scene.folder("sticky"), scene.folder("company/link.pem"))
        try FileManager.default.createDirectory(atPath: sticky, withIntermediateDirectories: false)
        try #require(unsafe chmod(sticky, 0o1777) == 0)
        // Root's, and no other user can write it: only who leads there is the question.
        let target = scene.folder("evil.pem")
        for link in [link, sticky + "/link.pem"] {
            try #require(unsafe symlink(target, link) == 0 && lchown(link, 65534, 65534) == 0)
            for arguments in [
                ["token", "--ca-file", link],
                ["import", try scene.home.writeFile(tokenURI: scene.server.url), "--replace", "--ca-file", link],
                ["trust", "atlas", "--ca-file", link],
            ] {
                let report = try await scene.home.command(arguments).run()
                #expect(report.exitCode == 78 && report.output.isEmpty, "\(report)")
                #expect(report.errorText.contains("The CA file can't be trusted."), "\(report)")
            }
        }
        #expect(try scene.server.requests.isEmpty)
    }
}
