internal import CVaultLinux
internal import Glibc

/// All that is wrong with a vault's place, for whoever wants to put it right: nothing is opened for a vault here.
extension VaultFile {
    /// What `find` would refuse one after the other, from the root down.
    ///
    /// - Parameter path: absolute, or from the working folder.
    /// - Returns: nothing when all is well; `noVault` where none lies there.
    package static func faults(at path: String) -> [StoreError] {
        do throws(StoreError) {
            let (folder, name) = try split(path)
            guard let resolved = try resolve(folder) else { return [.noVault(path: path)] }
            return try VaultFile(folder: resolved, name: name).faults()
        } catch {
            return [error]
        }
    }

    private func faults() throws(StoreError) -> [StoreError] {
        var faults: [StoreError] = []
        let place = try Folder.walk(to: folder) { (folder: borrowing Folder) throws(StoreError) in
            do throws(StoreError) { try folder.status().checkAncestor(path: folder.path) } catch {
                faults.append(error)
            }
        }
        do throws(StoreError) { try place.status().checkOwnFolder(path: place.path) } catch { faults.append(error) }
        var isThere = false
        for name in [name, name + "-journal", lockName] {
            let path = path(of: name)
            do throws(StoreError) {
                guard let status = try FileStatus(of: name, in: place, path: path) else { continue }
                if name == self.name { isThere = status.size > 0 }
                try status.checkPrivate(path: path)
            } catch {
                faults.append(error)
                if name == self.name { isThere = true }
            }
        }
        guard isThere else { return faults + [.noVault(path: path)] }
        // What only `check` sees: a write-ahead log, and a journal that names another file.
        guard faults.isEmpty else { return faults }
        do throws(StoreError) { _ = try check(in: place) } catch { faults.append(error) }
        return faults
    }

    /// Whether the file says that it is a vault: SQLite's words, and our number (sqlite.org/fileformat2.html, 1.3).
    ///
    /// Only before the vault is opened in this process: closing the descriptor drops SQLite's locks.
    package var isVault: Bool {
        let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: 100)
        guard unsafe pread(descriptor, &header, header.count, 0) == header.count else { return false }
        let number = header[68..<72].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return header.starts(with: Array("SQLite format 3\0".utf8)) && number == Schema.applicationID
    }

    /// Takes from others what makes a file or the vault's own folder unsafe, when it is ours and that mends it.
    ///
    /// - Parameter fault: from `faults`.
    /// - Returns: what was done, as a command would say it; nil when it isn't ours to mend.
    package func mend(_ fault: PathFault) -> String? {
        let (flags, type, mask): (Int32, mode_t, mode_t)
        switch fault.reason {
        // What is everybody's, as /tmp, stays so.
        case .sharedFolder(let mode) where fault.path == folder && mode & 0o1000 == 0:
            (flags, type, mask) = (O_DIRECTORY, S_IFDIR, 0o7755)
        case .openToOthers where [name, name + "-journal", lockName].contains(where: { path(of: $0) == fault.path }):
            (flags, type, mask) = (0, S_IFREG, 0o600)
        default: return nil
        }
        // Only before the vault is opened in this process: closing the descriptor drops SQLite's locks.
        let descriptor = unsafe open(fault.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == type, status.st_uid == geteuid(),
            type == S_IFDIR || status.st_nlink == 1, fchmod(descriptor, status.st_mode & mask) == 0
        else { return nil }
        return "chmod \(String(status.st_mode & mask, radix: 8)) \(fault.path)"
    }

    /// The kind of file system, as statfs(2) numbers it; nil where it can't be told.
    package var fileSystem: UInt32? {
        var number: UInt32 = 0
        return unsafe cvault_file_system(folder, &number) == 0 ? number : nil
    }
}
