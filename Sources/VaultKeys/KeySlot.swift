package import VaultCrypto
internal import VaultSystem

/// One way to open a vault: the vault key, wrapped by a secret.
///
/// Any slot opens the vault, as in LUKS; making, changing or removing one never re-encrypts data.
package struct KeySlot: Equatable, Sendable {
    /// What holds the slot's secret.
    ///
    /// Later versions know more kinds; theirs are carried along and not opened.
    package struct Kind: RawRepresentable, Hashable, Sendable {
        package let rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }

        package static let passphrase = Kind(rawValue: "passphrase")
        package static let keyFile = Kind(rawValue: "key-file")
        package static let keyring = Kind(rawValue: "keyring")
        package static let recovery = Kind(rawValue: "recovery")
    }

    /// The most slots that a vault has.
    package static let limit = 16
    /// The most passphrase slots: each one costs half a second after a mistyped passphrase.
    package static let passphraseLimit = 4

    /// 16 random bytes.
    package let id: [UInt8]
    package let kind: Kind
    /// Seconds since 1970.
    package let created: Int64
    /// What the kind needs to be opened, canonically encoded; empty for all
    /// but a passphrase.
    package let parameters: [UInt8]
    /// 16 random bytes.
    package let salt: [UInt8]
    /// Proves, in constant time and before anything is unwrapped, that a secret is this slot's.
    package let commitment: [UInt8]
    /// The vault key as a sealed box, 72 bytes.
    package let wrappedKey: [UInt8]

    package init(
        id: [UInt8],
        kind: Kind,
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

    /// A new slot's clear parts, to which its secret is bound.
    package struct Draft {
        package let id: [UInt8]
        package let salt = Sodium.randomBytes(Passphrase.saltCount)
        package let kind: Kind
        package let created: Int64
        package let parameters: [UInt8]

        /// - Parameters:
        ///   - id: 16 bytes, random ones if nil.
        ///   - kind: the slot's kind.
        ///   - created: seconds since 1970.
        ///   - parameters: the kind's own.
        package init(id: [UInt8]? = nil, kind: Kind, created: Int64, parameters: [UInt8]) {
            self.id = id ?? Sodium.randomBytes(16)
            self.kind = kind
            self.created = created
            self.parameters = parameters
        }
    }

    /// Wraps `vaultKey` with the 64 bytes of `secret`.
    package init(
        _ draft: Draft,
        secret: borrowing SlotSecret,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity
    ) {
        let context = Self.context(
            vault,
            id: draft.id,
            kind: draft.kind,
            created: draft.created,
            parameters: draft.parameters,
            salt: draft.salt
        )
        self.init(
            id: draft.id,
            kind: draft.kind,
            created: draft.created,
            parameters: draft.parameters,
            salt: draft.salt,
            commitment: secret.commitment(over: context),
            wrappedKey: vaultKey.bytes.withBytes { key in
                secret.wrappingKey.seal(key, padding: .none, authenticating: context).combined
            }
        )
    }

    /// The vault key, when `secret` is this slot's; nil when it isn't.
    ///
    /// - Throws: `damagedSlot` when the secret is the right one and the wrapped key is not.
    package func open(with secret: borrowing SlotSecret, of vault: VaultIdentity) throws(KeyError) -> VaultKey? {
        let context = Self.context(
            vault,
            id: id,
            kind: kind,
            created: created,
            parameters: parameters,
            salt: salt
        )
        guard secret.commitment(over: context).span.matchesInConstantTime(commitment.span) else { return nil }
        do throws(CryptoError) {
            let key = try secret.wrappingKey.open(
                SealedBox(combined: wrappedKey),
                padding: .none,
                authenticating: context
            )
            return try VaultKey(key)
        } catch {
            throw .damagedSlot(name)
        }
    }

    /// What people call the slot: its kind and the first half of its id.
    package var name: String { "\(kind.rawValue) \(shortID)" }

    /// The first eight hexadecimal digits of the id.
    package var shortID: String { Self.shortID(of: id) }

    /// The first eight hexadecimal digits of an id.
    package static func shortID(of id: [UInt8]) -> String {
        HexadecimalDigits.text(Array(id.prefix(4)))
    }

    /// A digest of the whole slot, for the header's authentication.
    package var digest: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(id)
        encoder.append(kind.rawValue)
        encoder.append(created)
        encoder.append(parameters)
        encoder.append(salt)
        encoder.append(commitment)
        encoder.append(wrappedKey)
        return KeyedHash.publicDigest(of: encoder.bytes)
    }

    // Every clear part of the slot, so that none can be edited and no slot moved to another vault.
    private static func context(
        _ vault: VaultIdentity,
        id: [UInt8],
        kind: Kind,
        created: Int64,
        parameters: [UInt8],
        salt: [UInt8]
    ) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("isogeo-vault slot")
        encoder.append(vault.format)
        encoder.append(vault.id)
        encoder.append(id)
        encoder.append(kind.rawValue)
        encoder.append(created)
        encoder.append(parameters)
        encoder.append(salt)
        return encoder.bytes
    }
}

/// Which vault a slot or a box belongs to.
package struct VaultIdentity: Equatable, Sendable {
    /// The number of the file's format.
    package let format: UInt64
    /// 16 random bytes.
    package let id: [UInt8]

    package init(format: UInt64, id: [UInt8]) {
        self.format = format
        self.id = id
    }
}

/// What a slot's holder gives, derived to 64 bytes: half wraps the vault key, half keys the commitment.
package struct SlotSecret: ~Copyable, Sendable {
    fileprivate let wrappingKey: Subkey
    private let commitmentKey: SecretBytes

    init(_ bytes: consuming SecretBytes) {
        precondition(bytes.count == 64, "a slot's secret has 64 bytes")
        wrappingKey = Subkey(bytes: bytes.withBytes(in: 0..<32) { SecretBytes(copying: $0) })
        commitmentKey = bytes.withBytes(in: 32..<64) { SecretBytes(copying: $0) }
    }

    /// What 32 random bytes give for a slot of this kind and salt.
    ///
    /// They can't be guessed: one keyed hash spreads them over 64 bytes, and nothing has to slow a guess down.
    init(spreading key: borrowing SecretBytes, for kind: KeySlot.Kind, salt: [UInt8]) {
        var context = CanonicalEncoder()
        context.append("isogeo-vault \(kind.rawValue)")
        context.append(salt)
        self.init(KeyedHash.expand(key, over: context.bytes))
    }

    fileprivate borrowing func commitment(over context: [UInt8]) -> [UInt8] {
        KeyedHash.digest(of: context, key: commitmentKey)
    }
}
