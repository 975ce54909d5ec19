internal import VaultCrypto
internal import VaultKeys
internal import VaultOAuth
internal import VaultStore

/// Makes rows of what is known, and knows what rows say: sealing and authentication, without any file.
struct RecordSealer: ~Copyable, Sendable {
    let context: RecordContext
    private let key: VaultKey

    init(_ key: consuming VaultKey, vault: VaultIdentity, keyEpoch: Int64) {
        self.key = key
        context = RecordContext(vault: vault, keyEpoch: keyEpoch)
    }

    // MARK: - Header

    /// A header with its tag: the next one after `previous`, or a vault's first.
    func header(_ state: HeaderState, slots: SlotDigests, after previous: HeaderRecord?, now: Int64) -> HeaderRecord {
        let headerKey = key.subkey(for: .header)
        var header = HeaderRecord(
            vaultID: context.vault.id,
            created: previous?.created ?? now,
            changed: now,
            keyEpoch: context.keyEpoch,
            generation: (previous?.generation ?? 0) + 1,
            slots: slots,
            state: headerKey.seal(state.encoded.span, padding: .metadata, authenticating: context.headerState())
                .combined,
            tag: []
        )
        header.tag = tag(of: header)
        return header
    }

    /// Whether the header was made with this key, in constant time.
    func authenticates(_ header: HeaderRecord) -> Bool {
        tag(of: header).span.matchesInConstantTime(header.tag.span)
    }

    func state(of header: HeaderRecord) throws(CryptoError) -> HeaderState {
        let box = SealedBox(combined: header.state)
        let state = try key.subkey(for: .header).open(box, padding: .metadata, authenticating: context.headerState())
        return try HeaderState(encoded: state.publicBytes)
    }

    private func tag(of header: HeaderRecord) -> [UInt8] {
        KeyedHash.digest(of: header.authenticated(format: context.vault.format), key: key.subkey(for: .header).bytes)
    }

    // MARK: - Applications

    /// What finds an application by its name without telling it.
    func nameTag(of name: ApplicationName) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("name")
        encoder.append(name.description)
        return KeyedHash.digest(of: encoder.bytes, key: key.subkey(for: .names).bytes)
    }

    /// A row with both boxes.
    func application(_ id: [UInt8], _ metadata: ApplicationMetadata, secret: borrowing SecretBytes) -> ApplicationRecord
    {
        let nameTag = nameTag(of: metadata.name)
        let secretBox = secret.withBytes { secret in
            key.subkey(for: .secrets).seal(
                secret,
                padding: .secret,
                authenticating: context.secret(of: id, credential: metadata.credential)
            )
        }
        let metadataBox = key.subkey(for: .metadata).seal(
            metadata.encoded.span,
            padding: .metadata,
            authenticating: context.metadata(of: id, nameTag: nameTag)
        )
        return ApplicationRecord(id: id, nameTag: nameTag, metadata: metadataBox.combined, secret: secretBox.combined)
    }

    func metadata(of row: ApplicationRecord) throws(CryptoError) -> ApplicationMetadata {
        let box = try key.subkey(for: .metadata).open(
            SealedBox(combined: row.metadata),
            padding: .metadata,
            authenticating: context.metadata(of: row.id, nameTag: row.nameTag)
        )
        return try ApplicationMetadata(encoded: box.publicBytes)
    }

    func secret(of row: ApplicationRecord, _ metadata: ApplicationMetadata) throws(CryptoError) -> SecretBytes {
        try key.subkey(for: .secrets).open(
            SealedBox(combined: row.secret),
            padding: .secret,
            authenticating: context.secret(of: row.id, credential: metadata.credential)
        )
    }

    /// What a row adds to the header's set hash.
    func digest(of row: ApplicationRecord) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(row.id)
        encoder.append(row.nameTag)
        encoder.append(row.metadata)
        encoder.append(row.secret)
        return KeyedHash.digest(of: encoder.bytes, key: key.subkey(for: .rowHash).bytes)
    }

    // MARK: - Tokens

    /// What a token is found under: another secret, endpoint, scope or parameter is another token.
    func tokenID(of application: [UInt8], _ metadata: ApplicationMetadata, request: [UInt8]) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("token")
        encoder.append(application)
        encoder.append(metadata.credential)
        encoder.append(metadata.endpoint.canonicalText)
        encoder.append(request)
        return KeyedHash.digest(of: encoder.bytes, key: key.subkey(for: .names).bytes)
    }

    func token(_ id: [UInt8], of application: [UInt8], _ token: CachedToken) -> TokenRecord {
        let expires = token.lifetime.expires
        let box = key.subkey(for: .tokens).seal(
            token.encoded.span,
            padding: .token,
            authenticating: context.token(id, application: application, expires: expires)
        )
        return TokenRecord(id: id, application: application, expires: expires, box: box.combined)
    }

    func token(_ row: TokenRecord) throws(CryptoError) -> CachedToken {
        let box = try key.subkey(for: .tokens).open(
            SealedBox(combined: row.box),
            padding: .token,
            authenticating: context.token(row.id, application: row.application, expires: row.expires)
        )
        return try CachedToken(encoded: box.publicBytes)
    }
}

extension SecretBytes {
    /// The bytes of something that is sealed and yet no secret in memory: metadata, tokens, the header's state.
    fileprivate var publicBytes: [UInt8] { withBytes { bytes in bytes.indices.map { bytes[$0] } } }
}
