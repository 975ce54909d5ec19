import CVaultTestSupport
import Foundation
import Glibc
import Synchronization

/// The thread beside a process, and what it and those who wait share.
final class Supervisor: Sendable {
    private struct Waiter {
        let deadline: ContinuousClock.Instant
        let condition: @Sendable (ProcessReport) -> Bool
        let continuation: CheckedContinuation<ProcessReport, Never>
    }

    private struct State {
        var report: ProcessReport
        /// Kept nowhere else: that this becomes nil closes it.
        var input: Descriptor?
        var unwritten: ArraySlice<UInt8>
        var inputEnds: Bool
        /// Reaped: its number may be another process's now.
        var ending: ProcessReport.Ending?
        var reachedItsLimit = false
        var waiters: [Waiter] = []
    }

    /// How long what a process wrote is read after its end, where a child of it keeps the pipe open.
    private static let grace: Duration = .seconds(1)

    private let state: Mutex<State>
    private let pid: pid_t
    private let end: Descriptor
    private let wake: (reading: Descriptor, writing: Descriptor)

    init(_ command: Command, _ pid: pid_t) throws {
        self.pid = pid
        end = try Descriptor(cvault_test_pidfd_open(pid))
        wake = try Descriptor.pipe()
        try wake.reading.setNonBlocking()
        try wake.writing.setNonBlocking()
        var (bytes, inputEnds): ([UInt8], Bool) = ([], false)
        if case .bytes(let given) = command.input { (bytes, inputEnds) = (given, true) }
        state = Mutex(
            State(report: ProcessReport(program: command.program), unwritten: bytes[...], inputEnds: inputEnds)
        )
    }

    /// Starts the thread, which keeps the descriptors until the process has ended.
    func begin(limit: Duration, input: Descriptor, output: Descriptor, errors: Descriptor?) throws {
        for descriptor in [input, output, errors] { try descriptor?.setNonBlocking() }
        state.withLock { $0.input = input }
        Thread.detachNewThread { self.supervise(limit: limit, output: output, errors: errors) }
    }

    var report: ProcessReport { state.withLock { $0.report } }
    var reachedItsLimit: Bool { state.withLock { $0.reachedItsLimit } }

    func send(_ signal: CInt) {
        state.withLock { state in
            if state.ending == nil { _ = kill(pid, signal) }
        }
    }

    func write(_ bytes: [UInt8]) {
        state.withLock { $0.unwritten += bytes }
        stir()
    }

    func closeInput() {
        state.withLock { $0.inputEnds = true }
        stir()
    }

    func wait(within patience: Duration, until condition: @escaping @Sendable (ProcessReport) -> Bool) async
        -> ProcessReport
    {
        await withCheckedContinuation { continuation in
            let waiter = Waiter(deadline: .now + patience, condition: condition, continuation: continuation)
            state.withLock { $0.waiters.append(waiter) }
            stir()
            // Once the process has ended there may be no thread any more that would.
            if report.ending != nil { resumeWaiters() }
        }
    }

    private func stir() { _ = wake.writing.write([0]) }

    // MARK: - The thread

    private func supervise(limit: Duration, output: Descriptor, errors: Descriptor?) {
        blockBrokenPipeSignal()
        var (output, errors): (Descriptor?, Descriptor?) = (output, errors)
        var killing: ContinuousClock.Instant? = .now + limit
        var givingUp: ContinuousClock.Instant?
        repeat {
            let awaited = [wake.reading, output, errors, givingUp == nil ? end : nil].compactMap { $0 }
            poll(awaited, until: [killing, givingUp].compactMap { $0 })
            drainWake()
            if let from = output, !read(from, to: \.output) { output = nil }
            if let from = errors, !read(from, to: \.errors) { errors = nil }
            writeInput()
            if givingUp == nil, reap() { (givingUp, killing) = (.now + Self.grace, nil) }
            if let time = killing, time <= .now {
                state.withLock { $0.reachedItsLimit = true }
                send(SIGKILL)
                killing = nil
            }
            resumeWaiters()
        } while givingUp.map { $0 > .now && (output != nil || errors != nil) } ?? true
        // Time may have run out before we ran: what the process itself wrote lies in the pipes, and one read takes a
        // pipe's whole content.
        if let output { _ = read(output, to: \.output) }
        if let errors { _ = read(errors, to: \.errors) }
        state.withLock { $0.report.ending = $0.ending }
        resumeWaiters()
    }

    private func blockBrokenPipeSignal() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func poll(_ reading: [Descriptor], until times: [ContinuousClock.Instant]) {
        var (polled, earliest) = (reading.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }, times.min())
        state.withLock { state in
            if let input = state.input, !state.unwritten.isEmpty {
                polled.append(pollfd(fd: input.number, events: Int16(POLLOUT), revents: 0))
            }
            earliest = (state.waiters.map(\.deadline) + times).min()
        }
        let rest = earliest.map { max(.zero, $0 - .now) }
        // One more than the whole milliseconds, or the last of them would be spent in a loop.
        let timeout = rest.map {
            CInt(clamping: $0.components.seconds * 1000 + $0.components.attoseconds / Int64(1e15) + 1)
        }
        unsafe Glibc.poll(&polled, nfds_t(polled.count), timeout ?? -1)
    }

    private func drainWake() {
        var nothing: [UInt8] = []
        _ = wake.reading.read(appendingTo: &nothing)
    }

    /// False at the end of what can be read.
    private func read(_ descriptor: Descriptor, to stream: WritableKeyPath<ProcessReport, [UInt8]>) -> Bool {
        var bytes: [UInt8] = []
        let transfer = descriptor.read(appendingTo: &bytes)
        state.withLock { $0.report[keyPath: stream] += bytes }
        return transfer != .ended
    }

    /// Writes what can be written, and closes once that was all, or nobody reads.
    private func writeInput() {
        state.withLock { state in
            guard let input = state.input else { return }
            if !state.unwritten.isEmpty {
                switch input.write(state.unwritten) {
                case .bytes(let count): state.unwritten.removeFirst(count)
                case .wouldBlock: break
                case .ended: state.input = nil
                }
            }
            if state.unwritten.isEmpty, state.inputEnds { state.input = nil }
        }
    }

    /// Whether the process has ended.
    private func reap() -> Bool {
        state.withLock { state in
            var status: CInt = 0
            guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return false }
            state.ending = .init(status: status)
            return true
        }
    }

    private func resumeWaiters() {
        let (report, satisfied) = state.withLock { state in
            let report = state.report
            let now = ContinuousClock.now
            func isSatisfied(_ waiter: Waiter) -> Bool {
                report.ending != nil || waiter.deadline <= now || waiter.condition(report)
            }
            let satisfied = state.waiters.filter(isSatisfied)
            state.waiters.removeAll(where: isSatisfied)
            return (report, satisfied)
        }
        for waiter in satisfied { waiter.continuation.resume(returning: report) }
    }
}
