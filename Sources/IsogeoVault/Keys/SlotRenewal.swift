internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

/// The slots of a vault that gets a new key: each is kept by its secret, replaced, or dropped by name.
struct SlotRenewal: ~Copyable {
    /// Seals under the new key.
    let sealer: RecordSealer
    /// What the header said of the slots when this began.
    let basis: SlotDigests
    private(set) var renewed: [RenewedSlot] = []
    /// Whether somebody has seen a recovery code.
    private(set) var hasShownCode = false

    /// The slots of which nothing is known yet.
    private var remaining: [KeySlot]
    private let now: Int64

    /// The slots that there will be.
    var slots: [KeySlot] { renewed.map(\.slot) }

    init(_ contents: UnlockedVault, dropping names: [String], now: Int64) throws(VaultError) {
        let (header, snapshot) = try contents.read()
        let dropped = names.isEmpty ? [] : try contents.droppedSlots(names)
        try UnlockedVault.refuse(header.alteredSlots.filter { !dropped.contains($0.id) }.map(\.name))
        remaining = snapshot.slots.map(KeySlot.init).filter { !dropped.contains($0.id) }
        basis = snapshot.header.slots
        let context = contents.sealer.context
        sealer = RecordSealer(.random(), vault: context.vault, keyEpoch: context.keyEpoch + 1)
        self.now = now
    }

    /// Keeps the slot that opened the vault, unless it is to go.
    mutating func keep(_ id: [UInt8], _ credential: borrowing Credential, by method: UnlockMethod?) throws(VaultError) {
        guard let slot = remaining.first(where: { $0.id == id }) else { return }
        try keep(slot, credential, by: method)
    }

    /// Keeps the slot that something else opens.
    ///
    /// - Throws: `locked` where it opens none that isn't kept already.
    mutating func keep(by unlocking: Unlocking) throws(VaultError) {
        // The keyring has given its own already: it hands out no credential.
        guard !unlocking.isKeyring else { return }
        _ = unlocking.method?.openUnfinished(remaining, of: sealer.context.vault)
        let credential = try unlocking.credential()
        guard let slot = try opened(by: credential) else {
            throw VaultError(
                .locked,
                "\(unlocking.name) opens no key slot that isn't kept already.",
                remedy: remaining.isEmpty
                    ? "Leave it out: nothing else is left to keep."
                    : "Name what opens one of: \(Self.names(remaining))."
            )
        }
        try keep(slot, credential, by: unlocking.method)
    }

    /// Keeps the slots whose key this desktop's keyring has: each gets a new one.
    ///
    /// - Parameters:
    ///   - interaction: tells of a dialog of the keyring; without `tell` none is raised.
    ///   - path: where the vault lies, for people who look at their keyring.
    /// - Returns: why a slot can't be kept, and stays without a word.
    /// - Throws: what keeps a new key from being stored.
    mutating func keepKeyring(_ interaction: UserInteraction, at path: String) throws(VaultError) -> KeyError? {
        guard remaining.contains(where: { $0.kind == .keyring }) else { return nil }
        let service: SecretService
        do throws(KeyError) { service = try SecretService.find(interaction) } catch { return error }
        var problem: KeyError?
        for slot in remaining where slot.kind == .keyring {
            let place: KeyringPlace
            do throws(KeyError) {
                place = try KeyringSlot.place(of: slot, of: sealer.context.vault, in: service)
            } catch {
                problem = error
                continue
            }
            let new = try mappingErrors { () throws(KeyError) in
                try sealer.withKey { (key) throws(KeyError) in
                    try RenewedSlot(
                        keyring: slot,
                        from: place,
                        in: service,
                        interaction,
                        wrapping: key,
                        of: sealer.context.vault,
                        at: path,
                        now: now
                    )
                }
            }
            renewed.append(new)
            remaining.removeAll { $0.id == slot.id }
        }
        return problem
    }

    /// Asks for the passphrase of each slot that has one and wasn't named.
    mutating func keepPassphrases(_ interaction: UserInteraction) throws(VaultError) {
        for slot in remaining where slot.kind == .passphrase {
            guard let ask = interaction.asking(for: .slotPassphrase(VaultStatus.Slot(slot))) else { return }
            let credential = Credential.passphrase(try Passphrase(asking: ask))
            guard try opens(credential, slot) else {
                throw VaultError(
                    .locked,
                    "That isn't the passphrase of the key slot \(slot.shortID), and nothing was changed.",
                    remedy: "Run it again with the right one, or let go of the slot: --drop-slot \(slot.shortID)"
                )
            }
            try keep(slot, credential, by: nil)
        }
    }

    /// Refuses to let go of a slot without a word.
    ///
    /// - Parameter interaction: whether passphrases can be asked for, and a recovery code shown.
    /// - Throws: `usage`, before anybody has typed anything in vain.
    func checkAllIsSaid(_ interaction: UserInteraction) throws(VaultError) {
        let silent = remaining.filter { slot in
            switch slot.kind {
            case .recovery: interaction.show == nil
            case .passphrase: interaction.ask == nil
            default: true
            }
        }
        guard !silent.isEmpty else {
            guard renewed.isEmpty, remaining.isEmpty else { return }
            throw VaultError(.usage, "No key slot would be left.", remedy: "Keep one of them.")
        }
        throw VaultError(
            .usage,
            "Nothing is said of what becomes of these key slots: \(Self.names(silent)).",
            remedy:
                "For each that stays give --keep-passphrase-file PATH or --keep-key-file PATH; for a recovery code, "
                + "a terminal or --output FILE; for each that goes --drop-slot ID."
        )
    }

    /// Makes one recovery code in the place of all that there are, and shows it.
    mutating func replaceRecoveryCodes(_ interaction: UserInteraction) throws(VaultError) {
        guard let show = interaction.show, remaining.contains(where: { $0.kind == .recovery }) else { return }
        let code = RecoveryCode.random()
        let text = code.text
        try text.withBytes { (text: Span<UInt8>) throws(VaultError) in try show(text) }
        hasShownCode = true
        renewed.append(
            RenewedSlot(
                sealer.withKey { RecoverySlot.make(code, wrapping: $0, of: sealer.context.vault, now: now) }
            )
        )
        remaining.removeAll { $0.kind == .recovery }
    }

    /// Lets go of the old secrets outside of the vault.
    ///
    /// - Returns: what people should know of that, each once.
    func finish() -> [String] {
        renewed.compactMap { $0.finish() }.reduce(into: []) { said, sentence in
            if !said.contains(sentence) { said.append(sentence) }
        }
    }

    /// Lets go of the new ones.
    func undo() { for slot in renewed { slot.undo() } }

    private mutating func keep(_ slot: KeySlot, _ credential: borrowing Credential, by method: UnlockMethod?)
        throws(VaultError)
    {
        // A recovery code is replaced, whether it is known or not.
        guard slot.kind != .recovery else { return }
        let new: RenewedSlot
        do throws(KeyError) {
            new = try sealer.withKey { (key) throws(KeyError) in
                try RenewedSlot(slot, credential, by: method, wrapping: key, of: sealer.context.vault, now: now)
            }
        } catch {
            guard case .cannotWrite = error else { throw VaultError(error) }
            throw VaultError(
                .inputOutput,
                error.sentence,
                remedy:
                    "A key file gets its new key in its own folder: make that writable for yourself, or name the key "
                    + "with --shared-key-file, and it stays as it is."
            )
        }
        renewed.append(new)
        remaining.removeAll { $0.id == slot.id }
        // One file gets one new key, however many slots it opened.
        guard slot.kind == .keyFile else { return }
        while let other = try opened(by: credential) { remaining.removeAll { $0.id == other.id } }
    }

    private func opened(by credential: borrowing Credential) throws(VaultError) -> KeySlot? {
        for slot in remaining where try opens(credential, slot) { return slot }
        return nil
    }

    private func opens(_ credential: borrowing Credential, _ slot: KeySlot) throws(VaultError) -> Bool {
        do { return try credential.opens(slot, of: sealer.context.vault) } catch { throw VaultError(error) }
    }

    private static func names(_ slots: [KeySlot]) -> String { slots.map(\.name).joined(separator: ", ") }
}
