internal import Synchronization
package import VaultCrypto
package import VaultSystem

/// Where a passphrase comes from without a prompt.
package enum PassphraseSource: Equatable, Sendable {
    case file(String, policy: FilePolicy)
    case descriptor(Int32)
    /// A command line for `/bin/sh -c`; it prints the passphrase.
    case command(String)
    /// A variable of the environment, by name.
    case variable(String)

    /// How long a source of a passphrase may usually take, in milliseconds.
    package static let patience: Int64 = 60_000

    /// The variable that holds a passphrase itself.
    package static let secretVariable = "ISOGEO_VAULT_PASSPHRASE"

    /// What people call it.
    package var name: KeyName {
        switch self {
        case .file(let path, _): .passphrase(.file(path))
        case .descriptor(let number): .passphrase(.descriptor(number))
        case .command: .passphrase(.command)
        case .variable(let name): .passphrase(.variable(name))
        }
    }

    /// Reads the passphrase; one final line end is taken off, except from a variable, which has none.
    ///
    /// - Parameter milliseconds: how long a descriptor may take, and a command where no terminal could ask for
    ///   anything.
    /// - Returns: the passphrase.
    /// - Throws: what can be wrong with each source; nothing tells a byte of the passphrase.
    package func read(within milliseconds: Int64 = Self.patience) throws(KeyError) -> Passphrase {
        var bytes = try readBytes(within: milliseconds)
        if case .variable = self {} else { bytes.removeLineEnd() }
        do throws(CryptoError) {
            return try Passphrase(bytes)
        } catch {
            throw error == .emptyPassphrase ? .emptyPassphrase(name) : .passphraseTooLong(name)
        }
    }

    // The limit and a line end, and one more byte that shows that there is too much.
    private static let readLimit = Passphrase.limit + 3

    private func readBytes(within milliseconds: Int64) throws(KeyError) -> SecretBytes {
        switch self {
        case .file(let path, let policy):
            return try SecretFile.read(
                path,
                limit: Self.readLimit,
                policy: policy,
                holding: .passphrase,
                ofSize: { $0 < Self.readLimit },
                otherwise: .passphraseTooLong(name)
            )
        case .descriptor(let number):
            let deadline = ContinuousClock.now + .milliseconds(milliseconds)
            do throws(Errno) {
                let file = FileDescriptor(borrowing: number)
                return try SecretBytes.read(from: file, limit: Self.readLimit, until: deadline)
            } catch {
                throw error == .timedOut ? .timedOut(name) : .badDescriptor(number, errno: error)
            }
        case .command(let line):
            let command = PassphraseCommand(line: line, patience: PassphraseCommand.hasTerminal ? nil : milliseconds)
            return try command.output(limit: Self.readLimit, name: name)
        case .variable(let variable):
            guard let bytes = EnvironmentSecret.take(variable) else { throw .emptyPassphrase(name) }
            return bytes
        }
    }
}

/// A secret in the environment: where it lies is overwritten once it has been read.
package enum EnvironmentSecret {
    /// What was taken in advance.
    private static let hidden = Mutex<SecretBytes?>(nil)

    /// Takes the passphrase out of the environment before it is known whether it is needed; `take` returns it then.
    ///
    /// For a program of ours, at its start: what another way opens the vault leaves no passphrase in its memory, and
    /// none to its children. The variable stays set, and empty, so that it still names a way.
    package static func hidePassphrase() {
        guard Environment.hasValue(PassphraseSource.secretVariable) else { return }
        hidden.withLock { $0 = read(PassphraseSource.secretVariable) }
    }

    /// Reads a variable into guarded memory and overwrites it in place, wherever else it stands too; nil when it isn't
    /// set.
    ///
    /// `unsetenv` would leave it where it lies, and where `/proc/PID/environ` shows it. To be called once, before other
    /// threads look at the environment.
    package static func take(_ name: String) -> SecretBytes? {
        if name == PassphraseSource.secretVariable, let bytes = hidden.withLock({ $0.take() }) { return bytes }
        return read(name)
    }

    private static func read(_ name: String) -> SecretBytes? {
        guard let bytes = Environment.withBytes(of: name, { SecretBytes(copying: $0) }) else { return nil }
        Environment.wipe(name)
        return bytes
    }
}
