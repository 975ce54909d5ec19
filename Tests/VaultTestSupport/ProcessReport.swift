import Glibc

/// What a process has said so far, and how it ended.
package struct ProcessReport: Sendable, CustomStringConvertible {
    /// How a process ends.
    package enum Ending: Equatable, Sendable {
        case exited(Int)
        case killed(signal: Int)

        /// Reads the status of waitpid(2).
        init(status: CInt) {
            let signal = Int(status & 0x7f)
            self = signal == 0 ? .exited(Int(status >> 8 & 0xff)) : .killed(signal: signal)
        }
    }

    package let program: String
    package internal(set) var output: [UInt8] = []
    package internal(set) var errors: [UInt8] = []
    /// How it ended; nil while it runs, or while what it wrote is still being read.
    package internal(set) var ending: Ending?

    /// The exit status; nil while it runs, and where a signal killed it.
    package var exitCode: Int? { if case .exited(let code) = ending { code } else { nil } }

    package var outputText: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: errors, as: UTF8.self) }

    /// For the reader of a failed test.
    package var description: String {
        "\(program): \(ending.map { "\($0)" } ?? "running")\n-- stdout\n\(outputText)\n-- stderr\n\(errorText)\n--"
    }
}

/// Why a process wasn't run to its end.
package enum ProcessError: Error, CustomStringConvertible {
    case notFound(String)
    case notStarted(String, errno: CInt)
    /// It was killed because it took longer than allowed.
    case timedOut(ProcessReport)
    /// It ended, or time ran out, before it said this.
    case neverSaid(String, ProcessReport)

    package var description: String {
        switch self {
        case .notFound(let program): "no program \(program)"
        case .notStarted(let program, let number): "\(program) can't start: \(unsafe String(cString: strerror(number)))"
        case .timedOut(let report): "took too long and was killed: \(report)"
        case .neverSaid(let text, let report): "never said \(text.debugDescription): \(report)"
        }
    }
}
