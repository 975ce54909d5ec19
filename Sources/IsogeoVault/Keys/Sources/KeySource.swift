internal import VaultCrypto
internal import VaultKeys

/// Opens, makes, renews and discards the key slots of one kind.
///
/// A value is ready to be used: a key that was read, a passphrase that was typed, or the desktop keyring, which hands
/// no key out. A `KeyReference` is how an option or the environment names one.
protocol KeySource: Sendable {
    /// The kind of its slots.
    static var kind: KeySlot.Kind { get }

    /// What people call it.
    var name: KeyName { get }

    /// Whether a reset of what keeps the secret of a slot may delete it, and its user not think of the vault.
    static var isEasilyLost: Bool { get }

    /// The key that a variable of the environment names; nil when none names one of this kind.
    static func named(byVariables variable: (String) -> String?) -> KeyReference?

    /// The key in a folder of credentials, as systemd makes one; nil when it holds none of this kind.
    static func named(inCredentials folder: String) -> KeyReference?

    /// The source that opens a vault where no key is named; nil for a kind that must be named or typed.
    static func unasked(_ interaction: UserInteraction) -> (any KeySource)?

    /// Opens the vault by the first of the slots that this source opens.
    ///
    /// - Throws: `doesNotFit` or `noSlot` where it opens none.
    func open(_ slots: [KeySlot], of vault: VaultIdentity) throws(KeyError) -> Unlocked

    /// Whether it opens this slot.
    func opens(_ slot: KeySlot, of vault: VaultIdentity) throws(KeyError) -> Bool

    /// Whether it opens one of the slots already, so that it gets no second one; the new slot replaces `leaving`.
    func opensAny(of slots: [KeySlot], leaving: KeySlot?, of vault: VaultIdentity) throws(KeyError) -> Bool

    /// Refuses a secret that opens what has it, and that no new slot should have.
    func checkAsNew() throws(KeyError)

    /// Makes a slot; a secret that is kept elsewhere is stored there first, and read back.
    func makeSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(KeyError) -> KeySlot

    /// Makes a slot as `makeSlot` does, and says what there is to do outside of the vault once it is written, or isn't.
    func newSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(VaultError) -> NewSlot

    /// Makes the slot that takes the place of `old` when the vault gets a new key.
    ///
    /// - Returns: nil for a kind whose new secret is `shown`.
    func renew(_ old: KeySlot, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(RenewalFailure) -> NewSlot?

    /// Whether one renewal serves all slots that the source opens.
    static var renewsAllAtOnce: Bool { get }

    /// Whether a person can renew a slot that the caller didn't name: by `typed` or `shown`.
    static func isRenewed(by interaction: UserInteraction) -> Bool

    /// Asks a person for the secret of this slot; nil for a kind that isn't typed.
    static func typed(for slot: KeySlot, _ interaction: UserInteraction) throws(VaultError) -> (any KeySource)?

    /// Makes a new secret and shows it to a person, who keeps it; nil for a kind that isn't shown.
    static func shown(_ interaction: UserInteraction) throws(VaultError) -> (any KeySource)?

    /// Deletes what is kept elsewhere for a slot that was removed.
    ///
    /// - Returns: a warning of what is left there; nil where nothing is.
    static func discard(_ slot: KeySlot, _ request: SlotRequest, _ interaction: UserInteraction) -> VaultNotice?
}

extension KeySource {
    static func named(byVariables variable: (String) -> String?) -> KeyReference? { nil }
    static func named(inCredentials folder: String) -> KeyReference? { nil }
    static func unasked(_ interaction: UserInteraction) -> (any KeySource)? { nil }
    static func isRenewed(by interaction: UserInteraction) -> Bool { false }
    static func typed(for slot: KeySlot, _ interaction: UserInteraction) throws(VaultError) -> (any KeySource)? { nil }
    static func shown(_ interaction: UserInteraction) throws(VaultError) -> (any KeySource)? { nil }
    static var renewsAllAtOnce: Bool { false }
    static var isEasilyLost: Bool { false }
    static func discard(_ slot: KeySlot, _ request: SlotRequest, _ interaction: UserInteraction) -> VaultNotice? { nil }

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

    // An edited slot, which throws, opens nothing.
    func opensAny(of slots: [KeySlot], leaving: KeySlot?, of vault: VaultIdentity) throws(KeyError) -> Bool {
        for slot in slots where (try? opens(slot, of: vault)) == true { return true }
        return false
    }

    func checkAsNew() throws(KeyError) {}

    func newSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(VaultError) -> NewSlot {
        do throws(KeyError) {
            let slot = try makeSlot(wrapping: vaultKey, request)
            return NewSlot(slot: slot, undo: { _ = Self.discard(slot, request, .none) })
        } catch {
            throw VaultError(error)
        }
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
    /// The vault's path, by which users recognize its items in the keyring.
    let path: String
    /// Seconds since 1970.
    let now: Int64
    /// The state that the vault has now; nil for a new vault.
    var basis: (keyEpoch: Int64, generation: Int64)?
    /// The slots whose place the new one takes, where its kind makes one of several.
    var replaced: [KeySlot] = []

    /// The id of a slot for which a file lies next to `file` until the vault is written, under a name with its
    /// beginning.
    ///
    /// That beginning is the same as long as nothing but tokens is written into this vault, in its place: a file that
    /// has the name already was made for a slot that the vault never got. A copy of the vault, and a later state, be it
    /// one that was restored, have other names.
    func slotID(pendingNextTo file: String) -> [UInt8] {
        guard let basis else { return Sodium.randomBytes(16) }
        var encoder = CanonicalEncoder()
        encoder.append("isogeo-vault pending")
        encoder.append(vault.id)
        encoder.append(basis.keyEpoch)
        encoder.append(basis.generation)
        encoder.append(path)
        encoder.append(file)
        return KeyedHash.publicDigest(of: encoder.bytes).prefix(4) + Sodium.randomBytes(12)
    }
}

/// A secret that several values share; the last of them wipes it.
final class Held<Secret: ~Copyable & Sendable>: Sendable {
    let secret: Secret
    init(_ secret: consuming Secret) { self.secret = secret }
}
