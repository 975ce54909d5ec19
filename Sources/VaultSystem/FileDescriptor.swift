internal import CVaultLinux
internal import Glibc

/// How a file is opened: open(2).
///
/// A program that is executed never inherits it (`O_CLOEXEC`).
package struct OpenFlags: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let readOnly = OpenFlags(rawValue: O_RDONLY)
    package static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    package static let readWrite = OpenFlags(rawValue: O_RDWR)
    package static let create = OpenFlags(rawValue: O_CREAT)
    package static let exclusive = OpenFlags(rawValue: O_EXCL)
    package static let directory = OpenFlags(rawValue: O_DIRECTORY)
    /// A link in the last component is an error.
    package static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    /// Opening a FIFO without a writer doesn't block before we see that it is one.
    package static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    /// A terminal doesn't become ours.
    package static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)

    /// To look at any file: nothing waits, and nothing becomes ours.
    ///
    /// Written as numbers: an array of flags would cost each start of the command its generic types.
    package static let probing = OpenFlags(rawValue: O_RDONLY | O_NONBLOCK | O_NOCTTY)
    /// The same, where a link is an error.
    package static let probingNoLink = OpenFlags(rawValue: probing.rawValue | O_NOFOLLOW)
    /// A file that nothing had this name before.
    package static let newFile = OpenFlags(rawValue: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
}

/// An open file, closed at the end of its life.
package struct FileDescriptor: ~Copyable {
    package let number: Int32
    private let isOwned: Bool

    /// Takes over a descriptor.
    package init(_ number: Int32) {
        self.number = number
        isOwned = true
    }

    /// Uses a descriptor that stays open, such as standard input.
    package init(borrowing number: Int32) {
        self.number = number
        isOwned = false
    }

    deinit {
        if isOwned { close(number) }
    }

    /// Opens a file by its path.
    package static func open(_ path: String, _ flags: OpenFlags, mode: UInt32 = 0o600) throws(Errno) -> FileDescriptor {
        try open(AT_FDCWD, path, flags, mode)
    }

    /// Opens a file in a directory that is open.
    static func open(_ directory: Int32, _ name: String, _ flags: OpenFlags, _ mode: UInt32) throws(Errno)
        -> FileDescriptor
    {
        let number = retryingInterrupted { unsafe openat(directory, name, flags.rawValue | O_CLOEXEC, mode) }
        guard number >= 0 else { throw .current }
        return FileDescriptor(number)
    }

    /// A pipe whose ends no child inherits by accident, both to be taken over.
    package static func pipe() throws(Errno) -> (reading: Int32, writing: Int32) {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        let failure = unsafe cvault_pipe(&reading, &writing)
        guard failure == 0 else { throw Errno(failure) }
        return (reading, writing)
    }

    /// An unnamed file in memory that holds these bytes and can never be changed (memfd_create(2), sealed), inherited
    /// by what is executed, under a number that shells don't use themselves.
    package static func sealedFile(_ name: String, _ bytes: Span<UInt8>) throws(Errno) -> Int32 {
        var descriptor: Int32 = -1
        let failure = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe cvault_sealed_file(name, bytes.baseAddress, bytes.count, &descriptor)
        }
        guard failure == 0 else { throw Errno(failure) }
        return descriptor
    }

    /// What is executed from now on doesn't inherit it.
    package borrowing func closeOnExecution() { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }

    /// Gives the number to another file, for reading; stays as it is where that can't be opened.
    package borrowing func replace(by path: String) {
        guard let other = try? FileDescriptor.open(path, .readOnly) else { return }
        dup2(other.number, number)
    }

    /// Another descriptor of the same open file, with the locks that belong to it.
    package borrowing func duplicate() throws(Errno) -> FileDescriptor {
        let other = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard other >= 0 else { throw .current }
        return FileDescriptor(other)
    }

    package borrowing func status() throws(Errno) -> FileStatus { try FileStatus(descriptor: number) }

    /// Whether not even root can write here: the file lies on a read-only mount (statvfs(3)).
    package borrowing func isOnReadOnlyMount() -> Bool {
        cvault_is_read_only_mount(number) != 0
    }

    /// Whether the file lies in memory, and on a disk at most as swap: tmpfs, ramfs (statfs(2)).
    package borrowing func isInMemory() -> Bool { cvault_is_in_memory(number) != 0 }

    /// Reads once, at most as many bytes as there is room for: read(2).
    ///
    /// - Returns: how many bytes were read; 0 at the end.
    package borrowing func read(into output: inout OutputSpan<UInt8>) throws(Errno) -> Int {
        let got = unsafe output.withUnsafeMutableBufferPointer { buffer, count in
            let got = retryingInterrupted {
                unsafe Glibc.read(number, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got > 0 { count += got }
            return got
        }
        guard got >= 0 else { throw .current }
        return got
    }

    /// Reads to the end.
    ///
    /// - Parameter limit: the most to read, in bytes.
    /// - Returns: the bytes.
    /// - Throws: what read(2) failed with.
    package borrowing func readAll(limit: Int) throws(Errno) -> [UInt8] {
        try [UInt8](capacity: limit) { (output: inout OutputSpan<UInt8>) throws(Errno) in
            while !output.isFull, try read(into: &output) > 0 {}
        }
    }

    /// The beginning of a small text file, as those of /proc and /sys are; nil where it can't be read.
    package static func text(of path: String, limit: Int = 64 * 1024) -> String? {
        (try? open(path, .probing).readAll(limit: limit)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Reads from a place: pread(2).
    ///
    /// - Returns: the bytes; fewer than asked for at the end of the file.
    package borrowing func read(_ count: Int, at offset: Int64) throws(Errno) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = retryingInterrupted { unsafe pread(number, &bytes, count, Int(offset)) }
        guard got >= 0 else { throw .current }
        bytes.removeLast(count - got)
        return bytes
    }

    /// Writes all of it: write(2).
    package borrowing func write(_ bytes: Span<UInt8>) throws(Errno) {
        var position = 0
        while position < bytes.count {
            let written = unsafe bytes.extracting(position...).withUnsafeBufferPointer { buffer in
                unsafe Glibc.write(number, buffer.baseAddress, buffer.count)
            }
            if written < 0, errno != EINTR { throw .current }
            position += max(written, 0)
        }
    }

    /// What is written survives a power cut: fsync(2).
    package borrowing func sync() throws(Errno) {
        guard fsync(number) == 0 else { throw .current }
    }

    package borrowing func setMode(_ mode: UInt32) throws(Errno) {
        guard fchmod(number, mode) == 0 else { throw .current }
    }

    /// Takes permissions from a file of ours that has one name, or from a directory of ours.
    ///
    /// - Parameters:
    ///   - path: no link.
    ///   - kind: what it must be.
    ///   - mask: the permissions that stay.
    ///   - accepting: refuses a file that isn't meant, by its status.
    /// - Returns: the mode that it has now; nil where it isn't such a file.
    /// - Throws: what the system refused.
    package static func restrictMode(
        of path: String,
        _ kind: FileStatus.Kind,
        to mask: UInt32,
        if accepting: (FileStatus) -> Bool = { _ in true }
    ) throws(Errno) -> UInt32? {
        try open(path, .probingNoLink).restrictMode(kind, to: mask, if: accepting)
    }

    /// The same, of a file that is open.
    package borrowing func restrictMode(
        _ kind: FileStatus.Kind,
        to mask: UInt32,
        if accepting: (FileStatus) -> Bool = { _ in true }
    ) throws(Errno) -> UInt32? {
        let status = try status()
        guard status.kind == kind, status.isOurs, kind == .directory || status.links == 1, accepting(status) else {
            return nil
        }
        try setMode(status.mode & mask)
        return status.mode & mask
    }

    package borrowing func isTerminal() -> Bool { isatty(number) == 1 }

    /// Waits until there is something to read, or the other end has gone: poll(2).
    ///
    /// - Throws: `timedOut` at the deadline.
    package borrowing func waitUntilReadable(until deadline: ContinuousClock.Instant) throws(Errno) {
        // poll(2) passes over a negative number, and would wait for nothing.
        guard number >= 0 else { throw .badDescriptor }
        var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw .timedOut }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            let ready = unsafe poll(&request, 1, Int32(clamping: milliseconds + 1))
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw .current }
        }
    }
}

/// Calls again where a signal came in between (EINTR).
private func retryingInterrupted<Number: SignedInteger>(_ call: () -> Number) -> Number {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
