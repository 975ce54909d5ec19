internal import VaultSystem

/// All that is wrong with a vault's place, and what repairs it: nothing is opened as a vault here.
extension VaultFile {
    /// What `find` would refuse one after the other, from the root down.
    ///
    /// - Parameter path: absolute, or from the working folder.
    /// - Returns: nothing when all is well; `noVault` where none lies there.
    static func faults(at path: String) -> [StoreError] {
        do throws(StoreError) {
            let (directory, name) = try split(path)
            guard let resolved = try resolve(directory) else { return [.noVault(path: path)] }
            return try VaultFile(directory: resolved, name: name).faults()
        } catch {
            return [error]
        }
    }

    private func faults() throws(StoreError) -> [StoreError] {
        var found: [SystemError] = []
        let place: Directory
        do throws(SystemError) { place = try walk(noting: &found) } catch { throw StoreError(error) }
        var faults = found.map { StoreError($0) }
        var isThere = false
        for name in [name, journalName, lockName] {
            do throws(StoreError) {
                guard let status = try Self.checkPrivate(name, in: place) else { continue }
                if name == self.name { isThere = status.size > 0 }
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
    var isVault: Bool {
        guard let file = try? FileDescriptor.open(path, .probingNoLink), let header = try? file.read(100, at: 0),
            header.count == 100
        else { return false }
        let number = header[68..<72].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return header.starts(with: Array("SQLite format 3\0".utf8)) && number == Schema.applicationID
    }

    /// Takes the permissions from other users that make a file or the vault's own directory unsafe, where it is ours.
    ///
    /// - Parameter fault: from `faults`.
    /// - Returns: what was done, as a command would say it; nil when it isn't ours to repair.
    func repair(_ fault: UnsafePath) -> String? {
        let (kind, mask): (FileStatus.Kind, UInt32)
        switch fault.reason {
        // A sticky directory, such as /tmp, is meant for all users, and stays so.
        case .sharedDirectory(let mode, nil) where fault.path == directory && mode & 0o1000 == 0:
            (kind, mask) = (.directory, 0o7755)
        case .openToOthers where [name, journalName, lockName].contains(where: { path(of: $0) == fault.path }):
            (kind, mask) = (.regular, 0o600)
        default: return nil
        }
        // Only before the vault is opened in this process: closing the descriptor drops SQLite's locks.
        guard let mode = try? FileDescriptor.restrictMode(of: fault.path, kind, to: mask) else { return nil }
        return "chmod \(String(mode, radix: 8)) \(fault.path)"
    }

    /// The kind of file system, as statfs(2) numbers it; nil where it is unknown.
    var fileSystem: UInt32? { FilePath.fileSystem(of: directory) }
}
