// What this floor's errors say in English. Another language stands next to it in a file of its own.

extension SystemError {
    /// What happened, as one sentence.
    package var sentence: String {
        switch self {
        case .unsafePath(let unsafe): unsafe.sentence
        case .unexpectedSize(let path, let size): "\(path) has \(size) bytes, so it is another file than the one meant."
        case .failed(let path, let action, let errno): "\(path): \(action.words) failed (\(errno))."
        }
    }
}

extension ResourceLimit {
    /// What there is too little of, as one sentence.
    package var sentence: String {
        switch self {
        case .openFiles: "This process may open no more files."
        case .memory: "This process gets no more memory."
        case .threads: "This process may start no more threads."
        }
    }

    /// Where more of it can be had, as one sentence.
    package var remedy: String {
        switch self {
        case .openFiles: "Raise its limit: `ulimit -n` in a shell, LimitNOFILE= in a systemd unit; 64 are enough."
        case .memory:
            "Raise its limit: `ulimit -v` in a shell, LimitAS= in a systemd unit, the memory of a container; 256 MiB are "
                + "enough."
        case .threads:
            "Raise its limit: `ulimit -u` in a shell, TasksMax= in a systemd unit, the pids limit of a container."
        }
    }
}

extension Errno {
    /// What to do where a disk may be to blame.
    package static let diskRemedy = "Look at the disk: room, quota and health; then try again."

    /// What to do about a lack that doesn't depend on what was being done, as one sentence; nil for other failures.
    package var remedy: String? {
        if let limit { return limit.remedy }
        return switch self {
        case .inputOutput, .noSpace, .quotaExceeded: Self.diskRemedy
        default: nil
        }
    }
}

extension SystemClock {
    /// What to say of a clock that shows a time out of the range.
    package static let sentenceOutOfRange = "This computer's clock shows a time before 1970 or after 9999."
    /// How a clock is set right.
    package static let remedy = "Set the clock: sudo timedatectl set-ntp true; without a network, sudo date --set."
}

extension FileAction {
    /// As the subject of a sentence.
    package var words: String {
        switch self {
        case .opening: "opening it"
        case .lookingAt: "looking at it"
        case .reading: "reading it"
        case .writing: "writing it"
        case .renaming: "renaming it"
        case .removing: "removing it"
        case .making: "making the file"
        case .openingDirectory: "opening the folder"
        case .makingDirectory: "making the folder"
        case .syncingDirectory: "syncing the folder"
        case .resolving: "resolving the folder"
        case .lookingIntoJournal: "looking into the journal"
        case .openingLockFile: "opening the lock file"
        case .makingFileInDirectory: "making a file in it"
        }
    }
}

extension UnsafePath {
    /// What is wrong, as one sentence.
    package var sentence: String {
        switch reason {
        case .notAFileName: "\"\(path)\" names no file."
        case .relative: "\"\(path)\" is no absolute path."
        case .unexpanded(.home): "\(path) begins with a ~ that no shell has replaced."
        case .unexpanded(.variable): "\(path) begins with a variable that no shell has replaced."
        case .unexpanded(.quoted): "\(path) has its quotation marks in it, which no shell has taken off."
        case .unexpanded(.carriageReturn): "\(path) ends with a carriage return."
        case .tooLong: "\(path) is too long, or one of its names is."
        case .notADirectory: "\(path) is not a folder."
        case .directory: "\(path) is a folder."
        case .foreignDirectory(let owner): "The folder \(path) belongs to another user (uid \(owner))."
        case .sharedDirectory(let mode, nil): "Others may write in the folder \(path) (mode \(mode.octalMode))."
        case .sharedDirectory(let mode, let owner?):
            "Others may write in the folder \(path), which belongs to \(owner.userName) (mode \(mode.octalMode))."
        case .symbolicLink: "\(path) is a symbolic link."
        case .notARegularFile: "\(path) is not a regular file."
        case .foreignFile(let owner): "\(path) belongs to another user (uid \(owner))."
        case .hardLinks(let count): "\(path) has \(count) names (hard links)."
        case .openToOthers(let mode): "\(path) is open to others (mode \(mode.octalMode))."
        case .writableByOthers(let mode, nil): "Others may write \(path) (mode \(mode.octalMode))."
        case .writableByOthers(let mode, let owner?):
            "Others may write \(path), which belongs to \(owner.userName) (mode \(mode.octalMode))."
        case .exchanged: "\(path) was exchanged for another file while it was opened."
        }
    }
}

extension UnexpandedPath {
    /// What to write instead, as one sentence.
    package var remedy: String {
        switch self {
        case .home:
            "Write the path of the home folder in full, such as /home/ada: a shell alone replaces ~, and only at the "
                + "beginning of a word."
        case .variable: "Write the path in full: a shell alone replaces variables, and not within single quotes."
        case .quoted: "Write it without quotation marks: they are part of a value that no shell reads."
        case .carriageReturn: "Save the file that it comes from with the line ends of Unix."
        }
    }
}

extension UInt32 {
    /// A user's number as people say it.
    package var userName: String { self == 0 ? "root" : "uid \(self)" }

    /// This mode without what others may write.
    package var closedMode: String { (self & ~0o022).octalMode }

    /// A mode as `chmod` and people write it: four octal digits.
    package var octalMode: String {
        let digits = String(self & 0o7777, radix: 8)
        return String(repeating: "0", count: Swift.max(0, 4 - digits.count)) + digits
    }
}
