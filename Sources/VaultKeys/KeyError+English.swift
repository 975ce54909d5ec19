internal import VaultCrypto
internal import VaultSystem

// What this floor's errors say in English. Another language stands next to it in a file of its own.

extension KeyName {
    /// The key at the start of a sentence.
    package var subject: String {
        switch self {
        case .kind(.keyring): "This desktop's keyring"
        case .kind, .keyFile, .passphrase, .recoveryCode: "The \(noun)"
        }
    }

    /// The key within a sentence.
    package var phrase: String {
        switch self {
        case .kind(.keyring): "this desktop's keyring"
        case .kind, .keyFile, .passphrase, .recoveryCode: "the \(noun)"
        }
    }

    private var noun: String {
        switch self {
        case .kind(.recovery): "recovery code"
        case .kind(let kind): kind.rawValue
        case .keyFile(let path): "key file \(path)"
        case .passphrase(.file(let path)): "passphrase in \(path)"
        case .passphrase(.descriptor(let number)): "passphrase from descriptor \(number)"
        case .passphrase(.command): "passphrase command's output"
        case .passphrase(.variable(let name)): "passphrase in $\(name)"
        case .recoveryCode(let path): "recovery code in \(path)"
        }
    }
}

extension KeyError {
    /// What happened, in one sentence.
    package var sentence: String {
        switch self {
        case .doesNotFit(let way): "\(way.subject) doesn't open this vault."
        case .noSlot(let kind): "This vault has no key slot of the kind \(kind.rawValue)."
        case .unreadable(path: "", _): "The path of the key or passphrase file is empty."
        case .unreadable(let path, let code): "\(Self.input(path)) can't be read: \(code)."
        // A sentence about a folder doesn't say which file it is about.
        case .unsafeFile(let unsafe, let content):
            if case .sharedDirectory = unsafe.reason {
                "\(content.subject) can't be trusted. \(unsafe.sentence)"
            } else {
                unsafe.sentence
            }
        case .notAKeyFile(let path):
            "\(path) is no key file: it holds neither 32 bytes nor 64 hexadecimal digits."
        case .cannotWrite(let path, .wouldBlock):
            "Another process is still making the vault or slot of the key file \(path)."
        case .cannotWrite(let path, let code): "The key file \(path) can't be made: \(code)."
        case .notReadBack(let path): "The key file \(path) doesn't read back as it was written."
        case .emptyPassphrase(let origin): "\(origin.subject) is empty."
        case .passphraseTooLong(let origin): "\(origin.subject) is longer than 1024 bytes."
        case .untypeablePassphrase(let origin, let fault):
            "\(origin.subject) can't be a new one: it \(fault.phrase), and couldn't be typed again."
        case .recoveryCodeDamaged(let groups) where groups.count == 1:
            "Group \(groups[0]) of the recovery code isn't as it was given out."
        case .recoveryCodeDamaged(let groups):
            "The groups \(enumeration(groups)) of the recovery code aren't as they were given out."
        case .recoveryCodeIncomplete(let characters):
            "The recovery code has \(characters) characters instead of \(RecoveryCode.characterCount)."
        case .recoveryCodeNotAlphabet(let group):
            "Group \(group) of the recovery code has a character that is in no recovery code."
        case .timedOut(let origin): "\(origin.subject) gave nothing for 60 seconds."
        case .silentInput(let path): "\(Self.input(path)) gave nothing for 60 seconds."
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
        case .kernelKeyring(let code): Self.sentence(ofKernelKeyring: code)
        }
    }

    /// What to do now.
    package var remedy: String {
        switch self {
        case .doesNotFit(let name):
            (name == .kind(.passphrase) ? "Type it again. " : "")
                + "`isogeo-vault status` lists what opens it. An older vault or a backup opens with the keys of its time: "
                + "what a key file held before a `rekey` is in PATH.old-…, next to it."
        case .noSlot: "`isogeo-vault status` lists the slots that this vault has; use one of them."
        case .unreadable(path: "", _): "Give a path; to choose another way to unlock leave it out altogether."
        case .unreadable(let path, let errno):
            UnexpandedPath(path)?.remedy ?? errno.remedy ?? "Check the path and who may read it."
        case .unsafeFile(let unsafe, let content): unsafe.remedy(holding: content)
        case .notAKeyFile: "Give the key file of this vault, unchanged."
        case .cannotWrite(_, .wouldBlock): "Try again."
        case .cannotWrite(let path, let errno):
            UnexpandedPath(path)?.remedy ?? errno.remedy
                ?? (errno == .noEntry
                    ? "Make its folder first, or name a file in a folder that is there."
                    : "Name a file that doesn't exist yet, in a folder of yours.")
        case .notReadBack: "Check the disk, then try another path."
        case .emptyPassphrase: "Give a passphrase; to choose another way to unlock leave it out altogether."
        case .passphraseTooLong: "Give a passphrase of at most 1024 bytes, or use a key file."
        case .untypeablePassphrase(_, .byteOrderMark), .untypeablePassphrase(_, .utf16):
            "Save it as UTF-8 without a byte order mark."
        case .untypeablePassphrase:
            "Choose one of letters, digits, signs and spaces, in UTF-8 and on one line; for random bytes use a key file."
        case .recoveryCodeDamaged: "Compare them with what was written down, character by character."
        case .recoveryCodeIncomplete:
            "Compare it with what was written down: \(RecoveryCode.groupCount) groups of "
                + "\(RecoveryCode.groupLength) characters; hyphens and blanks don't count."
        case .recoveryCodeNotAlphabet:
            "Compare it with what was written down: digits and letters without accents, and never a U."
        case .timedOut, .silentInput: "See that what writes the passphrase closes its end."
        case .badDescriptor(_, let errno):
            errno.remedy ?? "Open it for reading, for instance: --passphrase-fd 3 3< FILE."
        case .commandFailed, .commandDidNotStart:
            "Run the command by hand: it should print the passphrase and end with 0."
        case .notEnoughMemory: "Give this machine or container more memory, or use a key file, which needs none."
        case .costRefused: "The vault file was edited; restore it from a backup."
        case .damagedSlot: "Restore the vault from a backup, or open it by another slot."
        case .keyring(let problem): problem.remedy
        case .kernelKeyring(let code): Self.remedy(forKernelKeyring: code)
        }
    }

    /// The file, or standard input, at the start of a sentence.
    private static func input(_ path: String) -> String { path == "-" ? "Standard input" : path }

    /// Why the kernel doesn't keep a key for us.
    private static func sentence(ofKernelKeyring code: Errno) -> String {
        switch code {
        case .notPermitted, .accessDenied: "The kernel's keyring is closed to this program (\(code))."
        case .notImplemented: "This kernel, or the sandbox around this program, has no keyring."
        case .quotaExceeded: "The kernel keeps no more keys for this user: the quota is used up."
        default: "The kernel's keyring can't be used: \(code)."
        }
    }

    /// What to do where the kernel doesn't keep a key for us.
    private static func remedy(forKernelKeyring code: Errno) -> String {
        switch code {
        case .notPermitted, .accessDenied:
            "A container's seccomp profile or a security module forbids keyctl(2): allow it, or name a key with "
                + "--key-file or --passphrase-file."
        case .notImplemented: "There are no sessions here: name a key with --key-file or --passphrase-file."
        case .quotaExceeded:
            "Drop keys that aren't needed (`keyctl show @u`), or have kernel.keys.maxkeys and kernel.keys.maxbytes raised."
        default: "Name a key with --key-file or --passphrase-file."
        }
    }
}

extension PassphraseFault {
    /// What is wrong, after the passphrase's name.
    fileprivate var phrase: String {
        switch self {
        case .byteOrderMark: "begins with a byte order mark"
        case .utf16: "is UTF-16"
        case .notUTF8: "isn't UTF-8"
        case .controlCharacter(let character): "contains \(character.words)"
        }
    }
}

extension KeyringProblem {
    /// What happened, in one sentence.
    package var sentence: String {
        switch self {
        case .libraryMissing: "libsecret isn't installed, and the desktop keyring is reached through it."
        case .libraryNotLoaded(let words): "libsecret can't be loaded: \(words)."
        case .limit(let limit): limit.sentence
        case .libraryUnusable: "The libsecret that is installed lacks what is needed to reach the desktop keyring."
        case .noBus: "There is no session bus here, and so no desktop keyring."
        case .busRefuses(let words): "The session bus can't be reached: \(words)."
        case .busAddress(let kind):
            "DBUS_SESSION_BUS_ADDRESS has an address of the kind \(kind), and only a bus at unix: shows whose it is."
        case .foreignBus(user: nil): "Whose the session bus is can't be told."
        case .foreignBus(let user?): "The session bus is another user's (uid \(user)), and so is the keyring on it."
        case .foreignService(let user): "The desktop keyring on this session bus is another user's (uid \(user))."
        case .noService: "No desktop keyring is running: the session bus has no org.freedesktop.secrets."
        case .noCollection: "The desktop keyring has no default collection to keep a key in."
        case .locked: "The desktop keyring is locked, and there is no way to ask you to unlock it."
        case .dismissed: "The keyring's dialog was dismissed, or access was denied."
        case .itemGone: "The desktop keyring doesn't have this vault's key any more."
        case .itemForeign: "What the desktop keyring has for this vault is no key."
        case .itemDoesNotFit: "The key that the desktop keyring has for this vault doesn't open it."
        case .itemStays: "It was deleted, and the keyring still has it."
        case .timedOut: "The desktop keyring doesn't answer."
        case .unanswered: "The keyring's dialog got no answer for two minutes."
        case .vanished: "The desktop keyring, or its bus, ended while it was asked."
        case .plainText: "The desktop keyring has no password: its file is in clear."
        case .fileUnseen: "Whether the desktop keyring has a password can't be seen: its file isn't where it should be."
        case .unknownKeeper:
            "Whether the desktop keyring keeps keys under a password isn't known: it is neither gnome-keyring nor "
                + "KeePassXC."
        case .memoryOnly: "The desktop keyring's default collection is kept in memory alone, and ends with the session."
        case .unencryptedTransport: "The desktop keyring gives and takes keys in clear over the bus."
        case .notReadBack: "The desktop keyring doesn't give back the key that was stored in it."
        case .emptyAnswer: "The desktop keyring fails: it answered nothing."
        case .noDialog: "The desktop keyring fails: it shows no dialog."
        case .failed(let words): "The desktop keyring fails: \(words)."
        }
    }

    /// What to do now.
    package var remedy: String {
        switch self {
        case .libraryMissing: "Install it (sudo apt install libsecret-1-0), or use another key, such as a key file."
        case .libraryNotLoaded:
            "See what keeps it from being loaded (ldconfig -p | grep libsecret), or use another key, such as a key file."
        case .limit(let limit): limit.remedy
        case .libraryUnusable:
            "Install libsecret 0.20 or later (libsecret-1-0), or use another key, such as a key file."
        case .noBus, .busRefuses:
            "Run it in your desktop's session; over SSH, in cron or in a container use another key: --key-file, "
                + "--passphrase-file."
        case .busAddress:
            "Unset it, or set it as your desktop does (unix:path=/run/user/…/bus), or use another key: --key-file, "
                + "--passphrase-file."
        case .foreignBus:
            "Become a user by `su -` or `sudo -i`, which leave the other one's environment behind, or unset "
                + "DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR; or use another key: --key-file, --passphrase-file."
        case .foreignService:
            "See who runs it (busctl --user status org.freedesktop.secrets), and use another key: --key-file, "
                + "--passphrase-file."
        case .noService:
            "Start one (gnome-keyring, KWallet, or KeePassXC with its Secret Service switched on), or use another key: "
                + "--key-file, --passphrase-file."
        case .noCollection:
            "Make one: a password keyring that is the default (Passwords and Keys), or in KeePassXC a database that "
                + "is open, with a group that is exposed."
        case .locked:
            "Unlock it on the desktop and try again, or use another key: --key-file, --passphrase-file, --recovery."
        case .dismissed, .unanswered:
            "Run it again and answer the dialog, or use another key: --key-file, --passphrase-file, --recovery."
        case .itemGone, .itemForeign, .itemDoesNotFit:
            "Open the vault by another key (--recovery, --passphrase-file, --key-file), and then put a new key into the "
                + "keyring: isogeo-vault key change keyring keyring."
        case .timedOut:
            "See whether it hangs, or waits for an answer on another screen; or use another key: --key-file, "
                + "--passphrase-file."
        case .vanished: "Run it again; where it ends again, start it anew by logging out and in."
        case .itemStays: "Delete it by hand (Passwords and Keys)."
        case .plainText:
            "Give it a password (Passwords and Keys: Change Password), or make one that has a password the default; the "
                + "first import takes it as it is with --protect keyring."
        case .fileUnseen:
            "Set HOME and XDG_DATA_HOME as your desktop does, or take the keyring as it is with --protect keyring."
        case .unknownKeeper:
            "If it does, take it by name: --protect keyring, or isogeo-vault key add keyring; else use another key, such "
                + "as a key file."
        case .memoryOnly:
            "Make one that lasts the default (Passwords and Keys), or use another key, such as a key file."
        case .unencryptedTransport: "Update or replace it, or use another key, such as a key file."
        case .notReadBack, .emptyAnswer, .noDialog, .failed:
            "See what the keyring logs (journalctl --user), or use another key, such as a key file."
        }
    }
}

extension UnsafePath {
    /// What makes a file safe for a key or a passphrase.
    fileprivate func remedy(holding content: SecretFile.Content) -> String {
        switch reason {
        case .symbolicLink: "Give the path of the file that it leads to.\(content.sharing())"
        case .directory: "Give the path of the file itself."
        case .notARegularFile: "Give the path of the file itself; for a pipe use --passphrase-fd."
        case .foreignFile(owner: 0): "Name one of your own.\(content.sharing())"
        // A container's user may have no name.
        case .foreignFile:
            "Make it your own: sudo chown \"$(id -u)\" \(path.quotedForShell)."
                + content.sharing("On a read-only mount it may be another user's")
        case .openToOthers: "Close it: chmod 600 \(path.quotedForShell).\(content.sharing())"
        case .writableByOthers(_, nil):
            "A shared file may be read by others, and written by its owner alone: chmod go-w \(path.quotedForShell)."
        // A chmod is for the owner alone.
        case .writableByOthers(let mode, let owner?):
            "A shared file may be read by others, and written by its owner alone: it needs mode \(mode.closedMode) from "
                + "\(owner.userName), or a read-only mount."
        case .hardLinks: "Keep one name of it alone; a second one may be another user's."
        case .unexpanded(let unexpanded): unexpanded.remedy
        case .sharedDirectory(_, nil): "Close the folder to them: chmod go-w \(path.quotedForShell)."
        // A chmod is for the owner alone.
        case .sharedDirectory(let mode, let owner?):
            "Name a file in a folder of yours; or the folder's owner, \(owner.userName), gives it mode \(mode.closedMode)."
        case .notAFileName, .relative, .tooLong, .notADirectory, .foreignDirectory, .exchanged:
            "Name a file in a folder of yours."
        }
    }
}

extension SecretFile.Content {
    fileprivate var subject: String {
        switch self {
        case .key: "The key file"
        case .passphrase: "The passphrase file"
        case .recoveryCode: "The recovery file"
        }
    }

    /// How to name a file that is handed over, as to a container; a recovery code never is.
    fileprivate func sharing(_ what: String = "A container's secret") -> String {
        switch self {
        case .key: " \(what): --shared-key-file, or its variable ISOGEO_VAULT_SHARED_KEY_FILE."
        case .passphrase:
            " \(what): --shared-passphrase-file, or its variable ISOGEO_VAULT_SHARED_PASSPHRASE_FILE."
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
