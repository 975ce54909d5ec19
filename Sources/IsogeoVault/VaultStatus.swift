internal import VaultKeys
internal import VaultStore

public import struct FoundationEssentials.Date

/// What a vault's file shows without a key.
///
/// None of it is authenticated, which takes the key.
public struct VaultStatus: Sendable {
    /// One way to open the vault.
    public struct Slot: Sendable {
        /// The first eight hexadecimal digits of its id.
        public let id: String
        /// `passphrase`, `keyring`, `key-file`, `recovery`, or a kind of a later version.
        public let kind: String
        /// When it was made.
        public let created: Date
    }

    /// Where the vault lies.
    public let path: String
    /// The number of the file's format.
    public let format: Int
    /// The file's size in bytes.
    public let fileSize: Int
    /// Whether it can't be written here.
    public let isReadOnly: Bool
    /// When it was made.
    public let created: Date
    /// When it was last changed, not counting tokens.
    public let changed: Date
    /// How often it was changed, not counting tokens.
    public let generation: Int
    /// Its key slots.
    public let slots: [Slot]
    /// How many applications it holds.
    public let applications: Int
    /// How many tokens it holds, including expired ones and cached failures, which live about a minute.
    public let tokens: Int
    /// When the last of the tokens expires.
    public let lastTokenExpires: Date?
    /// When the session ends, by the vault's half of it; nil where there is none.
    public let sessionEnds: Date?
    /// Whether it was newer when it was last opened here, by a mark that isn't authenticated without the key.
    package let isOlderThanSeen: Bool
}

extension Vault {
    /// Reads what a vault's file shows without its key.
    ///
    /// - Parameter path: where it lies; nil for the standard place.
    /// - Returns: what the file shows.
    /// - Throws: `noVault`, `damaged`, `configuration`.
    public static func status(at path: String? = nil) async throws(VaultError) -> VaultStatus {
        let path = try place(path)
        let dependencies = VaultDependencies.real
        let now = dependencies.now()
        return try await BlockingExecutor.run { () throws(VaultError) -> VaultStatus in
            try mappingErrors { () throws(StoreError) in
                let database = try VaultDatabase.open(at: path)
                return VaultStatus(
                    try database.read(Query(sessions: true, counts: true)),
                    of: database,
                    marks: dependencies.stateFolder,
                    now: now
                )
            }
        }
    }
}

extension VaultStatus {
    init(_ snapshot: Snapshot, of database: VaultDatabase, marks: String?, now: Int64) {
        let header = snapshot.header
        path = database.location
        format = Int(header.format.rawValue)
        fileSize = Int(snapshot.counts?.fileSize ?? 0)
        isReadOnly = database.isReadOnly
        created = Date(timeIntervalSince1970: Double(header.created))
        changed = Date(timeIntervalSince1970: Double(header.changed))
        generation = Int(header.generation)
        slots = snapshot.slots.map(KeySlot.init).map(Slot.init)
        applications = Int(snapshot.counts?.applications ?? 0)
        tokens = Int(snapshot.counts?.tokens ?? 0)
        lastTokenExpires = snapshot.counts?.latestExpiry.map { Date(timeIntervalSince1970: Double($0)) }
        sessionEnds = snapshot.sessions.map(\.expires).filter { $0 > now && $0 - now <= LockedSessions.limit }.max()
            .map { Date(timeIntervalSince1970: Double($0)) }
        isOlderThanSeen =
            marks.map {
                HighWaterMark(of: snapshot.vault, at: database.location, in: $0)
                    .claimsNewer(than: header, newest: snapshot.counts?.newestChange ?? 0)
            } ?? false
    }
}

extension VaultStatus.Slot {
    init(_ slot: KeySlot) {
        id = slot.shortID
        kind = slot.kind.rawValue
        created = Date(timeIntervalSince1970: Double(slot.created))
    }
}
