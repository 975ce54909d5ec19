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
    case unsafePath(PathFault)
    /// A writer died here, and what it left can't be undone where nothing can be written.
    case leftOverJournal(path: String)
    /// The vault is open for reading alone.
    case readOnly(path: String)
    /// The operating system refused. `errno` is 0 where only SQLite's own code is known, `code` 0 where SQLite wasn't
    /// asked.
    case io(path: String, action: String, errno: Int32, code: Int32)
    /// Another process kept the database locked for the whole time that we were ready to wait.
    case busy(path: String)
    /// What the change was based on isn't stored any more: read again.
    case changedMeanwhile
    /// The file at this path is another one than the one that was opened.
    case replaced(path: String)
    /// Somebody else held a lease until the end of the wait; its process, where that is known.
    case leaseHeld(holder: Int32?)
    /// There can be no lease here: read-only, or a file system without locks; `errno` is 0 where nobody was asked.
    case leasesUnavailable(path: String, errno: Int32)
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
        case .io(_, _, let errno, _): PermissionProblem.isOne(errno) ? .configuration : .inputOutput
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
        case .unsafePath(let fault): fault.sentence
        case .leftOverJournal(let path):
            "A write to \(path) was interrupted, and can't be undone where it is read-only."
        case .readOnly(let path): "The vault at \(path) can be read but not written."
        case .io(let path, let action, let errno, let code):
            "\(path): \(action) failed (\(SystemFailure.text(errno: errno, code: code)))."
        case .busy(let path): "Another process keeps the vault at \(path) locked."
        case .changedMeanwhile: "The vault was changed by another process meanwhile."
        case .replaced(let path): "The vault at \(path) was replaced by another file meanwhile."
        case .leaseHeld(let holder?): "Process \(holder) is doing the same and hasn't finished in time."
        case .leaseHeld(nil): "Another process is doing the same and hasn't finished in time."
        case .leasesUnavailable(let path, 0): "Nothing can be locked at \(path)."
        case .leasesUnavailable(let path, let errno):
            "Nothing can be locked at \(path) (\(SystemFailure.text(errno: errno, code: 0)))."
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
        case .unsafePath(let fault): fault.remedy
        case .leftOverJournal: "Open it once where it can be written."
        case .readOnly: "Make the file and its folder writable for yourself, or use a copy that is."
        case .io(_, _, let errno, _) where PermissionProblem.isOne(errno): "Give yourself access to it."
        case .io: "Look at the disk: room, quota and health; then try again."
        case .busy, .changedMeanwhile, .replaced, .leaseHeld: "Try again."
        case .leasesUnavailable: "Go on without, or keep the vault where files can be written and locked."
        case .unacceptableRecord: "Shorten what is to be stored; if nothing is long, please report it."
        }
    }
}

/// Whether the operating system's answer is about rights and not about the disk.
private enum PermissionProblem {
    static func isOne(_ errno: Int32) -> Bool {
        errno == SystemFailure.accessDenied || errno == SystemFailure.notPermitted
    }
}
