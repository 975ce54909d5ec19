internal import VaultCrypto
internal import VaultKeys
internal import VaultSystem

/// The desktop keyring, which keeps a random key for each of its slots and hands none out.
struct KeyringSource: KeySource {
    static let kind = KeySlot.Kind.keyring

    let name = KeyName.kind(.keyring)
    /// Tells of a dialog; without `tell` none is raised.
    let interaction: UserInteraction
    /// Whether a new key may lie where whoever reads the keyring's file may have it.
    var acceptsPlainText = false

    static func unasked(_ interaction: UserInteraction) -> (any KeySource)? {
        KeyringSource(interaction: interaction)
    }

    func open(_ slots: [KeySlot], of vault: VaultIdentity) throws(KeyError) -> Unlocked {
        // Among many clients at once gnome-keyring knows nothing of its collection for a moment (seen once with 20).
        for _ in 0..<2 {
            do throws(KeyError) {
                return try KeyringSlot.open(slots, of: vault, in: try SecretService.find(interaction))
            } catch {
                guard error == .keyring(.noCollection) else { throw error }
                SystemClock.sleep(.milliseconds(150))
            }
        }
        return try KeyringSlot.open(slots, of: vault, in: try SecretService.find(interaction))
    }

    func opensAny(of slots: [KeySlot], leaving: KeySlot?, of vault: VaultIdentity) throws(KeyError) -> Bool {
        // The slot that goes may get a new item in its place.
        let others = slots.filter { $0.kind == .keyring && $0.id != leaving?.id }
        // Without another slot nobody is asked to unlock anything here; what ails the keyring is told where the key is
        // made.
        guard !others.isEmpty, let service = try? SecretService.find(interaction) else { return false }
        // Not by comparing what try? gives with nil: with a noncopyable result that crashes once optimised (Swift 6.3.1).
        do throws(KeyError) {
            _ = try KeyringSlot.open(others, of: vault, in: service)
            return true
        } catch {
            return false
        }
    }

    func makeSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(KeyError) -> KeySlot {
        let service = try SecretService.find(interaction)
        return try make(in: service, acceptsPlainText ? .any : .password, wrapping: vaultKey, request)
    }

    /// A new key in the keyring; the old one's item goes when the vault is written.
    ///
    /// A default collection may have become another since: the new key lies no worse than the old one did.
    func renew(_ old: KeySlot, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(RenewalFailure) -> RenewedSlot?
    {
        let service: SecretService
        do throws(KeyError) { service = try SecretService.find(interaction) } catch {
            throw RenewalFailure(.unreachable, error)
        }
        let place: KeyringPlace
        do throws(KeyError) { place = try KeyringSlot.place(of: old, of: request.vault, in: service) } catch {
            throw RenewalFailure(.notOpened, error)
        }
        let new: KeySlot
        do throws(KeyError) { new = try make(in: service, .noWorse(than: place), wrapping: vaultKey, request) } catch {
            throw RenewalFailure(.notMade, error)
        }
        let interaction = interaction
        return RenewedSlot(
            slot: new,
            finish: {
                guard let problem = Self.deleteItem(of: old, request, interaction) else {
                    return "Backups from before no longer open by the desktop keyring: the key that it had for them is "
                        + "deleted."
                }
                return
                    "The keyring keeps an item that opens nothing but backups from before: “isogeo-vault key of "
                    + "\(request.path)”. \(problem.sentence)"
            },
            undo: { _ = Self.deleteItem(of: new, request, interaction) }
        )
    }

    static func discard(_ slot: KeySlot, _ request: SlotRequest, _ interaction: UserInteraction) -> String? {
        deleteItem(of: slot, request, interaction).map { problem in
            "The keyring keeps an item that opens nothing any more: “isogeo-vault key of \(request.path)”. "
                + problem.sentence
        }
    }

    private func make(
        in service: SecretService,
        _ requirement: KeyringRequirement,
        wrapping vaultKey: borrowing VaultKey,
        _ request: SlotRequest
    ) throws(KeyError) -> KeySlot {
        try mappingErrors { () throws(KeyringProblem) in
            try KeyringSlot.make(
                in: service,
                wrapping: vaultKey,
                of: request.vault,
                at: request.path,
                demanding: requirement,
                now: request.now
            )
        }
    }

    /// Takes a slot's item out of the keyring.
    ///
    /// - Returns: what kept it there.
    private static func deleteItem(of slot: KeySlot, _ request: SlotRequest, _ interaction: UserInteraction)
        -> KeyError?
    {
        do throws(KeyError) {
            let service = try SecretService.find(interaction)
            try mappingErrors { () throws(KeyringProblem) in
                try KeyringSlot.forget(slot, of: request.vault, in: service)
            }
            return nil
        } catch {
            return error
        }
    }
}

extension KeyReference {
    static func keyring(_ interaction: UserInteraction) -> KeyReference {
        KeyReference(kind: KeyringSource.self, name: .kind(.keyring)) { () throws(VaultError) in
            KeyringSource(interaction: interaction)
        }
    }
}

extension SecretService {
    /// Finds the keyring; its dialogs may be raised where somebody is told of them.
    fileprivate static func find(_ interaction: UserInteraction) throws(KeyError) -> SecretService {
        try mappingErrors { () throws(KeyringProblem) in try find(onDialog: interaction.onDialog) }
    }
}
