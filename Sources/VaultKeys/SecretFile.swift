package import VaultCrypto
package import VaultSystem

/// A file that holds a key or a passphrase, read into guarded memory.
package enum SecretFile {
    /// What a file holds, for a remedy that says how else it could be named.
    package enum Content: Equatable, Sendable { case key, passphrase, recoveryCode }

    /// Reads at most `limit` bytes; one more is an error of the caller's kind of file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: the most to read, in bytes.
    ///   - policy: whose it may be.
    ///   - content: what it holds.
    ///   - isExpected: whether a file of so many bytes can be one of the caller's kind.
    ///   - refusal: what another one is refused with, before its owner and mode are looked at.
    /// - Returns: the content.
    /// - Throws: `unreadable`, `unsafeFile`, `refusal`.
    package static func read(
        _ path: String,
        limit: Int,
        policy: FilePolicy,
        holding content: Content = .key,
        ofSize isExpected: (Int64) -> Bool = { _ in true },
        otherwise refusal: KeyError? = nil
    ) throws(KeyError) -> SecretBytes {
        try read(path, limit: limit, holding: content, otherwise: refusal) { () throws(SystemError) in
            try policy.open(path, ofSize: isExpected)
        }
    }

    /// The same, of a file that `open` opens and checks.
    static func read(
        _ path: String,
        limit: Int,
        holding content: Content,
        otherwise refusal: KeyError?,
        _ open: () throws(SystemError) -> FileDescriptor
    ) throws(KeyError) -> SecretBytes {
        do throws(SystemError) {
            let file = try open()
            do throws(Errno) {
                return try SecretBytes.read(from: file, limit: limit + 1)
            } catch {
                throw .failed(path: path, .reading, error)
            }
        } catch {
            if case .unexpectedSize = error, let refusal { throw refusal }
            throw KeyError(error, holding: content)
        }
    }

    /// Reads a file that a user names once, whatever its owner: a file, a pipe, or standard input for `-`.
    ///
    /// A pipe has a minute to give what it has, and a FIFO as long to get a writer.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: one byte more than this is read at most, so that too much can be seen.
    ///   - milliseconds: how long a pipe has.
    ///   - look: shown what was opened before anything is read.
    /// - Returns: the content.
    /// - Throws: `unreadable`, `unsafeFile` for a directory, `silentInput`.
    package static func readInput(
        _ path: String,
        limit: Int,
        within milliseconds: Int64 = PassphraseSource.patience,
        looking look: (FileStatus) -> Void = { _ in }
    ) throws(KeyError) -> SecretBytes {
        let isStandardInput = path == "-"
        do throws(Errno) {
            let file = isStandardInput ? FileDescriptor(borrowing: 0) : try FileDescriptor.open(path, .probing)
            let status = try file.status()
            guard status.kind != .directory else { throw .isDirectory }
            look(status)
            let deadline = status.kind == .regular ? nil : ContinuousClock.now + .milliseconds(milliseconds)
            guard status.kind == .regular, !isStandardInput, 1..<Int64(limit) ~= status.size else {
                return try .read(from: file, limit: limit + 1, until: deadline)
            }
            // Guarded memory is dear: a page of it takes longer than to read the file.
            let content = try SecretBytes.read(from: file, limit: Int(status.size) + 1)
            guard content.count > Int(status.size) else { return content }
            // It has grown since.
            return try .read(from: try FileDescriptor.open(path, .probing), limit: limit + 1)
        } catch {
            switch error {
            case .isDirectory: throw .unsafeFile(UnsafePath(path: path, .directory))
            case .timedOut: throw .silentInput(path: path)
            default: throw .unreadable(path: path, errno: error)
            }
        }
    }

    /// What is wrong with a file that can be seen and not opened, or that isn't wanted yet; nil when nothing is, or
    /// when there is none.
    package static func fault(_ path: String, policy: FilePolicy, holding content: Content) -> KeyError? {
        policy.fault(at: path).map { KeyError($0, holding: content) }
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

    /// Reads from a descriptor until its end, or until there are `limit` bytes.
    ///
    /// - Parameters:
    ///   - file: open for reading.
    ///   - limit: the most to read, in bytes.
    ///   - deadline: when it must be at its end; nil waits for ever.
    /// - Returns: what was read.
    /// - Throws: `timedOut` at the deadline, or what the system says.
    static func read(
        from file: borrowing FileDescriptor,
        limit: Int,
        until deadline: ContinuousClock.Instant? = nil
    ) throws(Errno) -> SecretBytes {
        try SecretBytes(capacity: limit) { (output: inout OutputSpan<UInt8>) throws(Errno) in
            while !output.isFull {
                if let deadline { try file.waitUntilReadable(until: deadline) }
                do throws(Errno) {
                    if try file.read(into: &output) == 0 { return }
                } catch {
                    // Another reader took what was there; it is waited for again.
                    guard deadline != nil, error == .wouldBlock else { throw error }
                }
            }
        }
    }
}
