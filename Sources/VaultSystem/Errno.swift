internal import Glibc

/// An error number of the operating system: errno(3).
package struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: Int32

    package init(_ code: Int32) { self.code = code }

    /// What the last call on this thread failed with.
    package static var current: Errno { Errno(errno) }

    package static let accessDenied = Errno(EACCES)
    package static let badDescriptor = Errno(EBADF)
    package static let connectionRefused = Errno(ECONNREFUSED)
    package static let exists = Errno(EEXIST)
    package static let fileTooLarge = Errno(EFBIG)
    package static let inputOutput = Errno(EIO)
    package static let interrupted = Errno(EINTR)
    package static let invalid = Errno(EINVAL)
    package static let isDirectory = Errno(EISDIR)
    package static let nameTooLong = Errno(ENAMETOOLONG)
    package static let noDevice = Errno(ENXIO)
    package static let noEntry = Errno(ENOENT)
    package static let noLocks = Errno(ENOLCK)
    package static let noSpace = Errno(ENOSPC)
    package static let notADirectory = Errno(ENOTDIR)
    package static let notImplemented = Errno(ENOSYS)
    package static let notPermitted = Errno(EPERM)
    package static let outOfMemory = Errno(ENOMEM)
    package static let quotaExceeded = Errno(EDQUOT)
    package static let readOnlyFileSystem = Errno(EROFS)
    package static let timedOut = Errno(ETIMEDOUT)
    package static let tooManyFiles = Errno(EMFILE)
    package static let tooManyFilesInSystem = Errno(ENFILE)
    package static let tooManyLinks = Errno(ELOOP)
    package static let wouldBlock = Errno(EWOULDBLOCK)

    /// Whether rights are missing, rather than a disk or a file.
    package var isAboutPermissions: Bool { self == .accessDenied || self == .notPermitted }

    /// The C library's words for it.
    package var description: String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, unsafe strerror_r(code, start, buffer.count) == 0 else {
                return "error \(code)"
            }
            return unsafe String(cString: start)
        }
    }
}
