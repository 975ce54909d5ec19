internal import CVaultLinux
internal import Glibc

/// The system's log (journald, rsyslog): a socket that takes datagrams, as syslog(3) uses it.
package struct SystemLog: Sendable {
    /// Where syslog(3) finds it.
    package static let standardPath = "/dev/log"

    /// The socket.
    package let path: String

    package init(path: String = standardPath) { self.path = path }

    /// Sends one line, as RFC 3164 has it without the time, which a local daemon adds.
    ///
    /// It never waits: a daemon that doesn't read, or isn't there, is an error.
    ///
    /// - Parameters:
    ///   - line: without a line end.
    ///   - program: the sender's name.
    /// - Throws: why the daemon didn't take it; `unsafePath` for a socket that another user could have put there.
    package func send(_ line: String, from program: String) throws(SystemError) {
        try check()
        // Facility 10, authpriv: for the administrator alone. Severity 5, notice.
        let message = Array("<\(10 * 8 + 5)>\(program)[\(getpid())]: \(line)".utf8)
        let code = unsafe cvault_send_datagram(path, message, message.count)
        guard code == 0 else { throw .failed(path: path, .writing, Errno(code)) }
    }

    /// Refuses a path that depends on the working directory, and a socket of neither root's nor ours.
    private func check() throws(SystemError) {
        guard FilePath.isAbsolute(path) else { throw .unsafePath(UnsafePath(path: path, .relative)) }
        var walk = try PathWalk(path)
        let status = try walk.arrive(followingLast: true).status
        if let fault = walk.fault() { throw .unsafePath(fault) }
        guard status.isOurs || status.owner == 0 else {
            throw .unsafePath(UnsafePath(path: path, .foreignFile(owner: status.owner)))
        }
    }
}
