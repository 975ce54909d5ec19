internal import CVaultLinux
internal import Glibc
package import VaultCrypto

/// A file that holds a key or a passphrase, read into guarded memory.
package enum SecretFile {
    /// Whom a file may belong to, and who else may read it.
    package enum Trust: Sendable {
        /// Ours, no link, mode 0600 or stricter.
        case own
        /// Given by a service manager or a container: root's or ours, links followed, and nobody else may write. Who may
        /// read it was decided by whoever put it there: systemd's ACL shows as 0440, Docker's secrets as 0444, and those
        /// of Compose and of rootless Podman belong to whoever has that number outside, on a mount that nobody can write.
        case lent
    }

    /// What a file holds, for whoever is told how else it could be named.
    package enum Content: Equatable, Sendable { case key, passphrase, recoveryCode }

    /// Reads at most `limit` bytes; one more is an error of the caller's kind of file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: the most to read, in bytes.
    ///   - trust: whose it may be.
    ///   - content: what it holds.
    ///   - refusal: what a file of so many bytes is refused with before its mode is looked at, so that nobody is told to
    ///     close a file that they have named by mistake.
    /// - Returns: the content.
    /// - Throws: `unreadable`, `unsafeFile`, what `refusal` gives.
    package static func read(
        _ path: String,
        limit: Int,
        trust: Trust,
        holding content: Content = .key,
        refusing refusal: (_ size: Int) -> KeyError? = { _ in nil }
    ) throws(KeyError) -> SecretBytes {
        // O_NONBLOCK: a FIFO without a writer must not hold us up before we can see that it is one.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (trust == .own ? O_NOFOLLOW : 0)
        let descriptor = unsafe open(path, flags)
        guard descriptor >= 0 else {
            let code = errno
            throw code == ELOOP
                ? .unsafeFile(path: path, .symbolicLink, holding: content) : .unreadable(path: path, errno: code)
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        if status.st_mode & S_IFMT == S_IFREG, let error = refusal(Int(status.st_size)) { throw error }
        if let reason = objection(to: status, trust: trust, nobodyCanWrite: isOnReadOnlyMount(descriptor)) {
            throw .unsafeFile(path: path, reason, holding: content)
        }
        do {
            return try SecretBytes.read(from: descriptor, limit: limit + 1)
        } catch {
            throw .unreadable(path: path, errno: error.code)
        }
    }

    /// Reads a file that somebody names once, whoever it belongs to: a file, a pipe, or standard input for `-`.
    ///
    /// A pipe has a minute to give what it has, and a FIFO as long to get somebody who writes.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: one byte more than this is read at most, so that too much can be seen.
    ///   - milliseconds: how long a pipe has.
    ///   - look: shown the descriptor before anything is read.
    /// - Returns: the content.
    /// - Throws: `unreadable`, `unsafeFile` for a folder, `timedOut`.
    package static func readInput(
        _ path: String,
        limit: Int,
        within milliseconds: Int64 = PassphraseSource.patience,
        looking look: (_ descriptor: Int32) -> Void = { _ in }
    ) throws(KeyError) -> SecretBytes {
        let isStandardInput = path == "-"
        // O_NONBLOCK: opening a FIFO without a writer would wait for one for ever.
        let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        let descriptor = isStandardInput ? STDIN_FILENO : unsafe open(path, flags)
        guard descriptor >= 0 else { throw .unreadable(path: path, errno: errno) }
        defer { if !isStandardInput { close(descriptor) } }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        let isFile = status.st_mode & S_IFMT == S_IFREG
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .unsafeFile(path: path, .folder) }
        look(descriptor)
        let name = isStandardInput ? "Standard input" : path
        let deadline = isFile ? nil : ContinuousClock.now + .milliseconds(milliseconds)
        do {
            return try .read(from: descriptor, limit: limit + 1, until: deadline)
        } catch {
            throw error.code == ETIMEDOUT ? .timedOut(name) : .unreadable(path: name, errno: error.code)
        }
    }

    /// An `errno`.
    package struct WriteFailure: Error { package let code: Int32 }

    /// Makes a file, mode 0600, where nothing stands yet.
    ///
    /// It gets its name once it is written and synced: whoever is killed on the way leaves no half of it.
    ///
    /// - Throws: an `errno`; EEXIST when something stands there.
    package static func make(_ path: String, _ content: borrowing SecretBytes) throws(WriteFailure) {
        let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
        defer { unsafe unlink(draft) }
        try write(content, toNew: draft)
        let failure = unsafe cvault_rename_to_new(AT_FDCWD, draft, path)
        guard failure == 0 else { throw WriteFailure(code: failure) }
        syncFolder(of: path)
    }

    private static func write(_ content: borrowing SecretBytes, toNew draft: String) throws(WriteFailure) {
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw WriteFailure(code: errno) }
        defer { close(descriptor) }
        try write(content, to: descriptor)
        // Whatever the umask took away.
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else { throw WriteFailure(code: errno) }
    }

    /// Writes all of a secret to a descriptor.
    ///
    /// - Throws: an `errno`.
    package static func write(_ content: borrowing SecretBytes, to descriptor: Int32) throws(WriteFailure) {
        try content.withBytes { (bytes: Span<UInt8>) throws(WriteFailure) in
            var position = 0
            while position < bytes.count {
                let written = unsafe bytes.extracting(position...).withUnsafeBufferPointer { buffer in
                    unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                }
                guard written >= 0 || errno == EINTR else { throw WriteFailure(code: errno) }
                position += max(written, 0)
            }
        }
    }

    // The file's name lives in its folder: without this a power cut could take back the key of a vault that stays.
    static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// What is wrong with a file that can be seen and not opened, or that isn't wanted yet; nil when nothing is, or when
    /// there is none.
    package static func fault(_ path: String, trust: Trust, holding content: Content) -> KeyError? {
        var status = stat()
        let found = unsafe trust == .own ? lstat(path, &status) : stat(path, &status)
        guard found == 0 else { return errno == ENOENT ? nil : .unreadable(path: path, errno: errno) }
        if status.st_mode & S_IFMT == S_IFLNK { return .unsafeFile(path: path, .symbolicLink, holding: content) }
        var system = statvfs()
        let isReadOnly = unsafe statvfs(path, &system) == 0 && system.f_flag & UInt(ST_RDONLY) != 0
        return objection(to: status, trust: trust, nobodyCanWrite: isReadOnly).map {
            .unsafeFile(path: path, $0, holding: content)
        }
    }

    private static func isOnReadOnlyMount(_ descriptor: Int32) -> Bool {
        var system = statvfs()
        return unsafe fstatvfs(descriptor, &system) == 0 && system.f_flag & UInt(ST_RDONLY) != 0
    }

    private static func objection(to status: stat, trust: Trust, nobodyCanWrite: Bool) -> UnsafeFileReason? {
        let mode = status.st_mode & 0o7777
        guard status.st_mode & S_IFMT != S_IFDIR else { return .folder }
        guard status.st_mode & S_IFMT == S_IFREG else { return .notRegular }
        switch trust {
        case .own:
            guard status.st_uid == geteuid() else { return .foreignOwner(status.st_uid) }
            guard mode & 0o177 == 0 else { return .mode(mode) }
            guard status.st_nlink == 1 else { return .hardLinks(Int(status.st_nlink)) }
        case .lent:
            // On a mount that is read-only here, owner and mode let nobody here write: whoever mounted it lends it.
            guard !nobodyCanWrite else { break }
            guard status.st_uid == geteuid() || status.st_uid == 0 else { return .foreignOwner(status.st_uid) }
            // An ACL's mask shows as group bits: with root's ACL the group's write bit is not its own word, and
            // systemd's files are 0440; a plain group-writable file is refused all the same.
            guard mode & 0o022 == 0 else { return .writable(mode) }
        }
        return nil
    }
}

extension SecretBytes {
    /// Takes off exactly one LF or CRLF at the end, as files and commands have it.
    package mutating func removeLineEnd() {
        let cut = withBytes { bytes in
            let count = bytes.count
            guard count > 0, bytes[count - 1] == 0x0A else { return 0 }
            return count > 1 && bytes[count - 2] == 0x0D ? 2 : 1
        }
        truncate(to: count - cut)
    }

    /// An `errno`.
    struct ReadFailure: Error { let code: Int32 }

    /// Reads from a descriptor until its end, or until there are `limit` bytes.
    ///
    /// - Parameters:
    ///   - descriptor: open for reading.
    ///   - limit: the most to read, in bytes.
    ///   - deadline: when it must be at its end; nil waits for ever.
    /// - Returns: what was read.
    /// - Throws: `ETIMEDOUT` at the deadline, or what the system says.
    static func read(
        from descriptor: Int32,
        limit: Int,
        until deadline: ContinuousClock.Instant? = nil
    ) throws(ReadFailure) -> SecretBytes {
        // poll(2) passes over a negative number, and would wait for nothing.
        guard descriptor >= 0 else { throw ReadFailure(code: EBADF) }
        return try SecretBytes(capacity: limit) { (output: inout OutputSpan<UInt8>) throws(ReadFailure) in
            while !output.isFull {
                if let deadline { try waitUntilReadable(descriptor, deadline: deadline) }
                let result = unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                    let free = buffer.count - count
                    let got = unsafe Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), free)
                    if got > 0 { count += got }
                    return got
                }
                if result == 0 { return }
                // EAGAIN: somebody else read what was there; it is waited for again.
                let isTriedAgain = errno == EINTR || deadline != nil && errno == EAGAIN
                if result < 0, !isTriedAgain { throw ReadFailure(code: errno) }
            }
        }
    }

    private static func waitUntilReadable(_ descriptor: Int32, deadline: ContinuousClock.Instant) throws(ReadFailure) {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw ReadFailure(code: ETIMEDOUT) }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            let ready = unsafe poll(&request, 1, Int32(clamping: milliseconds + 1))
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw ReadFailure(code: errno) }
        }
    }
}

/// The C library's words for an `errno`.
func describe(_ code: Int32) -> String {
    code == 0 ? "it is incomplete" : unsafe String(cString: strerror(code))
}
