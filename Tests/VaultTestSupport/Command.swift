import CVaultTestSupport
import Foundation
import Glibc

/// A program to run, with nothing inherited: neither environment nor descriptors, terminal, signals or session.
package struct Command: Sendable {
    /// What standard input is.
    package enum Input: Sendable {
        /// These bytes, then the end.
        case bytes([UInt8])
        /// A pipe that stays open until `RunningProcess.closeInput`.
        case open
    }

    package var program: String
    package var arguments: [String]
    package var environment: [String: String]
    package var folder: String
    package var input: Input = .bytes([])
    /// Descriptors by the number that the program sees (below 64); one of 0, 1 and 2 takes the place of our pipe.
    package var descriptors: [CInt: Descriptor] = [:]
    /// After this it is killed, whoever waits or not.
    package var limit = Patience.end

    private static let path = "/usr/local/bin:/usr/bin:/bin"

    /// `PATH` and a language, no more.
    package static let plainEnvironment = ["PATH": path, "LANG": "C.UTF-8"]

    package init(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String] = plainEnvironment,
        folder: String = "/"
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
    }

    /// Runs it to its end.
    package func run() async throws(ProcessError) -> ProcessReport { try await start().outcome() }

    /// Starts it, with pipes for input, output and errors.
    package func start() throws(ProcessError) -> RunningProcess {
        do {
            let (input, output, errors) = (try Descriptor.pipe(), try Descriptor.pipe(), try Descriptor.pipe())
            let pid = try spawn([0: input.reading, 1: output.writing, 2: errors.writing])
            return try RunningProcess(self, pid, input: input.writing, output: output.reading, errors: errors.reading)
        } catch {
            throw Self.processError(error, program)
        }
    }

    /// Starts it on a terminal of its own, which it controls (`/dev/tty`), in the foreground.
    package func startOnTerminal() throws(ProcessError) -> Terminal {
        do {
            var (number, name) = (CInt(-1), [CChar](repeating: 0, count: 64))
            let failure = unsafe cvault_test_open_terminal(&number, &name, name.count)
            guard failure == 0 else { throw Failure(errno: failure) }
            let master = try Descriptor(number)
            let pid = try spawn([:], terminal: name)
            // Nobody closes a terminal by having typed all.
            var command = self
            command.input = .open
            let process = try RunningProcess(command, pid, input: master, output: master.duplicate(), errors: nil)
            if case .bytes(let bytes) = input { process.write(bytes) }
            return Terminal(process, master: master)
        } catch {
            throw Self.processError(error, program)
        }
    }

    struct Failure: Error { let errno: CInt }

    private static func processError(_ error: any Error, _ program: String) -> ProcessError {
        switch error {
        case let error as ProcessError: error
        case let error as Failure: .notStarted(program, errno: error.errno)
        default: .notStarted(program, errno: EMFILE)
        }
    }

    private func resolved() throws(ProcessError) -> String {
        guard !program.contains("/") else { return program }
        let candidates = Self.path.split(separator: ":").map { "\($0)/\(program)" }
        guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw .notFound(program)
        }
        return found
    }

    private func spawn(_ standard: [CInt: Descriptor], terminal: [CChar]? = nil) throws -> pid_t {
        // Lifted above every target, so that no dup2 runs over a source that is still to come.
        let lifted = try standard.merging(descriptors) { _, given in given }
            .mapValues { try $0.duplicate(from: 64) }
        let sources = (0...max(2, lifted.keys.max() ?? 2)).map { lifted[$0]?.number ?? -1 }
        let path = try resolved()
        var pid: pid_t = 0
        let failure = unsafe withCStrings([program] + arguments) { arguments in
            unsafe withCStrings(environment.map { "\($0)=\($1)" }) { environment in
                unsafe withOptionalCString(terminal) { terminal in
                    let count = CInt(sources.count)
                    return unsafe cvault_test_spawn(
                        path,
                        arguments,
                        environment,
                        folder,
                        terminal,
                        sources,
                        count,
                        &pid
                    )
                }
            }
        }
        withExtendedLifetime(lifted) {}
        guard failure == 0 else { throw Failure(errno: failure) }
        return pid
    }
}

/// Lends a NULL-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the NULL at the end is always there") }
        return unsafe body(base)
    }
}

private func withOptionalCString<Result>(_ text: [CChar]?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return unsafe text.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
}
