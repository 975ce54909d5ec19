internal import CVaultLinux
internal import Glibc

/// Becoming another program, or starting one: execve(2), posix_spawn(3).
///
/// The program finds umask, limits and signals as this process was started with.
package enum Execution {
    /// The environment of the program: ours, as we were started with it, and what changes.
    package struct Environment: ~Copyable {
        /// Variables that are taken away.
        package var removed: Set<String>
        /// `NAME=value`, each.
        package var added: [String] = []

        package init(removing removed: Set<String>) { self.removed = removed }
    }

    /// Becomes the program; returns only where that fails.
    ///
    /// - Parameters:
    ///   - path: the program; a text without `#!` is run by sh, as execvp(3) does it.
    ///   - arguments: its name first; their bytes, which needn't be UTF-8.
    ///   - environment: what it finds.
    ///   - secrets: `NAME=secret` and a NUL, each, in guarded memory from which the kernel copies them.
    ///   - offsets: where each of them begins.
    /// - Returns: why not.
    package static func become(
        _ path: String,
        _ arguments: [[UInt8]],
        _ environment: borrowing Environment,
        secrets: Span<UInt8>,
        at offsets: [Int]
    ) -> Errno {
        let failure = unsafe withPointers(arguments, environment, secrets, offsets) { arguments, environment in
            unsafe cvault_become(path, arguments, environment)
        }
        return Errno(failure)
    }

    /// Starts the program as a child; one in a process's life, which was awaited before.
    ///
    /// - Parameters: as those of `become`.
    /// - Throws: why it didn't start.
    package static func start(
        _ path: String,
        _ arguments: [[UInt8]],
        _ environment: borrowing Environment,
        secrets: Span<UInt8>,
        at offsets: [Int]
    ) throws(Errno) {
        let failure = unsafe withPointers(arguments, environment, secrets, offsets) { arguments, environment in
            unsafe cvault_start_child(path, arguments, environment)
        }
        guard failure == 0 else { throw Errno(failure) }
    }

    /// From now on what would end or stop us is kept for a child, and forwarded once it is there.
    package static func awaitChild() { cvault_await_child() }

    /// There will be no child: what was kept for it comes to us.
    package static func awaitNoChild() { cvault_await_no_child() }

    /// Waits for the child and ends this process as that one has ended.
    package static func endWithChild(after cleanUp: () -> Void) -> Never {
        let end = cvault_wait_for_child()
        cleanUp()
        if end < 0 { cvault_die_of(-end) }
        exit(end)
    }

    private typealias Pointers = UnsafePointer<UnsafeMutablePointer<CChar>?>

    private static func withPointers(
        _ arguments: [[UInt8]],
        _ environment: borrowing Environment,
        _ secrets: Span<UInt8>,
        _ offsets: [Int],
        _ body: (Pointers, Pointers) -> Int32
    ) -> Int32 {
        let inherited = unsafe VaultSystem.Environment.inherited(without: environment.removed)
        return unsafe secrets.withUnsafeBufferPointer { secrets in
            var texts = unsafe inherited
            for offset in offsets {
                // execve(2) reads them, whatever C says of its arguments.
                guard let start = unsafe secrets.baseAddress.map({ unsafe UnsafeMutableRawPointer(mutating: $0) })
                else {
                    break
                }
                unsafe texts.append((start + offset).assumingMemoryBound(to: CChar.self))
            }
            let all = unsafe CStringArray(environment.added, behind: texts)
            return unsafe CStringArray(arguments).withPointers { arguments in
                unsafe all.withPointers { unsafe body(arguments, $0) }
            }
        }
    }
}

/// Texts as execve(2) wants them: pointers, and NULL at the end.
@safe package struct CStringArray: ~Copyable {
    // Copies of ours, freed at the end; others' texts are only pointed at.
    private let owned: [UnsafeMutablePointer<CChar>]
    private let pointers: [UnsafeMutablePointer<CChar>?]

    /// Copies texts.
    package init(_ texts: [String]) { unsafe self.init(texts, behind: []) }

    /// Copies texts that needn't be UTF-8; none has a NUL.
    package init(_ texts: [[UInt8]]) {
        unsafe owned = texts.compactMap { unsafe strdup($0.map { CChar(bitPattern: $0) } + [0]) }
        unsafe pointers = unsafe owned + [nil]
    }

    /// Copies texts, behind others that stay where they are.
    init(_ texts: [String] = [], behind others: [UnsafeMutablePointer<CChar>]) {
        // strdup(3) fails where there is no memory at all; such a text is left out.
        unsafe owned = texts.compactMap { unsafe strdup($0) }
        unsafe pointers = unsafe others + owned + [nil]
    }

    deinit {
        unsafe owned.forEach { unsafe free($0) }
    }

    package borrowing func withPointers<Result>(
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        // There is always the NULL.
        unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress.unsafelyUnwrapped) }
    }
}
