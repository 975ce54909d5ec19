import Foundation
import Testing
import VaultTestSupport

struct CommandTests {
    @Test func `input comes out again, to the last byte`() async throws {
        var command = Command("cat")
        command.input = .bytes((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let report = try await command.run()
        #expect(report.exitCode == 0)
        #expect(report.output == (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        #expect(report.errors == [])
    }

    @Test func `output, errors and exit code are told apart`() async throws {
        let report = try await Command("sh", ["-c", "echo out; echo err >&2; exit 3"]).run()
        #expect(report.outputText == "out\n")
        #expect(report.errorText == "err\n")
        #expect(report.ending == .exited(3))
    }

    @Test func `a signal is not an exit code`() async throws {
        let report = try await Command("sh", ["-c", "kill -9 $$"]).run()
        #expect(report.ending == .killed(signal: 9))
        #expect(report.exitCode == nil)
    }

    @Test func `nothing is inherited`() async throws {
        // Without O_CLOEXEC, as another library might open it.
        let leak = unsafe open("/dev/null", O_RDONLY)
        defer { close(leak) }
        let script = "env | sort; pwd; ls /proc/self/fd; (: < /dev/tty) 2>/dev/null || echo no terminal"
        let report = try await Command("sh", ["-c", script], environment: ["A": "1", "PATH": "/bin:/usr/bin"]).run()
        #expect(report.outputText == "A=1\nPATH=/bin:/usr/bin\nPWD=/\n/\n0\n1\n2\n3\nno terminal\n")
    }

    @Test func `a descriptor is handed over by number`() async throws {
        let folder = try TemporaryDirectory()
        var command = Command("sh", ["-c", "cat <&5; ls /proc/self/fd | tr '\\n' ' '"])
        command.descriptors[5] = try Descriptor(opening: try folder.write("lent\n", to: "file"), O_RDONLY)
        #expect(try await command.run().outputText == "lent\n0 1 2 3 5 ")
    }

    @Test func `what takes too long is killed, and its output kept`() async throws {
        var command = Command("sh", ["-c", "echo begun; exec sleep 3600"])
        // It begins at once where a processor is free: the limit grows until that was so.
        for limit in [Duration.milliseconds(300), .seconds(5), .seconds(60), Patience.end] {
            command.limit = limit
            let error = await #expect(throws: ProcessError.self) { try await command.run() }
            guard case .timedOut(let report) = error else { throw try #require(error) }
            #expect(report.ending == .killed(signal: Int(SIGKILL)))
            if report.outputText == "begun\n" { return }
        }
        Issue.record("its output was never kept")
    }

    @Test func `a program that isn't there is an error`() async throws {
        await #expect(throws: ProcessError.self) { try await Command("no-such-program-anywhere").run() }
        let folder = try TemporaryDirectory()
        await #expect(throws: ProcessError.self) { try await Command(folder("program")).run() }
    }

    @Test func `a process that doesn't read its input is no obstacle`() async throws {
        var command = Command("true")
        command.input = .bytes([UInt8](repeating: 0, count: 1 << 20))
        #expect(try await command.run().exitCode == 0)
    }

    @Test func `a grandchild that keeps the output open doesn't hold up the end`() async throws {
        let report = try await Command("sh", ["-c", "sleep 3600 & echo $!"]).run()
        #expect(report.exitCode == 0)
        // It lives on: nothing waited for its end.
        let grandchild = try #require(pid_t(report.outputText.dropLast()))
        #expect(kill(grandchild, SIGKILL) == 0)
    }

    @Test func `a running process hears what it is told, and signals`() async throws {
        var command = Command(
            "sh",
            ["-c", "trap 'echo heard; exit 7' TERM; while read -r x; do echo \"got $x\"; done"]
        )
        command.input = .open
        let process = try command.start()
        process.write("one\n")
        try await process.expect("got one")
        process.send(SIGTERM)
        process.write("two\n")
        let report = try await process.outcome()
        #expect(report.outputText.hasSuffix("heard\n"))
        #expect(report.exitCode == 7)
    }

    @Test func `what is never said is an error, not a hang`() async throws {
        let process = try Command("echo", ["something else"]).start()
        await #expect(throws: ProcessError.self) { try await process.expect("nothing") }
    }
}
