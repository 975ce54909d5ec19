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
}
