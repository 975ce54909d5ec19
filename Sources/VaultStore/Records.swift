/// The one row that says what the vault is.
package struct HeaderRecord: Equatable, Sendable {
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
        vaultID: [UInt8],
        created: Int64,
        changed: Int64,
        keyEpoch: Int64,
        generation: Int64,
        slots: SlotDigests,
        state: [UInt8],
        tag: [UInt8]
    ) {
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
    /// 16 random bytes.
    package var id: [UInt8]
    /// 32 bytes; no two applications share one.
    package var nameTag: [UInt8]
    package var metadata: [UInt8]
    package var secret: [UInt8]

    package init(id: [UInt8], nameTag: [UInt8], metadata: [UInt8], secret: [UInt8]) {
        self.id = id
        self.nameTag = nameTag
        self.metadata = metadata
        self.secret = secret
    }
}

/// One entry of the audit trail: a sealed box with a number.
package struct LogRecord: Equatable, Sendable {
    /// From 1, without gaps.
    package var number: Int64
    package var box: [UInt8]

    package init(number: Int64, box: [UInt8]) {
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
    /// 32 bytes.
    package var id: [UInt8]
    /// The row that it belongs to.
    package var application: [UInt8]
    package var expires: Int64
    package var box: [UInt8]

    package init(id: [UInt8], application: [UInt8], expires: Int64, box: [UInt8]) {
        self.id = id
        self.application = application
        self.expires = expires
        self.box = box
    }
}
