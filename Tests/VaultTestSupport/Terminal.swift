import Glibc
import Synchronization

/// A process on a terminal of its own, and the hands and eyes of the person before it.
package final class Terminal: Sendable {
    package let process: RunningProcess
    private let master: Descriptor
    /// How much of the screen has been read already.
    private let position = Mutex(0)

    init(_ process: RunningProcess, master: Descriptor) {
        self.process = process
        self.master = master
    }

    /// All that was ever shown, what was typed with echo included.
    package var screen: String { process.report.outputText }

    /// Types; `\n` is the return key.
    package func type(_ text: String) { process.write(text) }

    /// Waits until `text` is shown, behind what the last `expect` found.
    ///
    /// - Throws: `neverSaid` where the process ended before, or time ran out.
    package func expect(_ text: String, within patience: Duration = Patience.end) async throws(ProcessError) {
        let start = position.withLock { $0 }
        let report = await process.wait(within: patience) { Self.end(of: text, in: $0.output, from: start) != nil }
        guard let end = Self.end(of: text, in: report.output, from: start) else { throw .neverSaid(text, report) }
        position.withLock { $0 = end }
    }

    private static func end(of text: String, in screen: [UInt8], from start: Int) -> Int? {
        screen[start...].firstRange(of: Array(text.utf8))?.upperBound
    }

    /// Whether what is typed is shown.
    package var echoes: Bool {
        var settings = termios()
        // A failure leaves the settings at zero, which no test takes for a terminal that echoes.
        unsafe tcgetattr(master.number, &settings)
        return settings.c_lflag & tcflag_t(ECHO) != 0
    }

    /// Waits until `echoes` is as wanted; nothing tells when it changes, so that it is asked again and again.
    package func waitForEcho(_ wanted: Bool, within patience: Duration = Patience.end) async -> Bool {
        let deadline = ContinuousClock.now + patience
        while echoes != wanted, .now < deadline { try? await Task.sleep(for: .milliseconds(5)) }
        return echoes == wanted
    }
}
