import VaultCrypto
import VaultKeys
import VaultOAuth
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// A vault with a passphrase slot and a key-file slot, made record by record.
struct TwoSlotVault {
    var passphrase = "a passphrase"
    var keyFile = [UInt8](repeating: 0x42, count: 32)
    var cost = KeyDerivationCost.floor
    var now: Int64 = 1_900_000_000
    var applications: [(metadata: ApplicationMetadata, secret: String)] = []
    /// Which application is meant when nobody names one.
    var defaultApplication: Int?
    /// A token of an application, for a request without scope.
    var token: (application: Int, token: StoredToken)?
    /// The other key files that open it, up to fourteen.
    var moreKeyFiles: [[UInt8]] = []

    struct TooManySlots: Error {}

    /// What a test needs to plant records of its own.
    struct Made {
        let database: VaultDatabase
        let vaultKey: [UInt8]
        let vault: VaultIdentity
        let passphraseSlot: KeySlot
        let keyFileSlot: KeySlot
    }

    /// Writes the vault where nothing lies yet.
    @discardableResult
    func make(at path: String) throws -> Made {
        let vault = VaultIdentity(format: RecordContext.slotVersion, id: Sodium.randomBytes(16))
        let vaultKey = VaultKey.random()
        let keyBytes = vaultKey.bytes.revealed
        let passphraseSlot = try PassphraseSlot.make(
            try Passphrase(SecretBytes(passphrase)),
            cost: cost,
            wrapping: vaultKey,
            of: vault,
            now: now
        )
        let keyFileSlots = ([keyFile] + moreKeyFiles).map {
            KeyFileSlot.make(SecretBytes(copying: $0.span), wrapping: vaultKey, of: vault, now: now)
        }
        let slots = [passphraseSlot] + keyFileSlots
        let sealer = RecordSealer(vaultKey, vault: vault, keyEpoch: 1)
        let rows = applications.map {
            sealer.application(Sodium.randomBytes(16), $0.metadata, secret: SecretBytes($0.secret))
        }
        let tree = ApplicationTree(rows.map { ApplicationTree.Leaf($0, sealer) }, sealer)
        var state = HeaderState()
        state.applications = .tree(tree.summary)
        state.defaultApplication = defaultApplication.map { rows[$0].id }
        guard let digests = SlotDigests(slots.map(\.digestEntry)) else { throw TooManySlots() }
        let header = sealer.header(state, slots: digests, after: nil, now: now)
        var changes: [Mutation] = [.putHeader(header)] + slots.map { .putSlot($0.record) }
        changes += rows.map { .putApplication($0) } + tree.changes
        changes += zip(rows, applications).compactMap { (row, application) in
            sealer.certificates(of: row.id, application.metadata).map { .putCertificates($0) }
        }
        if let token {
            let metadata = applications[token.application].metadata
            let application = StoredApplication(rows[token.application], metadata, sealer)
            let request = Array("grant_type=client_credentials".utf8)
            let id = sealer.tokenID(of: application, request: request)
            changes.append(.putToken(sealer.token(id, of: application, token.token)))
        }
        return Made(
            database: try NewVault(at: path, until: .now).create(changes),
            vaultKey: keyBytes,
            vault: vault,
            passphraseSlot: passphraseSlot,
            keyFileSlot: keyFileSlots[0]
        )
    }
}

extension ApplicationMetadata {
    /// An application of that name, and nothing special about it.
    static func sample(_ name: String = "catalogue") throws -> ApplicationMetadata {
        ApplicationMetadata(
            name: try .named(name),
            credential: Sodium.randomBytes(16),
            clientID: "client",
            endpoint: .isogeo,
            encoding: .raw,
            scopes: [],
            created: 1_900_000_000,
            credentialWritten: 1_900_000_000
        )
    }
}
