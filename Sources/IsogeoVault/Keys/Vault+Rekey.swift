internal import VaultKeys
internal import VaultStore

/// What a vault has after it got a new key.
public struct Rekeying: Sendable {
    /// Its key slots: all have new ids.
    public let slots: [VaultStatus.Slot]
    /// The files with the keys that key files had before: they open backups from before, and this vault no more.
    public let formerKeyFiles: [String]
}

extension Vault {
    /// Gives a vault a new key: everything in it is sealed anew, in one transaction, and the old key opens nothing of it.
    ///
    /// After a leak, this and a new secret from Isogeo end what the leak is worth. It opens the vault by itself: whoever
    /// has it open, in this program or another, is refused as `locked` from then on, and opens it again. Sessions end.
    ///
    /// A key file of the user's own gets a new key, and the old one stays beside it. The desktop keyring's old key is
    /// deleted, with a warning: backups from before no longer open by it. One new recovery code takes the place of all
    /// that there are; it is shown before the vault is written.
    ///
    /// - Parameters:
    ///   - path: where it lies; nil for the standard place.
    ///   - unlocking: how it is opened; that slot stays.
    ///   - others: what opens the other slots that stay.
    ///   - dropped: the slots that go, by the beginnings of their ids.
    ///   - interaction: asks for the passphrases of slots that nothing else was said of, and shows the new recovery code;
    ///     `show` is needed where there is one.
    /// - Returns: the slots that there are now.
    /// - Throws: `usage` when nothing was said of a slot; `locked`; `damaged`, and then nothing has changed.
    public static func rekey(
        at path: String? = nil,
        unlocking: Unlocking = .environment,
        keeping others: [Unlocking] = [],
        dropping dropped: [String] = [],
        interaction: UserInteraction = .none
    ) async throws(VaultError) -> Rekeying {
        try await rekey(
            at: path,
            unlocking: unlocking,
            keeping: others,
            dropping: dropped,
            interaction: interaction,
            dependencies: .real
        )
    }

    package static func rekey(
        at path: String?,
        unlocking: Unlocking,
        keeping others: [Unlocking],
        dropping dropped: [String],
        interaction: UserInteraction,
        dependencies: VaultDependencies
    ) async throws(VaultError) -> Rekeying {
        let wishes = RekeyOptions(keeping: others, dropping: dropped, interaction: interaction)
        let path = try place(path)
        let dependencies = dependencies.of(vaultAt: path)
        return try await dependencies.perform { () throws(VaultError) in
            let (database, snapshot) = try mappingErrors { () throws(StoreError) in
                let database = try VaultDatabase.open(at: path)
                guard !database.isReadOnly else { throw .readOnly(path: database.location) }
                return (database, try database.read())
            }
            // Two at once would each put a new key into the key file.
            let lease = try mappingErrors { () throws(StoreError) in
                try database.lease(.making, until: .now + UnlockedVault.makingPatience)
            }
            let vault = VaultIdentity(format: RecordContext.format, id: snapshot.header.vaultID)
            _ = unlocking.named?.openUnfinished(snapshot.slots.map(KeySlot.init), vault)
            // Kept in hand: what opens the vault may be a descriptor, or somebody who types, and gives it once.
            var source: (any KeySource)?
            let contents = try UnlockedVault.open(
                path,
                now: dependencies.now(),
                marks: dependencies.stateFolder,
                reporting: dependencies.report
            ) {
                (locked) throws(VaultError) in
                try unlocking.openByKey(locked, dependencies.keySources, &source)
            }
            if let warning = try contents.compareWithMark(dependencies.rollback, now: dependencies.now) {
                dependencies.warn(.unusableMark, warning)
            }
            let result = try contents.rekey(by: source, unlocking, wishes, dependencies: dependencies)
            lease.release()
            return result
        }
    }
}
