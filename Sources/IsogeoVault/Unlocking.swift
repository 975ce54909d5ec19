internal import Glibc
package import VaultCrypto
internal import VaultKeys

/// How a vault is opened.
///
/// The way that is named is the only one tried.
public struct Unlocking: Sendable {
    /// Appends a passphrase, at most 1 024 bytes, that somebody was asked for.
    public typealias Asking = @Sendable (inout OutputSpan<UInt8>) throws(VaultError) -> Void

    private enum Way: Sendable {
        case environment(asking: Asking?)
        case named(UnlockMethod)
    }

    private let way: Way

    private init(_ way: Way) { self.way = way }

    /// By what the environment names; nobody is asked.
    ///
    /// That is `ISOGEO_VAULT_KEY_FILE`, `ISOGEO_VAULT_PASSPHRASE_FILE`, `ISOGEO_VAULT_PASSPHRASE`, or a credential in
    /// `$CREDENTIALS_DIRECTORY`.
    public static let environment = Unlocking(.environment(asking: nil))

    /// By what the environment names; where it names nothing, by a passphrase that `ask` gets from somebody.
    public static func environment(orAsking ask: @escaping Asking) -> Unlocking { Unlocking(.environment(asking: ask)) }

    /// By a key file of the user's own, mode 0600 or 0400; or, `shared`, by one that a service manager or container lends.
    public static func keyFile(_ path: String, shared: Bool = false) -> Unlocking {
        Unlocking(.named(.keyFile(path, trust: shared ? .lent : .own)))
    }

    /// By the passphrase in a file of the user's own; one line end behind it is taken off.
    public static func passphraseFile(_ path: String) -> Unlocking {
        Unlocking(.named(.passphrase(.file(path, trust: .own))))
    }

    /// By the passphrase that a descriptor gives within a minute.
    public static func passphraseDescriptor(_ descriptor: Int32) -> Unlocking {
        Unlocking(.named(.passphrase(.descriptor(descriptor))))
    }

    /// By the passphrase that a command line of `/bin/sh` prints.
    public static func passphraseCommand(_ line: String) -> Unlocking {
        Unlocking(.named(.passphrase(.command(line))))
    }

    /// Whether a way was named, here or by the environment, so that nobody will be asked.
    package var isNamed: Bool { method != nil }

    private var method: UnlockMethod? {
        switch way {
        case .named(let method): method
        case .environment: .named(inEnvironment: environmentVariable)
        }
    }

    /// Reads what opens the vault, or asks for it.
    ///
    /// - Returns: the credential, and what people call it.
    /// - Throws: `locked` when nothing is named and nobody can be asked; what is wrong with what was named.
    func credential() throws(VaultError) -> NamedCredential {
        if let method {
            return NamedCredential(
                credential: try translating { () throws(KeyError) in try method.credential() },
                name: method.name
            )
        }
        guard case .environment(let asking?) = way else {
            throw VaultError(
                .locked,
                "The vault is locked, and nothing says how to open it.",
                remedy: "Name a key with --key-file or --passphrase-file, or their variables ISOGEO_VAULT_KEY_FILE and "
                    + "ISOGEO_VAULT_PASSPHRASE_FILE; or run it where you can be asked."
            )
        }
        return NamedCredential(credential: .passphrase(try Passphrase(asking: asking)), name: "The passphrase")
    }
}

/// A credential, and what people call it at the start of a sentence.
struct NamedCredential: ~Copyable {
    let credential: Credential
    let name: String

    consuming func takeCredential() -> Credential { credential }
}

extension Passphrase {
    /// Asks somebody for a passphrase.
    package init(asking ask: Unlocking.Asking) throws(VaultError) {
        let bytes = try SecretBytes(capacity: Passphrase.limit) {
            (output: inout OutputSpan<UInt8>) throws(VaultError) in
            try ask(&output)
        }
        do { self = try Passphrase(bytes) } catch { throw VaultError(.emptyPassphrase("The passphrase")) }
    }
}

/// A variable of the environment; nil where it isn't set.
func environmentVariable(_ name: String) -> String? {
    unsafe getenv(name).map { value in unsafe String(cString: value) }
}
