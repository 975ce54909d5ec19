import CVaultTestSupport
import Foundation
import Glibc

/// A file descriptor that is closed at the end of the value's life, and by each exec.
package final class Descriptor: Sendable {
    package let number: CInt

    /// Takes over what a system call returned.
    package init(_ number: CInt) throws {
        guard number >= 0 else { throw POSIXError.last }
        self.number = number
    }

    deinit { close(number) }

    /// Opens a file; `O_CLOEXEC` is added.
    package convenience init(opening path: String, _ flags: CInt) throws {
        try self.init(unsafe open(path, flags | O_CLOEXEC))
    }

    /// A pipe's reading and writing ends.
    package static func pipe() throws -> (reading: Descriptor, writing: Descriptor) {
        var (reading, writing): (CInt, CInt) = (-1, -1)
        guard unsafe cvault_test_pipe(&reading, &writing) == 0 else { throw POSIXError.last }
        return (try Descriptor(reading), try Descriptor(writing))
    }

    /// A pipe that takes nothing more until somebody reads: whoever writes to it waits.
    package static func fullPipe() throws -> (reading: Descriptor, writing: Descriptor) {
        let pipe = try pipe()
        try pipe.writing.setNonBlocking()
        // Page by page: the last write is all or nothing.
        while pipe.writing.write([UInt8](repeating: 0, count: 4096)[...]) != .wouldBlock {}
        guard fcntl(pipe.writing.number, F_SETFL, 0) == 0 else { throw POSIXError.last }
        return pipe
    }

    /// Another descriptor for the same open file, not below `minimum`.
    func duplicate(from minimum: CInt = 0) throws -> Descriptor {
        try Descriptor(fcntl(number, F_DUPFD_CLOEXEC, minimum))
    }

    func setNonBlocking() throws {
        guard fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) == 0 else { throw POSIXError.last }
    }

    /// What one read(2) or write(2) came to.
    enum Transfer: Equatable {
        case bytes(Int)
        case wouldBlock
        case ended

        fileprivate init(_ count: Int, errno: CInt) {
            if count > 0 {
                self = .bytes(count)
            } else {
                // A terminal whose other side is gone says EIO, a pipe EPIPE: nothing comes any more, as at the end.
                self = count < 0 && (errno == EAGAIN || errno == EINTR) ? .wouldBlock : .ended
            }
        }
    }

    /// Reads once and appends.
    func read(appendingTo bytes: inout [UInt8]) -> Transfer {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe Glibc.read(number, &buffer, buffer.count)
        let transfer = Transfer(count, errno: errno)
        bytes += buffer.prefix(max(count, 0))
        return transfer
    }

    /// Writes once, from the front.
    func write(_ bytes: ArraySlice<UInt8>) -> Transfer {
        unsafe bytes.withUnsafeBytes { buffer in
            Transfer(unsafe Glibc.write(number, buffer.baseAddress, buffer.count), errno: errno)
        }
    }
}
