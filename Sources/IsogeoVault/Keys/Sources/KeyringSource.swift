internal import VaultCrypto
internal import VaultKeys
internal import VaultSystem

/// The desktop keyring, which keeps a random key for each of its slots.
struct KeyringSource: KeySource {
    static let kind = KeySlot.Kind.keyring
    // Desktops offer the reset of a keyring whose password was forgotten.
    static let isEasilyLost = true

    let name = KeyName.kind(.keyring)
    /// Its `tell` announces a dialog; without `tell` the keyring shows none.
    let interaction: UserInteraction
    /// Whether a new key may go into a keyring whose file is in clear.
    var acceptsPlainText = false

    static func unasked(_ interaction: UserInteraction) -> (any KeySource)? {
        KeyringSource(interaction: interaction)
    }

    func open(_ slots: [KeySlot], of vault: VaultIdentity) throws(KeyError) -> Unlocked {
        let deadline = KeyringDeadline()
        func attempt() throws(KeyError) -> Unlocked {
            try KeyringSlot.open(slots, of: vault, in: try SecretService.find(interaction, until: deadline))
        }
        // With many clients at once gnome-keyring doesn't find its collection for a moment (seen once with 20).
        for _ in 0..<2 {
            do throws(KeyError) { return try attempt() } catch {
                guard error == .keyring(.noCollection) else { throw error }
                SystemClock.sleep(.milliseconds(150))
            }
        }
        return try attempt()
    }

    func opensAny(of slots: [KeySlot], leaving: KeySlot?, of vault: VaultIdentity) throws(KeyError) -> Bool {
        // The slot that is replaced may get a new item.
        let others = slots.filter { $0.kind == .keyring && $0.id != leaving?.id }
        // Without another slot there is nothing to open, and no dialog to show; `makeSlot` throws what is wrong with
        // the keyring.
        guard !others.isEmpty, let service = try? SecretService.find(interaction) else { return false }
        // Comparing the result of `try?` with nil crashes in optimised code when it is noncopyable (Swift 6.3.1).
        do throws(KeyError) {
            _ = try KeyringSlot.open(others, of: vault, in: service)
            return true
        } catch {
            // `makeSlot` would wait for the same.
            if case .keyring(let problem) = error, problem.endsTheSearch { throw error }
            return false
        }
    }

    func makeSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(KeyError) -> KeySlot {
        let service = try SecretService.find(interaction)
        return try make(in: service, acceptsPlainText ? .any : .password, wrapping: vaultKey, request)
    }

    /// Stores a new key in the keyring; the old one's item is deleted when the vault is written.
    ///
    /// Another collection may be the default now: it is refused if it protects the new key less than the old one.
    func renew(_ old: KeySlot, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(RenewalFailure) -> NewSlot?
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
        return NewSlot(
            slot: new,
            finish: {
                Self.deleteItem(of: old, request, interaction).map {
                    .keyringItemStays(vault: request.path, $0, opensBackups: true)
                } ?? .keyringItemReplaced
            },
            undo: { _ = Self.deleteItem(of: new, request, interaction) }
        )
    }

    static func discard(_ slot: KeySlot, _ request: SlotRequest, _ interaction: UserInteraction) -> VaultNotice? {
        deleteItem(of: slot, request, interaction).map {
            .keyringItemStays(vault: request.path, $0, opensBackups: false)
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

    /// Deletes a slot's item from the keyring.
    ///
    /// - Returns: why it stays; nil where it is deleted.
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
    /// Finds the keyring, which may show dialogs where the user is told of them.
    fileprivate static func find(_ interaction: UserInteraction, until deadline: KeyringDeadline = KeyringDeadline())
        throws(KeyError) -> SecretService
    {
        try mappingErrors { () throws(KeyringProblem) in try find(until: deadline, onDialog: interaction.onDialog) }
    }
}
