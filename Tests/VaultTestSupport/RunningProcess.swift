package import Glibc

/// A process that runs: one thread of its own reads, writes and waits for it, so that no test blocks Swift's pool.
///
/// It is killed when its time is up, and when nobody holds this any more.
package final class RunningProcess: Sendable {
    package let pid: pid_t
    private let supervisor: Supervisor

    init(_ command: Command, _ pid: pid_t, input: Descriptor, output: Descriptor, errors: Descriptor?) throws {
        self.pid = pid
        supervisor = try Supervisor(command, pid)
        try supervisor.begin(limit: command.limit, input: input, output: output, errors: errors)
    }

    deinit { supervisor.send(SIGKILL) }

    /// Sends a signal; nothing happens once the process has ended, even if its number was given to another.
    package func send(_ signal: CInt) { supervisor.send(signal) }

    /// Writes to standard input (or types), without waiting for the process to read.
    package func write(_ bytes: [UInt8]) { supervisor.write(bytes) }

    package func write(_ text: String) { write(Array(text.utf8)) }

    /// Ends standard input once all is written.
    package func closeInput() { supervisor.closeInput() }

    /// What was said so far.
    package var report: ProcessReport { supervisor.report }

    /// Waits for the end.
    ///
    /// - Throws: `timedOut` where the command's limit, or `patience`, was reached; the process is killed then.
    package func outcome(within patience: Duration = Patience.ofServers) async throws(ProcessError) -> ProcessReport {
        let report = await supervisor.wait(within: patience) { $0.ending != nil }
        guard report.ending != nil, !supervisor.reachedItsLimit else {
            supervisor.send(SIGKILL)
            throw .timedOut(report)
        }
        return report
    }

    /// Waits until `condition` holds for what was said, or the process has ended, or time is up.
    package func wait(
        within patience: Duration = Patience.end,
        until condition: @escaping @Sendable (ProcessReport) -> Bool
    ) async -> ProcessReport {
        await supervisor.wait(within: patience, until: condition)
    }

    /// Waits until standard output holds `text`.
    ///
    /// - Throws: `neverSaid` where it ended before, or time ran out.
    @discardableResult
    package func expect(_ text: String, within patience: Duration = Patience.end) async throws(ProcessError)
        -> ProcessReport
    {
        let report = await wait(within: patience) { $0.outputText.contains(text) }
        guard report.outputText.contains(text) else { throw .neverSaid(text, report) }
        return report
    }
}
