package import VaultSystem

/// Why the store refused.
///
/// No case carries a byte of what is stored: paths, numbers and names of tables alone.
package enum StoreError: Error, Equatable, Sendable {
    /// There is no vault at `path`: no file, an empty one, or one without a schema.
    case noVault(path: String)
    /// There is a vault at `path` already.
    case vaultExists(path: String)
    /// Another application has this name tag.
    case nameExists
    /// Something below the file system is not as it was written; `what` names it.
    case damaged(path: String, what: String)
    /// The file belongs to another program: its `application_id` isn't ours.
    case notAVault(path: String)
    /// The vault was written by a later version.
    case newerFormat(path: String, format: Int64)
    /// Somebody else could read, replace or divert what lies at this path.
    case unsafePath(UnsafePath)
    /// A writer died here, and what it left can't be undone where nothing can be written.
    case leftOverJournal(path: String)
    /// The vault is open for reading alone.
    case readOnly(path: String)
    /// The operating system refused.
    case io(path: String, FileAction, Errno)
    /// SQLite failed, with its result code, and the operating system's where there is one.
    case sqlite(path: String, SQLiteAction, errno: Errno?, code: Int32)
    /// Another process kept the database locked for the whole time that we were ready to wait.
    case busy(path: String)
    /// What the change was based on isn't stored any more: read again.
    case changedMeanwhile
    /// The file at this path is another one than the one that was opened.
    case replaced(path: String)
    /// Somebody else held a lease until the end of the wait; its process, where that is known.
    case leaseHeld(holder: Int32?)
    /// There can be no lease here: read-only, or a file system without locks; no `errno` where nothing was tried.
    case leasesUnavailable(path: String, Errno?)
    /// A record that the format doesn't allow was to be written: a programming error, or more than there is room for.
    case unacceptableRecord(String)
}

extension StoreError {
    /// What a failure means for whoever runs the command.
    package enum Category: Sendable {
        case noVault, damaged, exists, inputOutput, tryAgain, configuration, `internal`
    }

    package var category: Category {
        switch self {
        case .noVault: .noVault
        case .vaultExists, .nameExists: .exists
        case .damaged: .damaged
        case .notAVault, .newerFormat, .unsafePath: .configuration
        case .io(_, _, let errno): errno.isAboutPermissions ? .configuration : .inputOutput
        case .sqlite(_, _, let errno, _): errno?.isAboutPermissions == true ? .configuration : .inputOutput
        case .leftOverJournal, .readOnly: .inputOutput
        case .busy, .changedMeanwhile, .replaced, .leaseHeld, .leasesUnavailable: .tryAgain
        case .unacceptableRecord: .internal
        }
    }

    /// What happened, as one sentence.
    package var sentence: String {
        switch self {
        case .noVault(let path): "There is no vault at \(path)."
        case .vaultExists(let path): "There is a vault at \(path) already."
        case .nameExists: "There is an application of that name already."
        case .damaged(let path, let what): "The vault at \(path) is damaged: \(what)."
        case .notAVault(let path): "\(path) is not a vault, but a database of another program."
        case .newerFormat(let path, let format): "The vault at \(path) has format \(format), which is newer than ours."
        case .unsafePath(let unsafe): unsafe.sentence
        case .leftOverJournal(let path):
            "A write to \(path) was interrupted, and can't be undone where it is read-only."
        case .readOnly(let path): "The vault at \(path) can be read but not written."
        case .io(let path, let action, let errno): SystemError.failed(path: path, action, errno).sentence
        case .sqlite(let path, let action, let errno, let code):
            "\(path): \(action.words) failed (\(SystemFailure.text(errno: errno, code: code)))."
        case .busy(let path): "Another process keeps the vault at \(path) locked."
        case .changedMeanwhile: "The vault was changed by another process meanwhile."
        case .replaced(let path): "The vault at \(path) was replaced by another file meanwhile."
        case .leaseHeld(let holder?): "Process \(holder) is doing the same and hasn't finished in time."
        case .leaseHeld(nil): "Another process is doing the same and hasn't finished in time."
        case .leasesUnavailable(let path, nil): "Nothing can be locked at \(path)."
        case .leasesUnavailable(let path, let errno?): "Nothing can be locked at \(path) (\(errno))."
        case .unacceptableRecord(let what): "A record doesn't fit the vault's format: \(what)."
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
        case .io(_, _, let errno) where errno.isAboutPermissions: "Give yourself access to it."
        case .sqlite(_, _, let errno?, _) where errno.isAboutPermissions: "Give yourself access to it."
        case .io, .sqlite: "Look at the disk: room, quota and health; then try again."
        case .busy, .changedMeanwhile, .replaced, .leaseHeld: "Try again."
        case .leasesUnavailable: "Go on without, or keep the vault where files can be written and locked."
        case .unacceptableRecord: "Shorten what is to be stored; if nothing is long, please report it."
        }
    }
}

extension StoreError {
    init(_ error: SystemError) {
        self =
            switch error {
            case .unsafePath(let unsafe): .unsafePath(unsafe)
            case .failed(let path, let action, let errno): .io(path: path, action, errno)
            }
    }

    /// Runs what the operating system may refuse.
    static func mapping<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(StoreError) -> Result {
        do throws(SystemError) { return try body() } catch { throw StoreError(error) }
    }
}

/// What SQLite was doing.
package enum SQLiteAction: Equatable, Sendable {
    case opening, restricting, settingTimeOut, readingHeader, preparing, binding, running

    /// As the subject of a sentence.
    var words: String {
        switch self {
        case .opening: "opening"
        case .restricting: "restricting SQLite"
        case .settingTimeOut: "setting a time-out"
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
        case .notAFileName: "Name a file in a folder of yours."
        case .notADirectory: "Move it away, or name another place."
        case .foreignDirectory, .foreignFile: "Name a place that belongs to you, or copy the vault there."
        // What is everybody's, as /tmp, stays so.
        case .sharedDirectory(let mode) where mode & 0o1000 != 0:
            "Make a folder of your own in it, mode 0700, and use that."
        case .sharedDirectory: "chmod go-w \(path.shellWord)"
        case .symbolicLink: "Name the file that it leads to."
        case .notARegularFile, .directory: "Move it away, or name another file."
        case .hardLinks: "Remove the other names, or copy it and use the copy."
        case .openToOthers, .writableByOthers: "chmod 600 \(path.shellWord)"
        case .exchanged: "Find out who writes in that folder, then try again."
        }
    }
}
