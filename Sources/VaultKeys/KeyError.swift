package import VaultSystem

/// Why a key slot can't be made, read or opened.
package enum KeyError: Error, Equatable {
    /// The way that was named reads well and doesn't open the vault.
    case doesNotFit(String)
    /// The vault has no slot of this kind.
    case noSlot(of: KeySlot.Kind)
    /// A file of the user's can't be read, with the `errno` of the try.
    case unreadable(path: String, errno: Errno)
    /// A file that others can read or change, or that is no file.
    case unsafeFile(UnsafePath, holding: SecretFile.Content = .key)
    /// A key file holds neither 32 bytes nor 64 hexadecimal digits.
    case notAKeyFile(path: String)
    /// A key file is to be made where something stands already, or can't be made.
    case cannotWrite(path: String, errno: Errno)
    /// What was written doesn't read back as it was.
    case notReadBack(path: String)
    case emptyPassphrase(String)
    case passphraseTooLong(String)
    /// A recovery code whose groups with these numbers (1 … 13) don't check: mistyped, exchanged, or of another code.
    case recoveryCodeDamaged(groups: [Int])
    /// A recovery code with too few or too many characters, hyphens and blanks not counted.
    case recoveryCodeIncomplete(characters: Int)
    /// A recovery code with a character that none has, in the group with this number.
    case recoveryCodeNotAlphabet(group: Int)
    /// A descriptor gave nothing for the time that it had.
    case timedOut(String)
    /// A descriptor can't be read, with the `errno`.
    case badDescriptor(Int32, errno: Errno)
    /// The passphrase command ended with a status, or a signal (128 and up, as shells count).
    case commandFailed(status: Int32)
    case commandDidNotStart(errno: Errno)
    /// Argon2id's memory would not fit into what this machine or container has, in bytes.
    case notEnoughMemory(needed: UInt64, available: UInt64)
    /// The costs that a slot asks for are outside of what is accepted.
    case costRefused(slot: String, passes: UInt64, memory: UInt64, tooLow: Bool)
    /// A slot's bytes are not what such a slot has.
    case damagedSlot(String)
    /// The desktop keyring doesn't give or keep a key.
    case keyring(KeyringProblem)
    /// The kernel doesn't keep keys for us, with its `errno`.
    case kernelKeyring(errno: Errno)
}

extension KeyError {
    /// What happened, in one sentence.
    package var sentence: String {
        switch self {
        case .doesNotFit(let way): "\(way) doesn't open this vault."
        case .noSlot(let kind): "This vault has no key slot of the kind \(kind.rawValue)."
        case .unreadable(path: "", _): "The path of the key or passphrase file is empty."
        case .unreadable(let path, let code): "\(path) can't be read: \(code)."
        case .unsafeFile(let unsafe, _): unsafe.sentence
        case .notAKeyFile(let path):
            "\(path) is no key file: it holds neither 32 bytes nor 64 hexadecimal digits."
        case .cannotWrite(let path, let code): "The key file \(path) can't be made: \(code)."
        case .notReadBack(let path): "The key file \(path) doesn't read back as it was written."
        case .emptyPassphrase(let origin): "\(origin) is empty."
        case .passphraseTooLong(let origin): "\(origin) is longer than 1024 bytes."
        case .recoveryCodeDamaged(let groups) where groups.count == 1:
            "Group \(groups[0]) of the recovery code isn't as it was given out."
        case .recoveryCodeDamaged(let groups):
            "The groups \(enumeration(groups)) of the recovery code aren't as they were given out."
        case .recoveryCodeIncomplete(let characters):
            "The recovery code has \(characters) characters instead of \(RecoveryCode.characterCount)."
        case .recoveryCodeNotAlphabet(let group):
            "Group \(group) of the recovery code has a character that is in no recovery code."
        case .timedOut(let origin): "\(origin) gave nothing for 60 seconds."
        case .badDescriptor(let descriptor, let code): "Descriptor \(descriptor) can't be read: \(code)."
        case .commandFailed(let status): "The passphrase command failed with status \(status)."
        case .commandDidNotStart(let code): "The passphrase command can't be started: \(code)."
        case .notEnoughMemory(let needed, let available):
            "The passphrase needs \(needed >> 20) MiB of memory to be checked, and only \(available >> 20) MiB are free."
        case .costRefused(let slot, let passes, let memory, let tooLow):
            "The slot \(slot) asks for \(passes) passes over \(memory >> 20) MiB, "
                + (tooLow ? "less than the 2 passes over 64 MiB that are the floor." : "more than is accepted.")
        case .damagedSlot(let slot): "The slot \(slot) is damaged."
        case .keyring(let problem): problem.sentence
        case .kernelKeyring(let code): KernelKeyringRefusal.sentence(code)
        }
    }

    /// What to do now.
    package var remedy: String {
        switch self {
        case .doesNotFit:
            "`isogeo-vault status` lists what opens it. An older vault or a backup opens with the keys of its time: what "
                + "a key file held before a `rekey` is in PATH.old-…, beside it."
        case .noSlot: "`isogeo-vault status` lists the slots that this vault has; use one of them."
        case .unreadable(path: "", _): "Give a path; to choose another way to unlock leave it out altogether."
        case .unreadable(let path, _) where path.hasPrefix("~/"), .cannotWrite(let path, _) where path.hasPrefix("~/"):
            "Write $HOME instead of ~, which a shell replaces at the beginning of a word alone."
        case .unreadable: "Check the path and who may read it."
        case .unsafeFile(let unsafe, let content): unsafe.remedy(holding: content)
        case .notAKeyFile: "Give the key file of this vault, unchanged."
        case .cannotWrite(_, .noEntry): "Make its folder first, or name a file in a folder that is there."
        case .cannotWrite: "Name a file that doesn't exist yet, in a folder of yours."
        case .notReadBack: "Check the disk, then try another path."
        case .emptyPassphrase: "Give a passphrase; to choose another way to unlock leave it out altogether."
        case .passphraseTooLong: "Give a passphrase of at most 1024 bytes, or use a key file."
        case .recoveryCodeDamaged: "Compare them with what was written down, character by character."
        case .recoveryCodeIncomplete:
            "Compare it with what was written down: \(RecoveryCode.groupCount) groups of "
                + "\(RecoveryCode.groupLength) characters; hyphens and blanks don't count."
        case .recoveryCodeNotAlphabet:
            "Compare it with what was written down: digits and letters without accents, and never a U."
        case .timedOut: "See that what writes the passphrase closes its end."
        case .badDescriptor: "Open it for reading, for instance: --passphrase-fd 3 3< FILE."
        case .commandFailed, .commandDidNotStart:
            "Run the command by hand: it should print the passphrase and end with 0."
        case .notEnoughMemory: "Give this machine or container more memory, or use a key file, which needs none."
        case .costRefused: "The vault file was edited; restore it from a backup."
        case .damagedSlot: "Restore the vault from a backup, or open it by another slot."
        case .keyring(let problem): problem.remedy
        case .kernelKeyring(let code): KernelKeyringRefusal.remedy(code)
        }
    }
}

extension KeyError {
    init(_ error: SystemError, holding content: SecretFile.Content) {
        self =
            switch error {
            case .unsafePath(let unsafe): .unsafeFile(unsafe, holding: content)
            case .failed(let path, _, let errno): .unreadable(path: path, errno: errno)
            }
    }
}

extension UnsafePath {
    /// What makes a file safe for a key or a passphrase.
    fileprivate func remedy(holding content: SecretFile.Content) -> String {
        switch reason {
        case .symbolicLink: "Give the path of the file that it leads to.\(content.lending)"
        case .directory: "Give the path of the file itself."
        case .notARegularFile: "Give the path of the file itself; for a pipe use --passphrase-fd."
        case .foreignFile(owner: 0): "Name one of your own.\(content.lending)"
        case .foreignFile: "Make it your own: sudo chown \"$USER\" \(path.quotedForShell)."
        case .openToOthers: "Close it: chmod 600 \(path.quotedForShell).\(content.lending)"
        case .writableByOthers:
            "A shared file may be read by others, and written by its owner alone: chmod go-w \(path.quotedForShell)."
        case .hardLinks: "Keep one name of it alone; a second one may be another user's."
        case .notAFileName, .notADirectory, .foreignDirectory, .sharedDirectory, .exchanged:
            "Name a file in a folder of yours."
        }
    }
}

extension SecretFile.Content {
    /// How a file that is lent, as to a container, is named; a recovery code is lent to nobody.
    fileprivate var lending: String {
        switch self {
        case .key: " A container's secret: --shared-key-file, or its variable ISOGEO_VAULT_SHARED_KEY_FILE."
        case .passphrase:
            " A container's secret: --shared-passphrase-file, or its variable ISOGEO_VAULT_SHARED_PASSPHRASE_FILE."
        case .recoveryCode: ""
        }
    }
}

/// 1, 2 and 3.
private func enumeration(_ numbers: [Int]) -> String {
    let words = numbers.map(String.init)
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " and \(last)"
}
