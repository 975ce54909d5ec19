package import VaultCrypto
internal import VaultKeys
internal import VaultSystem

/// A passphrase that was read or typed.
struct PassphraseKeySource: KeySource {
    static let kind = KeySlot.Kind.passphrase

    let name: KeyName
    private let passphrase: Held<Passphrase>

    /// The passphrase that a file, descriptor, command or variable gives.
    init(reading source: PassphraseSource) throws(KeyError) {
        name = source.name
        passphrase = Held(try source.read())
    }

    /// The passphrase that a person gives.
    ///
    /// - Throws: what `ask` throws; `locked` when the passphrase is empty.
    init(asking ask: UserInteraction.Asking) throws(VaultError) {
        name = .kind(.passphrase)
        passphrase = Held(try Passphrase(asking: ask))
    }

    static func named(byVariables variable: (String) -> String?) -> KeyReference? {
        if let path = variable("ISOGEO_VAULT_PASSPHRASE_FILE") { return .passphrase(.file(path, policy: .own)) }
        if let path = variable("ISOGEO_VAULT_SHARED_PASSPHRASE_FILE") {
            return .passphrase(.file(path, policy: .shared))
        }
        let name = PassphraseSource.secretVariable
        return variable(name) == nil ? nil : .passphrase(.variable(name))
    }

    static func named(inCredentials folder: String) -> KeyReference? {
        let path = "\(folder)/isogeo-vault.passphrase"
        return FilePath.exists(path) ? .passphrase(.file(path, policy: .shared)) : nil
    }

    static func isRenewed(by interaction: UserInteraction) -> Bool { interaction.ask != nil }

    static func typed(for slot: KeySlot, _ interaction: UserInteraction) throws(VaultError) -> (any KeySource)? {
        guard let ask = interaction.asking(for: .slotPassphrase(VaultStatus.Slot(slot))) else { return nil }
        return try PassphraseKeySource(asking: ask)
    }

    func open(_ slots: [KeySlot], of vault: VaultIdentity) throws(KeyError) -> Unlocked {
        try PassphraseSlot.open(slots, by: passphrase.secret, of: vault, name: name)
    }

    func checkAsNew() throws(KeyError) {
        if let fault = passphrase.secret.faultOfNew() { throw .untypeablePassphrase(name, fault) }
    }

    func makeSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(KeyError) -> KeySlot {
        try makeSlot(.moderate, wrapping: vaultKey, request)
    }

    /// The same passphrase, at the cost of the old slot.
    func renew(_ old: KeySlot, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(RenewalFailure) -> NewSlot?
    {
        do throws(KeyError) {
            return NewSlot(slot: try makeSlot(PassphraseSlot.cost(of: old), wrapping: vaultKey, request))
        } catch {
            throw RenewalFailure(.notMade, error)
        }
    }

    private func makeSlot(_ cost: KeyDerivationCost, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(KeyError) -> KeySlot
    {
        try PassphraseSlot.make(
            passphrase.secret,
            cost: cost,
            wrapping: vaultKey,
            of: request.vault,
            now: request.now
        )
    }
}

extension KeyReference {
    static func passphrase(_ source: PassphraseSource) -> KeyReference {
        var file: File?
        if case .file(let path, let policy) = source {
            file = File(path: path, policy: policy, content: .passphrase)
        }
        return KeyReference(kind: PassphraseKeySource.self, name: source.name, file: file) {
            () throws(VaultError) in
            try mappingErrors { () throws(KeyError) in try PassphraseKeySource(reading: source) }
        }
    }
}

extension Passphrase {
    /// Asks a person for a passphrase.
    package init(asking ask: UserInteraction.Asking) throws(VaultError) {
        let bytes = try SecretBytes(capacity: Passphrase.limit) {
            (output: inout OutputSpan<UInt8>) throws(VaultError) in
            try ask(&output)
        }
        do { self = try Passphrase(bytes) } catch {
            throw VaultError(.emptyPassphrase(.kind(.passphrase)))
        }
    }
}
