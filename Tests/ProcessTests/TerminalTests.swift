import Foundation
import Testing
import VaultTestSupport

struct TerminalTests {
    @Test func `a prompt is answered without being shown`() async throws {
        let script = "printf 'Name: '; read n; stty -echo; printf 'Word: '; read w; stty echo; echo; echo \"[$n/$w]\""
        let terminal = try Command("sh", ["-c", script]).startOnTerminal()
        try await terminal.expect("Name: ")
        #expect(terminal.echoes)
        terminal.type("ada\n")
        try await terminal.expect("ada")
        #expect(await terminal.waitForEcho(false))
        try await terminal.expect("Word: ")
        terminal.type("secret\n")
        try await terminal.expect("[ada/secret]")
        #expect(try await terminal.process.outcome().exitCode == 0)
        #expect(terminal.screen.ranges(of: "secret").count == 1)
    }

    @Test func `the program controls its terminal and is in the foreground`() async throws {
        let script = "echo yes > /dev/tty; ps -o stat= -p $$"
        let terminal = try Command("sh", ["-c", script]).startOnTerminal()
        try await terminal.expect("yes")
        let report = try await terminal.process.outcome()
        #expect(report.outputText.contains("+"), "\(report)")
    }

    @Test func `control-C reaches the program`() async throws {
        let terminal = try Command("sh", ["-c", "echo ready; exec sleep 600"]).startOnTerminal()
        try await terminal.expect("ready")
        terminal.type("\u{3}")
        #expect(try await terminal.process.outcome().ending == .killed(signal: Int(SIGINT)))
    }

    @Test func `what isn't shown is an error, not a hang`() async throws {
        let terminal = try Command("sh", ["-c", "echo one"]).startOnTerminal()
        try await terminal.expect("one")
        // Only behind what was found already.
        await #expect(throws: ProcessError.self) { try await terminal.expect("one") }
    }
}
