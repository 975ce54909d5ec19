internal import Glibc

/// Who may own a file, and what others may do with it.
package struct FilePolicy: Equatable, Sendable {
    /// Whether a file of root's will do as well as one of ours.
    private let allowsRoot: Bool
    /// The permissions that a file may have at most.
    private let permissions: UInt32
    private let allowsLinks: Bool
    /// Whether owner and mode don't matter on a read-only mount.
    private let trustsReadOnlyMounts: Bool

    /// Ours alone, for what holds secrets or decides about them: mode 0600 or stricter, one name, no link.
    package static let own = FilePolicy(
        allowsRoot: false,
        permissions: 0o600,
        allowsLinks: false,
        trustsReadOnlyMounts: false
    )

    /// Handed over by a service manager or a container: root's or ours, links followed, and not for others to write.
    ///
    /// The service manager decided who may read it: systemd's ACL shows as 0440, Docker's secrets as 0444, and
    /// those of Compose and of rootless Podman belong to a number that means nothing here, on a read-only mount.
    package static let shared = FilePolicy(
        allowsRoot: true,
        permissions: 0o7755,
        allowsLinks: true,
        trustsReadOnlyMounts: true
    )

    /// Public, and trusted, as certificates are: root's or ours, and not for others to write.
    package static let trusted = FilePolicy(
        allowsRoot: true,
        permissions: 0o7755,
        allowsLinks: true,
        trustsReadOnlyMounts: false
    )

    package var followsLinks: Bool { allowsLinks }

    /// Whether the directories above a file on a read-only mount may be any user's: not those of a file that may be any
    /// of root's, since who writes that file system elsewhere would choose which.
    private var allowsDirectoriesOfReadOnlyMounts: Bool { !allowsRoot || trustsReadOnlyMounts }

    /// What the policy objects to.
    ///
    /// - Parameters:
    ///   - status: the file.
    ///   - isOnReadOnlyMount: whether it lies on a read-only mount; asked only where that matters.
    /// - Returns: nil for nothing.
    package func objection(to status: FileStatus, isOnReadOnlyMount: () -> Bool = { false }) -> UnsafePath.Reason? {
        switch status.kind {
        case .regular: break
        case .symbolicLink: return .symbolicLink
        case .directory: return .directory
        case .fifo, .socket, .other: return .notARegularFile
        }
        if trustsReadOnlyMounts, isOnReadOnlyMount() { return nil }
        guard status.isOurs || allowsRoot && status.owner == 0 else { return .foreignFile(owner: status.owner) }
        // One without a name was removed, or replaced, since its name was looked up: a journal, or a key that `rekey`
        // renews.
        guard allowsLinks || status.links <= 1 else { return .hardLinks(count: status.links) }
        guard status.mode & ~permissions == 0 else {
            return permissions == 0o600
                ? .openToOthers(mode: status.mode)
                : .writableByOthers(mode: status.mode, owner: status.foreignOwner)
        }
        return nil
    }

    /// Opens a file once and checks what was opened, and the way to it: what is read afterwards is what the policy has
    /// seen, and no other user can have put it there.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - isExpected: whether a regular file of so many bytes can be the one that is meant. It is asked before owner
    ///     and mode are looked at: a user who named a file by mistake isn't to be told to close it to others.
    /// - Returns: the file, open for reading.
    /// - Throws: `unsafePath`; `unexpectedSize`; `failed`.
    package func open(_ path: String, ofSize isExpected: (Int64) -> Bool = { _ in true }) throws(SystemError)
        -> FileDescriptor
    {
        var walk = try PathWalk(path)
        let name = try walk.arrive(followingLast: allowsLinks).name
        return try sweepingDrafts(in: walk.directory) { () throws(SystemError) in
            let file = try openOnce(name, in: walk.directory, path)
            try check(file, path, ofSize: isExpected) {
                walk.fault { allowsDirectoriesOfReadOnlyMounts && file.isOnReadOnlyMount() }
            }
            try refuseSecondName(file, path, in: walk.directory)
            return file
        }
    }

    /// Opens a file of a directory that was walked to, and checks what was opened.
    ///
    /// - Throws: `unsafePath`; `unexpectedSize`; `failed`.
    package func open(
        _ name: String,
        in directory: borrowing Directory,
        ofSize isExpected: (Int64) -> Bool = { _ in true }
    ) throws(SystemError) -> FileDescriptor {
        let path = directory.path(of: name)
        return try sweepingDrafts(in: directory) { () throws(SystemError) in
            let file = try openOnce(name, in: directory, path)
            try check(file, path, ofSize: isExpected)
            return file
        }
    }

    /// Tries again where a file has a second name, which may be the draft of a process that died while it published the
    /// file by link(2).
    private func sweepingDrafts(
        in directory: borrowing Directory,
        _ open: () throws(SystemError) -> FileDescriptor
    ) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) { return try open() } catch {
            guard case .unsafePath(let unsafe) = error, case .hardLinks = unsafe.reason else { throw error }
            DraftFile.sweep(directory)
            return try open()
        }
    }

    private func openOnce(_ name: String, in directory: borrowing Directory, _ path: String) throws(SystemError)
        -> FileDescriptor
    {
        do throws(Errno) {
            return try directory.open(name, .probing)
        } catch {
            guard error != .tooManyLinks else {
                // Where links are followed, there was none a moment ago.
                throw .unsafePath(UnsafePath(path: path, allowsLinks ? .exchanged : .symbolicLink))
            }
            throw .failed(path: path, .opening, error)
        }
    }

    /// In a sticky directory all users may give a file of root's or ours a second name.
    private func refuseSecondName(
        _ file: borrowing FileDescriptor,
        _ path: String,
        in directory: borrowing Directory
    ) throws(SystemError) {
        guard let links = (try? file.status())?.links, links > 1, try directory.status().mode & 0o022 != 0 else {
            return
        }
        throw .unsafePath(UnsafePath(path: path, .hardLinks(count: links)))
    }

    /// Checks an open file.
    ///
    /// - Parameters:
    ///   - file: open.
    ///   - path: what it is called.
    ///   - isExpected: as above.
    ///   - way: what is wrong with the way to it.
    /// - Throws: `unsafePath`; `unexpectedSize`; `failed`.
    package func check(
        _ file: borrowing FileDescriptor,
        _ path: String,
        ofSize isExpected: (Int64) -> Bool = { _ in true },
        by way: () -> UnsafePath? = { nil }
    ) throws(SystemError) {
        let status: FileStatus
        do throws(Errno) { status = try file.status() } catch { throw .failed(path: path, .lookingAt, error) }
        guard status.kind != .regular || isExpected(status.size) else {
            throw .unexpectedSize(path: path, status.size)
        }
        if let unsafe = way() { throw .unsafePath(unsafe) }
        if let reason = objection(to: status, isOnReadOnlyMount: { file.isOnReadOnlyMount() }) {
            throw .unsafePath(UnsafePath(path: path, reason))
        }
    }

    /// What is wrong with a file or the way to it, whether or not it can be opened; nil where nothing is, or there is
    /// no file.
    package func fault(at path: String) -> SystemError? {
        do throws(SystemError) { _ = try open(path) } catch {
            guard error.errno == .accessDenied else { return error.errno == .noEntry ? nil : error }
            // We may not read it; what else is wrong shows without.
            guard var walk = try? PathWalk(path), let found = try? walk.arrive(followingLast: allowsLinks) else {
                return error
            }
            let reason = objection(to: found.status) { walk.directory.descriptor.isOnReadOnlyMount() }
            return (walk.fault() ?? reason.map { UnsafePath(path: path, $0) }).map { .unsafePath($0) } ?? error
        }
        return nil
    }
}

/// Who may own a directory, and who may exchange what lies in it.
package enum DirectoryPolicy: Sendable {
    /// Ours, and no other user may write in it.
    case own
    /// Ours, and no other user may even look into it.
    case ownPrivate
    /// Ours or root's, and no other user may write in it: what lies there is exchanged by root and by us alone, as is
    /// what lies in /home. A container's volume is often root's.
    case trusted
    /// On the way to ours: ours or root's, and no other user can exchange the next directory for one of their own.
    case ancestor

    /// What the policy objects to; nil for nothing.
    ///
    /// A group that may write is other users, be it our own group: no file says who else is in it. `fsGroup` of
    /// Kubernetes, `SupplementaryGroups=` of systemd and setgroups(2) give one to processes without an entry in
    /// /etc/group, among them the other containers of a pod. An ACL that lets another user write shows in the group's
    /// bits as well (acl(5)).
    package func objection(to status: FileStatus) -> UnsafePath.Reason? {
        guard status.kind == .directory else { return .notADirectory }
        let allowsRoot = self == .trusted || self == .ancestor
        guard status.isOurs || allowsRoot && status.owner == 0 else { return .foreignDirectory(owner: status.owner) }
        let isSafe =
            switch self {
            case .own, .trusted: status.mode & 0o022 == 0
            case .ownPrivate: status.mode & 0o077 == 0
            // In a sticky directory, such as /tmp, all users may make names, and remove or rename only their own.
            case .ancestor: status.mode & 0o022 == 0 || status.mode & 0o1000 != 0
            }
        return isSafe ? nil : .sharedDirectory(mode: status.mode, owner: status.foreignOwner)
    }
}
