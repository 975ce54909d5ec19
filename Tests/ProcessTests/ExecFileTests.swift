import Foundation
import Testing
import VaultTestSupport

/// `exec --client-secrets`: a file that is none, or one that goes with the program.
@Suite(.serialized, .needsBinary, .needsMemoryFileSystem)
struct ExecFileTests {
    /// A home, and the folder in which `exec` puts its own.
    private func home() async throws -> (Home, folder: String) {
        let home = try await Home.withVault(in: TestPaths.memory)
        return (home, home.folder("run/isogeo-vault-exec"))
    }

    private func lent(_ home: Home, _ options: [String] = [], _ script: String) throws -> Command {
        try home.command(
            ["exec", "--no-token", "-q", "--client-secrets", "CS"] + options + ["--", "sh", "-c", script]
        )
    }

    private func entries(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    /// A whole client_secrets.json with the client's secret.
    private func expectFile(_ text: some StringProtocol, of home: Home) throws {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [String: Any]]
        #expect(object?["web"]?["client_secret"] as? String == home.client.secret.text)
        #expect(object?["web"]?["client_id"] as? String == home.client.id)
    }

    @Test func `the file lies in memory, can be read again, and never be changed`() async throws {
        let (home, folder) = try await home()
        let script = """
            cat "$CS"; echo ---; cat "$CS"; echo ---; echo "$CS"; readlink "$CS"; stat -c %a "$(dirname "$CS")"
            (echo x >> "$CS") 2>/dev/null && echo written; find "$XDG_RUNTIME_DIR" "$HOME" -type f | xargs grep -l client_secret
            """
        var command = try lent(home, [], script)
        try FileManager.default.removeItem(atPath: home.folder("client_secrets.json"))
        command.environment["HOME"] = home.folder.path
        let report = try await command.run()
        let parts = report.outputText.split(separator: "---\n").map(String.init)
        try #require(parts.count == 3, "\(report)")
        try expectFile(parts[0], of: home)
        #expect(parts[0] == parts[1])
        let lines = parts[2].split(separator: "\n").map(String.init)
        #expect(lines.count == 3, "\(lines)")
        #expect(lines.first?.hasPrefix(folder) == true && lines.first?.hasSuffix("/client_secrets.json") == true)
        #expect(lines.dropFirst() == ["/proc/self/fd/64", "700"])
        #expect(try await home.events().last == "lent")
        // We had become the program: what is left is a name that leads nowhere, and the next one sweeps it.
        #expect(try entries(folder).count == 1)
        #expect(try await lent(home, ["--private-file"], "true").run().exitCode == 0)
        #expect(try entries(folder).isEmpty)
    }

    @Test func `a private file is there for children too, and gone with the program`() async throws {
        let (home, folder) = try await home()
        let script = #"""
            stat -c "%a %F" "$CS"; python3 -c 'import os, subprocess; subprocess.run(["cat", os.environ["CS"]])'; exit 9
            """#
        let report = try await lent(home, ["--private-file"], script).run()
        #expect(report.exitCode == 9, "\(report)")
        #expect(report.outputText.hasPrefix("600 regular file\n"))
        try expectFile(report.outputText.dropFirst("600 regular file\n".count), of: home)
        #expect(try entries(folder).isEmpty)
    }

    @Test func `signals reach the program, and its death by one is ours`() async throws {
        let (home, folder) = try await home()
        let trap = try lent(home, ["--private-file"], "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done")
        let process = try trap.start()
        try await process.expect("ready")
        #expect(try entries(folder).count == 1)
        process.send(SIGTERM)
        #expect(try await process.outcome().ending == .exited(5))
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2] {
            let process = try lent(home, ["--private-file"], "ulimit -c 0; echo ready; exec sleep 3600").start()
            try await process.expect("ready")
            process.send(signal)
            #expect(try await process.outcome().ending == .killed(signal: Int(signal)))
        }
        let killed = try await lent(home, ["--private-file"], "kill -KILL $$").run()
        #expect(killed.ending == .killed(signal: Int(SIGKILL)))
        #expect(try entries(folder).isEmpty)
    }

    @Test func `a program that stops stops us, and goes on when we do`() async throws {
        let (home, _) = try await home()
        let python = """
            import os, signal, sys
            process = os.fork()
            if process == 0:
                os.setpgid(0, 0)
                os.execv(sys.argv[1], sys.argv[1:])
            _, status = os.waitpid(process, os.WUNTRACED)
            print("stopped" if os.WIFSTOPPED(status) else status, flush=True)
            os.kill(process, signal.SIGCONT)
            _, status = os.waitpid(process, 0)
            print(os.waitstatus_to_exitcode(status))
            """
        var command = try lent(home, ["--private-file"], "kill -TSTP $$; exit 3")
        (command.program, command.arguments) = ("python3", ["-c", python, command.program] + command.arguments)
        let report = try await command.run()
        #expect(report.outputText == "stopped\n3\n", "\(report)")
    }

    @Test func `what somebody who was killed left is swept, what is in use isn't`() async throws {
        let (home, folder) = try await home()
        let killed = try lent(home, ["--private-file"], "echo $$; exec sleep 3600").start()
        let said = await killed.wait { $0.outputText.hasSuffix("\n") }
        let orphan = try #require(pid_t(said.outputText.dropLast()))
        defer { kill(orphan, SIGKILL) }
        killed.send(SIGKILL)
        _ = try await killed.outcome()
        #expect(try entries(folder).count == 1)

        let living = try lent(home, [], "echo ready; read -r line; cat \"$CS\"")
        var open = living
        open.input = .open
        let process = try open.start()
        try await process.expect("ready")
        #expect(try entries(folder).count == 1)
        #expect(try await lent(home, ["--private-file"], "true").run().exitCode == 0)
        process.write("\n")
        process.closeInput()
        let report = try await process.outcome()
        try expectFile(report.outputText.dropFirst("ready\n".count), of: home)
    }

    @Test func `whatever somebody left is swept, of another container too, and what somebody holds isn't`() async throws
    {
        let (home, folder) = try await home()
        // As of a container whose processes can't be seen: only the lock tells.
        let left = folder + "/1-1-1-1"
        let held = folder + "/2-1-1-1"
        for place in [left, held] {
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            for name in ["client_secrets.json", ".isogeo-vault-0123456789abc.new"] {
                try #require(FileManager.default.createFile(atPath: "\(place)/\(name)", contents: Data("x".utf8)))
            }
        }
        try #require(unsafe chmod(folder, 0o700) == 0)
        let holder = try Descriptor(opening: held, O_RDONLY | O_DIRECTORY)
        try #require(flock(holder.number, LOCK_EX) == 0)
        #expect(try await lent(home, ["--private-file"], "true").run().exitCode == 0)
        #expect(try entries(folder) == ["2-1-1-1"])
        #expect(try entries(held).count == 2)
    }

    @Test func `no signal at whatever moment leaves the file behind`() async throws {
        let (home, folder) = try await home()
        let python = """
            import os, signal, subprocess, sys, time
            base, rounds, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
            left, early = [], 0
            for index in range(rounds):
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                # The moment at which the folder is there, and some behind it.
                while process.poll() is None and not (os.path.isdir(base) and os.listdir(base)):
                    pass
                for _ in range(index * 40):
                    pass
                process.send_signal([signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM][index % 4])
                if process.wait(60) >= 0:
                    left.append("it went on")
                left += os.listdir(base)
            print(left)
            """
        var command = try lent(home, ["--private-file"], "exec sleep 3600")
        let rounds = TestPaths.isLongRun ? "400" : "24"
        (command.program, command.arguments) = (
            "python3", ["-c", python, folder, rounds, command.program] + command.arguments
        )
        let report = try await command.run()
        #expect(report.outputText == "[]\n", "\(report)")
    }

    @Test func `what else would end us reaches the program as well`() async throws {
        let (home, folder) = try await home()
        for signal in [SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO, 40] {
            let process = try lent(home, ["--private-file"], "ulimit -c 0; echo ready; exec sleep 3600").start()
            try await process.expect("ready")
            process.send(signal)
            #expect(try await process.outcome().ending == .killed(signal: Int(signal)))
        }
        #expect(try entries(folder).isEmpty)
        // An alarm set before we were executed ends the program, as it would without us.
        var command = try lent(home, ["--private-file"], "exec sleep 3600")
        let python = "import os, signal, sys; signal.alarm(2); os.execv(sys.argv[1], sys.argv[1:])"
        (command.program, command.arguments) = ("python3", ["-c", python, command.program] + command.arguments)
        #expect(try await command.run().ending == .killed(signal: Int(SIGALRM)))
        #expect(try entries(folder).isEmpty)
    }

    @Test(.needsDisk) func `a private file lies in memory alone, and on no disk`() async throws {
        var (home, _) = try await home()
        let disk = try TemporaryDirectory(in: TestPaths.disk)
        home.environment["XDG_RUNTIME_DIR"] = disk.path
        let refused = try await home.run("exec", "--client-secrets", "CS", "--private-file", "--", "echo", "started")
        refused.expectFailure(
            78,
            "XDG_RUNTIME_DIR isn't in memory: \(disk.path) lies on a disk, which keeps what was deleted.",
            "Leave --private-file out, so that the file is in memory alone, or set XDG_RUNTIME_DIR to a folder of yours, "
                + "mode 0700, on a tmpfs."
        )
        #expect(try entries(disk.path).isEmpty)
        // Without it the disk gets a link, and no secret.
        let script = "! grep -rl client_secret '\(disk.path)' && cat \"$CS\" >/dev/null"
        #expect(try await lent(home, [], script).run().exitCode == 0)
    }

    @Test func `without a runtime folder of one's own no secret is lent`() async throws {
        let (home, _) = try await home()
        let none = try await home.run(
            "exec",
            "--client-secrets",
            "CS",
            "--",
            "echo",
            "x",
            with: ["XDG_RUNTIME_DIR": nil as String?]
        )
        none.expectFailure(
            78,
            "XDG_RUNTIME_DIR isn't set, and a secret in clear is put into no other folder.",
            "Set it to a folder of yours in memory, mode 0700, or use --sdk, which needs none."
        )
        // Nothing was told that didn't happen, and no server asked, which would have been 75 here.
        #expect(try await !home.events().contains("lent"))
        #expect(unsafe chmod(home.folder("run"), 0o777) == 0)
        for options in [[], ["--private-file"]] {
            #expect(try await lent(home, options, "echo started").run().exitCode == 78)
        }
        #expect(try entries(home.folder("run")).isEmpty)
        // One of one's own, in a folder where everybody may rename it.
        try FileManager.default.createDirectory(atPath: home.folder("run/open/own"), withIntermediateDirectories: true)
        for (place, mode): (String, mode_t) in [("run", 0o700), ("run/open", 0o777), ("run/open/own", 0o700)] {
            try #require(unsafe chmod(home.folder(place), mode) == 0)
        }
        var exchangeable = try lent(home, ["--private-file"], "echo started")
        exchangeable.environment["XDG_RUNTIME_DIR"] = home.folder("run/open/own")
        let refused = try await exchangeable.run()
        #expect(refused.exitCode == 78 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errorText.contains("Others may write in the folder"))
    }
}
