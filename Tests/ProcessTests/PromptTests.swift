import Foundation
import Testing
import VaultTestSupport

/// Prompts for passphrases, on a terminal.
@Suite(.serialized, .needsBinary)
struct PromptTests {
    private static let new = "New passphrase of the vault: "
    private static let again = "The same again: "
    private static let prompt = "Passphrase of the vault: "

    /// What a shell with job control does, without touching the terminal's settings as some do: it runs a job in the
    /// foreground, tells of its stops and its end, and goes on with each line that is typed.
    private static let jobControl = """
        import os, signal, sys
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        job = os.fork()
        if job == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(0, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            os.execv(sys.argv[1], sys.argv[1:])
        print(f"job={job}", flush=True)
        while True:
            _, status = os.waitpid(job, os.WUNTRACED)
            os.tcsetpgrp(0, os.getpgrp())
            if not os.WIFSTOPPED(status):
                break
            print(f"stopped by {os.WSTOPSIG(status)}", flush=True)
            input()
            os.tcsetpgrp(0, job)
            os.killpg(job, signal.SIGCONT)
        print(f"ended with {os.waitstatus_to_exitcode(status)}", flush=True)
        input()
        """

    private func underJobControl(_ command: Command) throws -> Terminal {
        var command = command
        (command.program, command.arguments) = (
            "python3", ["-c", Self.jobControl, command.program] + command.arguments
        )
        return try command.startOnTerminal()
    }

    /// Types what a prompt asks for, once nothing of it would be shown.
    private func answer(_ prompt: String, _ text: String, on terminal: Terminal) async throws {
        try await terminal.expect(prompt)
        #expect(await terminal.waitForEcho(false))
        terminal.type(text + "\n")
    }

    /// A home with a vault that a passphrase opens.
    private func home(_ passphrase: Canary) async throws -> Home {
        let home = try Home()
        let path = try home.folder.write(passphrase.text, to: "passphrase")
        let made = try await home.run("import", try home.writeFile(), "--passphrase-file", path)
        try #require(made.exitCode == 0, "\(made)")
        return home
    }

    @Test func `a new passphrase is asked for twice, and opens the vault in every other way`() async throws {
        let (home, passphrase) = (try Home(), Canary())
        let terminal = try home.command(["import", try home.writeFile()]).startOnTerminal()
        try await answer(Self.new, passphrase.text, on: terminal)
        try await answer(Self.again, passphrase.text, on: terminal)
        let report = try await terminal.process.outcome()
        #expect(report.exitCode == 0 && report.outputText.contains("Made the vault"), "\(report)")
        #expect(terminal.echoes)
        passphrase.expectAbsent(in: report)
        home.client.secret.expectAbsent(in: report)

        let path = try home.folder.write(passphrase.text + "\n", to: "passphrase")
        for (options, variables) in [
            (["--passphrase-file", path], [:]), (["--passphrase-fd", "3"], [:]),
            (["--passphrase-command", "cat '\(path)'"], [:]), ([], ["ISOGEO_VAULT_PASSPHRASE": passphrase.text]),
        ] as [([String], [String: String])] {
            var command = try home.command(["list"] + options, variables)
            command.descriptors[3] = try Descriptor(opening: path, O_RDONLY)
            #expect(try await command.run().exitCode == 0)
        }
        let asked = try home.command(["list"]).startOnTerminal()
        try await answer(Self.prompt, passphrase.text, on: asked)
        let listed = try await asked.process.outcome()
        #expect(listed.exitCode == 0 && listed.outputText.contains("atlas"), "\(listed)")
        passphrase.expectAbsent(in: listed)
    }

    @Test func `a bracketed paste gives the passphrase without its brackets`() async throws {
        let (home, passphrase) = (try Home(), Canary())
        let terminal = try home.command(["import", try home.writeFile()]).startOnTerminal()
        for prompt in [Self.new, Self.again] {
            try await answer(prompt, "\u{1B}[200~\(passphrase.text)\u{1B}[201~", on: terminal)
        }
        let made = try await terminal.process.outcome()
        #expect(made.exitCode == 0, "\(made)")
        let path = try home.folder.write(passphrase.text, to: "passphrase")
        #expect(try await home.run("list", "--passphrase-file", path).exitCode == 0)

        let other = try Home()
        let refused = try other.command(["import", try other.writeFile()]).startOnTerminal()
        for prompt in [Self.new, Self.again] { try await answer(prompt, "\u{1B}[A\(passphrase.text)", on: refused) }
        let report = try await refused.process.outcome()
        #expect(report.exitCode == 64 && report.outputText.contains("it contains U+001B (escape)"), "\(report)")
        #expect(!FileManager.default.fileExists(atPath: other.vault))
    }

    @Test func `two passphrases that differ are asked for again, three times at most`() async throws {
        let (home, passphrase) = (try Home(), Canary())
        let file = try home.writeFile()
        let once = try home.command(["import", file, "--protect", "passphrase"]).startOnTerminal()
        try await answer(Self.new, passphrase.text, on: once)
        try await answer(Self.again, "another", on: once)
        try await answer("They differ. " + Self.new, passphrase.text, on: once)
        try await answer(Self.again, passphrase.text, on: once)
        #expect(try await once.process.outcome().exitCode == 0)
        let path = try home.folder.write(passphrase.text, to: "passphrase")
        #expect(try await home.run("list", "--passphrase-file", path).exitCode == 0)

        let other = try Home()
        let thrice = try other.command(["import", file]).startOnTerminal()
        for _ in 0..<3 {
            try await answer(Self.new, passphrase.text, on: thrice)
            try await answer(Self.again, passphrase.text + "x", on: thrice)
        }
        let report = try await thrice.process.outcome()
        #expect(report.exitCode == 77, "\(report)")
        #expect(report.outputText.contains("The two passphrases differed, three times."))
        #expect(thrice.echoes)
        #expect(!FileManager.default.fileExists(atPath: other.vault))
    }

    @Test func `a wrong passphrase is refused and not asked for again`() async throws {
        let home = try await home(Canary())
        let terminal = try home.command(["list"]).startOnTerminal()
        try await answer(Self.prompt, "wrong", on: terminal)
        let report = try await terminal.process.outcome()
        #expect(
            report.exitCode == 77
                && report.outputText.contains(#/The passphrase doesn't open this vault\.\s+Type it again\./#),
            "\(report)"
        )
    }

    @Test func `an empty passphrase is refused`() async throws {
        let home = try Home()
        let terminal = try home.command(["import", try home.writeFile()]).startOnTerminal()
        try await answer(Self.new, "", on: terminal)
        try await answer(Self.again, "", on: terminal)
        let report = try await terminal.process.outcome()
        #expect(report.exitCode == 77 && report.outputText.contains("The passphrase is empty."), "\(report)")
        #expect(!FileManager.default.fileExists(atPath: home.vault))
    }

    @Test func `control-D dismisses the prompt`() async throws {
        let home = try await home(Canary())
        let terminal = try underJobControl(try home.command(["token"]))
        try await terminal.expect(Self.prompt)
        #expect(await terminal.waitForEcho(false))
        terminal.type("\u{4}")
        try await terminal.expect("No passphrase was typed.")
        try await terminal.expect("ended with 77")
        #expect(terminal.echoes)
    }

    @Test(arguments: [SIGINT, SIGQUIT]) func `a key that interrupts ends it, and echo is back`(signal: CInt)
        async throws
    {
        let home = try await home(Canary())
        let terminal = try underJobControl(try home.command(["token"]))
        try await terminal.expect(Self.prompt)
        #expect(await terminal.waitForEcho(false))
        terminal.type(signal == SIGINT ? "half\u{3}" : "half\u{1c}")
        try await terminal.expect("ended with -\(signal)")
        #expect(terminal.echoes)
        #expect(!terminal.screen.contains("half"))
    }

    @Test(arguments: [SIGTERM, SIGHUP]) func `a signal ends it, and echo is back`(signal: CInt) async throws {
        let home = try await home(Canary())
        let terminal = try underJobControl(try home.command(["token"]))
        try await terminal.expect("job=")
        try await terminal.expect(Self.prompt)
        #expect(await terminal.waitForEcho(false))
        let number = terminal.screen.firstMatch(of: /job=(\d+)/).flatMap { Int32($0.1) }
        try #require(kill(try #require(number), signal) == 0)
        try await terminal.expect("ended with -\(signal)")
        #expect(terminal.echoes)
    }

    @Test func `stopped it shows what is typed, and continued it hides it again`() async throws {
        let passphrase = Canary()
        let home = try await home(passphrase)
        let terminal = try underJobControl(try home.command(["list"]))
        try await terminal.expect(Self.prompt)
        for _ in 0..<2 {
            #expect(await terminal.waitForEcho(false))
            terminal.type("\u{1a}")
            try await terminal.expect("stopped by \(SIGTSTP)")
            #expect(terminal.echoes)
            terminal.type("\n")
        }
        #expect(await terminal.waitForEcho(false))
        terminal.type(passphrase.text + "\n")
        try await terminal.expect("atlas")
        try await terminal.expect("ended with 0")
        #expect(terminal.echoes)
        passphrase.expectAbsent(in: terminal.process.report)
    }

    @Test func `in the background the terminal isn't touched and nobody is asked`() async throws {
        let home = try await home(Canary())
        var command = try home.command([])
        command.arguments = ["-m", "-c", #""$0" token & wait $!; echo "ended with $?""#, command.program]
        command.program = "bash"
        let terminal = try command.startOnTerminal()
        try await terminal.expect("The vault is locked, and nothing says how to open it.")
        try await terminal.expect("ended with 77")
        #expect(terminal.echoes)
    }

    @Test func `a terminal is asked although the streams lead elsewhere`() async throws {
        let passphrase = Canary()
        let home = try await home(passphrase)
        var command = try home.command([])
        let output = home.folder("output")
        command.arguments = ["-c", #""$0" list </dev/null >"$1" 2>&1; echo "ended with $?""#, command.program, output]
        command.program = "sh"
        let terminal = try command.startOnTerminal()
        try await answer(Self.prompt, passphrase.text, on: terminal)
        try await terminal.expect("ended with 0")
        #expect(String(decoding: try home.folder.read("output"), as: UTF8.self).hasPrefix("NAME"))
    }

    @Test func `no-prompt asks nobody`() async throws {
        let home = try await home(Canary())
        let report = try await home.command(["token", "--no-prompt"]).startOnTerminal().process.outcome()
        #expect(report.exitCode == 77 && !report.outputText.contains(Self.prompt), "\(report)")
    }

    @Test func `nobody is asked where there is no vault`() async throws {
        let home = try Home()
        let report = try await home.command(["token"]).startOnTerminal().process.outcome()
        #expect(report.exitCode == 66 && !report.outputText.contains(Self.prompt), "\(report)")
    }

    @Test func `a passphrase beyond the limit is refused`() async throws {
        let home = try await home(Canary())
        let terminal = try underJobControl(try home.command(["list"]))
        try await answer(Self.prompt, String(repeating: "x", count: 1030), on: terminal)
        try await terminal.expect("The passphrase is longer than 1024 bytes.")
        try await terminal.expect("ended with 77")
        #expect(terminal.echoes)
    }
}
