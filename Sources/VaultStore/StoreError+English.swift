internal import CVaultSQLite
internal import VaultSystem

// What this floor's errors say in English. Another language stands next to it in a file of its own.

extension StoreError {
    /// What happened, as one sentence.
    package var sentence: String {
        switch self {
        case .noVault(let path): "There is no vault at \(path)."
        case .vaultExists(let path): "There is a vault at \(path) already."
        case .nameExists: "There is an application of that name already."
        case .damaged(let path, let what): "The vault at \(path) is damaged: \(what.words)."
        case .notAVault(let path): "\(path) is not a vault, but a database of another program."
        case .newerFormat(let path, let format): "The vault at \(path) has format \(format), which is newer than ours."
        case .unsafePath(let unsafe): unsafe.sentence
        case .leftOverJournal(let path):
            "A write to \(path) was interrupted, and can't be undone where it is read-only."
        case .readOnly(let path): "The vault at \(path) can be read but not written."
        case .io(let path, let action, let errno): SystemError.failed(path: path, action, errno).sentence
        case .sqlite(let path, let action, let errno, let code):
            "\(path): \(action.words) failed (\(numbers(errno, code)))."
        case .busy(let path): "Another process keeps the vault at \(path) locked."
        case .changedMeanwhile: "The vault was changed by another process meanwhile."
        case .replaced(let path): "The vault at \(path) was replaced by another file meanwhile."
        case .leaseHeld(let holder?): "Process \(holder) is doing the same and hasn't finished in time."
        case .leaseHeld(nil): "Another process is doing the same and hasn't finished in time."
        case .leasesUnavailable(let path, nil): "Nothing can be locked at \(path)."
        case .leasesUnavailable(let path, let errno?): "Nothing can be locked at \(path) (\(errno))."
        case .noLocks(let path): "The file system of \(path) has no locks (\(Errno.noLocks))."
        case .clockOutOfRange: SystemClock.sentenceOutOfRange
        case .unacceptableRecord(let what): "A record doesn't fit the vault's format: \(what.words)."
        }
    }

    /// What to do about it, as one sentence.
    package var remedy: String {
        switch self {
        case .noVault: "Import a client_secrets.json to make one, or name another place."
        case .vaultExists: "Use it, or name another place."
        case .nameExists: "Choose another name, or replace the application."
        case .damaged: "Restore a backup; trying again doesn't help."
        case .notAVault: "Name the vault's own file."
        case .newerFormat: "Use the version that wrote it, or a later one."
        case .unsafePath(let unsafe): unsafe.remedy
        case .leftOverJournal: "Open it once where it can be written."
        case .readOnly: "Make the file and its folder writable for yourself, or use a copy that is."
        case .io(_, _, .readOnlyFileSystem): "Name a place that can be written."
        case .io(_, .makingDirectory, let errno) where errno.isAboutPermissions:
            "Name a place in a folder of yours, or give yourself access to it."
        case .io(_, _, let errno) where errno.isAboutPermissions: "Give yourself access to it."
        case .sqlite(_, _, let errno?, _) where errno.isAboutPermissions: "Give yourself access to it."
        case .io(_, _, let errno): errno.remedy ?? Errno.diskRemedy
        case .sqlite(_, _, let errno, _): errno?.remedy ?? Errno.diskRemedy
        case .busy, .changedMeanwhile, .replaced, .leaseHeld: "Try again."
        case .leasesUnavailable: "Go on without, or keep the vault where files can be written and locked."
        case .noLocks: "Keep the vault on a local disk, or have the lock service started (NFS: rpc.statd)."
        case .clockOutOfRange: SystemClock.remedy
        case .unacceptableRecord: "Shorten what is to be stored; if nothing is long, please report it."
        }
    }
}

extension StoreError.Damage {
    /// Said behind a colon.
    var words: String {
        switch self {
        case .writeAheadLog(let path): "it has a write-ahead log, \(path), which no vault has"
        case .superJournal(let path): "its journal, \(path), names another file, which would be deleted"
        case .journalMode: "its header doesn't say rollback journal"
        case .unknownFormat(let format): "there is no format \(format)"
        case .schemaUnreadable: "its header or its schema can't be understood"
        case .schemaNotText: "its schema isn't text"
        case .schemaDiffers(.missing(let type, let name)): "the \(type) \(name) is missing"
        case .schemaDiffers(.changed(let type, let name)): "the \(type) \(name) isn't as it was made"
        case .schemaDiffers(.foreign(let type, let name)): "the \(type) \(name) isn't ours"
        case .schemaDiffers(.twice): "its schema has one entry twice"
        case .table(let table): "the table \(table) holds what it can't"
        case .rowTooLong: "a row is too long"
        case .numberMissing: "no number where one is kept"
        case .sqlite(let code): unsafe String(cString: sqlite3_errstr(code))
        case .structure(let finding): finding
        case .headerUnreadable: "its header can't be opened"
        }
    }
}

extension StoreError.UnacceptableRecord {
    /// Said behind a colon.
    fileprivate var words: String {
        switch self {
        case .headerMissing: "a change without a new header"
        case .slotCount: "a vault has 1 to \(SlotLimits.count) slots"
        case .valueTooLong: "a value is too long"
        case .format: "it has another format than the file"
        case .check(let message): message
        }
    }
}

/// The operating system's words for an error number, and SQLite's for its result code, as far as there are any.
private func numbers(_ errno: Errno?, _ code: Int32) -> String {
    let sqlite = code == 0 ? nil : unsafe "SQLite \(code): \(String(cString: sqlite3_errstr(code)))"
    return [errno?.description, sqlite].compactMap(\.self).joined(separator: "; ")
}

extension SQLiteAction {
    /// As the subject of a sentence.
    var words: String {
        switch self {
        case .opening: "opening"
        case .restricting: "restricting SQLite"
        case .installingBusyHandler: "installing the busy handler"
        case .readingHeader: "reading the file's header"
        case .preparing: "preparing a statement"
        case .binding: "binding a value"
        case .running: "reading or writing"
        }
    }
}

extension UnsafePath {
    /// What makes the path safe for a vault.
    fileprivate var remedy: String {
        switch reason {
        case .notAFileName, .relative: "Name a file in a folder of yours."
        case .tooLong:
            "Name a place with a shorter path: at most \(VaultFile.folderLimit) bytes for its folder, 247 for a name, "
                + "\(VaultFile.pathLimit) in all."
        case .unexpanded(let unexpanded): unexpanded.remedy
        case .notADirectory: "Move it away, or name another place."
        case .foreignDirectory, .foreignFile: "Name a place that belongs to you, or copy the vault there."
        // A sticky directory, such as /tmp, is meant for all users, and stays so.
        case .sharedDirectory(let mode, _) where mode & 0o1000 != 0:
            "Make a folder of your own in it, mode 0700, and use that."
        case .sharedDirectory(_, nil): "chmod go-w \(path.shellWord)"
        // A chmod is for the owner alone. With the sticky bit a folder of ours in it is safe.
        case .sharedDirectory(let mode, let owner?):
            "Name a place in a folder of yours, or have the volume mounted read-only; or its owner, \(owner.userName), "
                + "gives it mode \((mode | 0o1000).octalMode) (for a folder of yours in it) or \(mode.closedMode)."
        case .symbolicLink: "Name the file that it leads to."
        case .notARegularFile, .directory: "Move it away, or name another file."
        case .hardLinks: "Remove the other names, or copy it and use the copy."
        case .openToOthers, .writableByOthers: "chmod 600 \(path.shellWord)"
        case .exchanged: "Find out which program writes in that folder, then try again."
        }
    }
}
