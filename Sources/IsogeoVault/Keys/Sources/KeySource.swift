internal import VaultCrypto
internal import VaultKeys

/// What opens the key slots of one kind, and makes, renews and discards them: a conforming type for each kind.
///
/// A value is ready to be used: a key that was read, a passphrase that was typed, or the desktop keyring, which never
/// hands its keys out. How a person or the environment names one is a `KeyReference`.
protocol KeySource: Sendable {
    /// The kind of its slots.
    static var kind: KeySlot.Kind { get }

    /// What people call it.
    var name: KeyName { get }

    /// What the variables of the environment name, by the value of each; nil when they name none of this kind.
    static func named(byVariables variable: (String) -> String?) -> KeyReference?

    /// What a folder of credentials holds, as systemd makes one; nil when it holds none of this kind.
    static func named(inCredentials folder: String) -> KeyReference?

    /// The source that opens a vault by itself, where none is named; nil for a kind that must be named or typed.
    static func unasked(_ interaction: UserInteraction) -> (any KeySource)?

    /// Opens the vault by the first of the slots that this source fits.
    ///
    /// - Throws: `doesNotFit` or `noSlot` where it fits none.
    func open(_ slots: [KeySlot], of vault: VaultIdentity) throws(KeyError) -> Unlocked

    /// Whether it opens this slot.
    func opens(_ slot: KeySlot, of vault: VaultIdentity) throws(KeyError) -> Bool

    /// Whether it opens one of the slots already, so that no second one is made for it; `leaving` goes for the new one.
    func opensAny(of slots: [KeySlot], leaving: KeySlot?, of vault: VaultIdentity) throws(KeyError) -> Bool

    /// Makes a slot; a secret that is kept elsewhere is made there before, and read back.
    func makeSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(KeyError) -> KeySlot

    /// Makes the slot that takes the place of `old` when the vault gets a new key.
    ///
    /// - Returns: nil for a kind whose new secret is `shown`.
    func renew(_ old: KeySlot, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(RenewalFailure) -> RenewedSlot?

    /// Whether one renewal serves all slots that the source opens.
    static var renewsAllAtOnce: Bool { get }

    /// Whether a person can renew a slot that the caller didn't name: by `typed` or `shown`.
    static func isRenewed(by interaction: UserInteraction) -> Bool

    /// Asks a person for the secret of this slot; nil for a kind that isn't typed.
    static func typed(for slot: KeySlot, _ interaction: UserInteraction) throws(VaultError) -> (any KeySource)?

    /// Makes a new secret and shows it to a person, who keeps it; nil for a kind that isn't shown.
    static func shown(_ interaction: UserInteraction) throws(VaultError) -> (any KeySource)?

    /// Discards what is kept elsewhere for a slot that is gone.
    ///
    /// - Returns: in a sentence, what is left there; nil where nothing is.
    static func discard(_ slot: KeySlot, _ request: SlotRequest, _ interaction: UserInteraction) -> String?
}

extension KeySource {
    static func named(byVariables variable: (String) -> String?) -> KeyReference? { nil }
    static func named(inCredentials folder: String) -> KeyReference? { nil }
    static func unasked(_ interaction: UserInteraction) -> (any KeySource)? { nil }
    static func isRenewed(by interaction: UserInteraction) -> Bool { false }
    static func typed(for slot: KeySlot, _ interaction: UserInteraction) throws(VaultError) -> (any KeySource)? { nil }
    static func shown(_ interaction: UserInteraction) throws(VaultError) -> (any KeySource)? { nil }
    static var renewsAllAtOnce: Bool { false }
    static func discard(_ slot: KeySlot, _ request: SlotRequest, _ interaction: UserInteraction) -> String? { nil }

    func opens(_ slot: KeySlot, of vault: VaultIdentity) throws(KeyError) -> Bool {
        do throws(KeyError) {
            _ = try open([slot], of: vault)
            return true
        } catch {
            switch error {
            case .doesNotFit, .noSlot: return false
            default: throw error
            }
        }
    }

    // A slot that can't be tried, since it was edited, isn't one that opens the vault.
    func opensAny(of slots: [KeySlot], leaving: KeySlot?, of vault: VaultIdentity) throws(KeyError) -> Bool {
        for slot in slots where (try? opens(slot, of: vault)) == true { return true }
        return false
    }

    /// Whether this kind opens a vault without being named.
    static var isUnasked: Bool { unasked(.none) != nil }
}

/// The kinds of key that this version knows.
enum KeySources {
    static let standard: [any KeySource.Type] = [
        KeyFileSource.self, PassphraseKeySource.self, RecoveryCodeSource.self, KeyringSource.self,
    ]
}

/// Which vault a slot is made for, where, and when.
struct SlotRequest {
    let vault: VaultIdentity
    /// Where the vault lies, for people who look at what is kept for it elsewhere.
    let path: String
    /// Seconds since 1970.
    let now: Int64
}

/// A secret that several values share; it is wiped with the last of them.
final class Held<Secret: ~Copyable & Sendable>: Sendable {
    let secret: Secret
    init(_ secret: consuming Secret) { self.secret = secret }
}
