/// A format of the file, by its number (`PRAGMA user_version`): a record is read as its format has it.
package enum VaultFormat: UInt64, Comparable, Sendable {
    case first = 1
    /// Application rows are authenticated one by one, and the audit trail is two.
    case second

    /// The one that is written.
    package static let current = second

    package static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}

/// The one row that says what the vault is.
package struct HeaderRecord: Equatable, Sendable {
    package var format: VaultFormat
    /// 16 random bytes.
    package var vaultID: [UInt8]
    /// Seconds since 1970, UTC; so are all times here.
    package var created: Int64
    package var changed: Int64
    /// From 1; raised when the vault gets a new key.
    package var keyEpoch: Int64
    /// From 1; raised by every change but those of tokens.
    package var generation: Int64
    /// One digest per slot.
    package var slots: SlotDigests
    /// A sealed box.
    package var state: [UInt8]
    /// What authenticates the header, 32 bytes; also what a change names as the state that it was based on.
    package var tag: [UInt8]

    package init(
        format: VaultFormat = .current,
        vaultID: [UInt8],
        created: Int64,
        changed: Int64,
        keyEpoch: Int64,
        generation: Int64,
        slots: SlotDigests,
        state: [UInt8],
        tag: [UInt8]
    ) {
        self.format = format
        self.vaultID = vaultID
        self.created = created
        self.changed = changed
        self.keyEpoch = keyEpoch
        self.generation = generation
        self.slots = slots
        self.state = state
        self.tag = tag
    }
}

/// One opener of the vault: the vault key, wrapped.
package struct SlotRecord: Equatable, Sendable {
    /// 16 random bytes.
    package var id: [UInt8]
    /// 1 … 32 lower-case letters and hyphens.
    package var kind: String
    package var created: Int64
    package var parameters: [UInt8]
    package var salt: [UInt8]
    /// 32 bytes.
    package var commitment: [UInt8]
    package var wrappedKey: [UInt8]

    package init(
        id: [UInt8],
        kind: String,
        created: Int64,
        parameters: [UInt8],
        salt: [UInt8],
        commitment: [UInt8],
        wrappedKey: [UInt8]
    ) {
        self.id = id
        self.kind = kind
        self.created = created
        self.parameters = parameters
        self.salt = salt
        self.commitment = commitment
        self.wrappedKey = wrappedKey
    }
}

/// A group application: two sealed boxes under a tag of its name.
package struct ApplicationRecord: Equatable, Sendable {
    package var format: VaultFormat
    /// 16 random bytes.
    package var id: [UInt8]
    /// 32 bytes; no two applications share one.
    package var nameTag: [UInt8]
    package var metadata: [UInt8]
    package var secret: [UInt8]

    /// How many bytes the two boxes have.
    package var size: Int64 { Int64(metadata.count + secret.count) }

    package init(
        format: VaultFormat = .current,
        id: [UInt8],
        nameTag: [UInt8],
        metadata: [UInt8],
        secret: [UInt8]
    ) {
        self.format = format
        self.id = id
        self.nameTag = nameTag
        self.metadata = metadata
        self.secret = secret
    }
}

/// The certificates that an application's servers are trusted by: a sealed box of its own, so that a cached token
/// needn't read it.
package struct CertificatesRecord: Equatable, Sendable {
    /// The row that it belongs to.
    package var application: [UInt8]
    package var box: [UInt8]

    package init(application: [UInt8], box: [UInt8]) {
        self.application = application
        self.box = box
    }
}

/// A node of the tree that authenticates application rows one by one.
package struct NodeRecord: Equatable, Sendable {
    /// The first bytes of the name tags below it: none for the root, two at most.
    package var path: [UInt8]
    /// Digests of 32 bytes: of its 256 children, or of its rows.
    package var digests: [UInt8]

    package init(path: [UInt8], digests: [UInt8]) {
        self.path = path
        self.digests = digests
    }
}

/// One of the two halves of the audit trail, each with its own room: what happens every hour never pushes out the rest.
package enum Trail: Int64, CaseIterable, Sendable {
    /// What was done to the vault, and with its secrets. In format 1 it has requests as well.
    case changes = 1
    /// Requests for tokens, counted by the day.
    case requests
}

/// One entry of the audit trail: a sealed box with a number.
package struct LogRecord: Equatable, Sendable {
    package var format: VaultFormat
    package var trail: Trail
    /// From 1, without gaps in its trail.
    package var number: Int64
    package var box: [UInt8]

    package init(format: VaultFormat = .current, trail: Trail = .changes, number: Int64, box: [UInt8]) {
        self.format = format
        self.trail = trail
        self.number = number
        self.box = box
    }
}

/// The vault key for a while: a sealed box that means nothing without the session's key, which isn't in the vault.
package struct SessionRecord: Equatable, Sendable {
    /// 16 random bytes.
    package var id: [UInt8]
    package var expires: Int64
    package var box: [UInt8]

    package init(id: [UInt8], expires: Int64, box: [UInt8]) {
        self.id = id
        self.expires = expires
        self.box = box
    }
}

/// A cached token, or a note about one: a sealed box that goes with its application or at its time.
package struct TokenRecord: Equatable, Sendable {
    package var format: VaultFormat
    /// 32 bytes.
    package var id: [UInt8]
    /// The row that it belongs to.
    package var application: [UInt8]
    package var expires: Int64
    package var box: [UInt8]

    package init(
        format: VaultFormat = .current,
        id: [UInt8],
        application: [UInt8],
        expires: Int64,
        box: [UInt8]
    ) {
        self.format = format
        self.id = id
        self.application = application
        self.expires = expires
        self.box = box
    }
}
