internal import VaultCrypto
internal import VaultKeys
internal import VaultOAuth
internal import VaultStore

/// Seals data into rows, and opens and authenticates rows; it touches no file.
struct RecordSealer: ~Copyable, Sendable {
    let context: RecordContext
    private let key: VaultKey

    // Derived once: allocating guarded memory for each costs more than sealing with it.
    private let headerKey, namesKey, metadataKey, secretsKey, tokensKey: Subkey
    fileprivate let rowHashKey, logKey: Subkey

    init(_ key: consuming VaultKey, vault: VaultIdentity, keyEpoch: Int64) {
        headerKey = key.subkey(for: .header)
        namesKey = key.subkey(for: .names)
        metadataKey = key.subkey(for: .metadata)
        secretsKey = key.subkey(for: .secrets)
        tokensKey = key.subkey(for: .tokens)
        rowHashKey = key.subkey(for: .rowHash)
        logKey = key.subkey(for: .log)
        self.key = key
        context = RecordContext(vault: vault, keyEpoch: keyEpoch)
    }

    /// Calls `body` with the vault key, to wrap it for a slot.
    borrowing func withKey<Result, Failure: Error>(
        _ body: (borrowing VaultKey) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(key)
    }

    // MARK: - Header

    /// A header with its tag: the next one after `previous`, or a vault's first.
    func header(
        _ state: HeaderState,
        slots: SlotDigests,
        after previous: HeaderRecord?,
        raisesGeneration: Bool = true,
        now: Int64
    ) -> HeaderRecord {
        var header = HeaderRecord(
            vaultID: context.vault.id,
            created: previous?.created ?? now,
            changed: raisesGeneration ? now : previous?.changed ?? now,
            keyEpoch: context.keyEpoch,
            generation: (previous?.generation ?? 0) + (raisesGeneration ? 1 : 0),
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
        let state = try headerKey.open(box, padding: .metadata, authenticating: context.headerState())
        return try HeaderState(encoded: state.publicBytes)
    }

    private func tag(of header: HeaderRecord) -> [UInt8] {
        KeyedHash.digest(of: header.authenticated(format: context.vault.format), key: headerKey.bytes)
    }

    // MARK: - Applications

    /// Finds an application by its name, and doesn't reveal the name.
    func nameTag(of name: ApplicationName) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("name")
        encoder.append(name.description)
        return KeyedHash.digest(of: encoder.bytes, key: namesKey.bytes)
    }

    /// A row with both boxes.
    func application(_ id: [UInt8], _ metadata: ApplicationMetadata, secret: borrowing SecretBytes) -> ApplicationRecord
    {
        let secretBox = secret.withBytes { secret in
            secretsKey.seal(
                secret,
                padding: .secret,
                authenticating: context.secret(of: id, credential: metadata.credential)
            )
        }
        return application(id, metadata, secretBox: secretBox.combined)
    }

    /// A row with new metadata of the same credential; its secret stays sealed as it is.
    func application(_ row: ApplicationRecord, _ metadata: ApplicationMetadata) -> ApplicationRecord {
        application(row.id, metadata, secretBox: row.secret)
    }

    private func application(_ id: [UInt8], _ metadata: ApplicationMetadata, secretBox: [UInt8]) -> ApplicationRecord {
        let nameTag = nameTag(of: metadata.name)
        let box = metadataKey.seal(
            metadata.encoded.span,
            padding: .metadata,
            authenticating: context.metadata(of: id, nameTag: nameTag)
        )
        return ApplicationRecord(id: id, nameTag: nameTag, metadata: box.combined, secret: secretBox)
    }

    func metadata(of row: ApplicationRecord) throws(CryptoError) -> ApplicationMetadata {
        let box = try metadataKey.open(
            SealedBox(combined: row.metadata),
            padding: .metadata,
            authenticating: context.metadata(of: row.id, nameTag: row.nameTag)
        )
        return try ApplicationMetadata(encoded: box.publicBytes)
    }

    func secret(of row: ApplicationRecord, _ metadata: ApplicationMetadata) throws(CryptoError) -> SecretBytes {
        try secretsKey.open(
            SealedBox(combined: row.secret),
            padding: .secret,
            authenticating: context.secret(of: row.id, credential: metadata.credential)
        )
    }

    /// The row's element in the header's set hash.
    func digest(of row: ApplicationRecord) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(row.id)
        encoder.append(row.nameTag)
        encoder.append(row.metadata)
        encoder.append(row.secret)
        return KeyedHash.digest(of: encoder.bytes, key: rowHashKey.bytes)
    }

    // MARK: - Tokens

    /// The id of a token: another secret, endpoint, scope or parameter gives another one.
    func tokenID(of application: [UInt8], _ metadata: ApplicationMetadata, request: [UInt8]) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("token")
        encoder.append(application)
        encoder.append(metadata.credential)
        encoder.append(metadata.endpoint.canonicalText)
        encoder.append(request)
        return KeyedHash.digest(of: encoder.bytes, key: namesKey.bytes)
    }

    func token(_ id: [UInt8], of application: [UInt8], _ token: StoredToken) -> TokenRecord {
        row(id, of: application, token.encoded, expires: token.lifetime.expires)
    }

    func token(_ row: TokenRecord) throws(CryptoError) -> StoredToken { try StoredToken(encoded: content(of: row)) }

    /// The id of the row of a failed request, which exists besides the token's row.
    func noteID(of token: [UInt8]) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("failure")
        encoder.append(token)
        return KeyedHash.digest(of: encoder.bytes, key: namesKey.bytes)
    }

    /// The id of the row of a refusal: the server refuses the credential, whichever token was requested with it.
    func refusalID(of application: StoredApplication) -> [UInt8] {
        tokenID(of: application.row.id, application.metadata, request: [])
    }

    func note(_ id: [UInt8], of application: [UInt8], _ note: CachedFailure) -> TokenRecord {
        row(id, of: application, note.encoded, expires: note.expires)
    }

    func note(_ row: TokenRecord) throws(CryptoError) -> CachedFailure { try CachedFailure(encoded: content(of: row)) }

    private func row(_ id: [UInt8], of application: [UInt8], _ content: [UInt8], expires: Int64) -> TokenRecord {
        let box = tokensKey.seal(
            content.span,
            padding: .token,
            authenticating: context.token(id, application: application, expires: expires)
        )
        return TokenRecord(id: id, application: application, expires: expires, box: box.combined)
    }

    private func content(of row: TokenRecord) throws(CryptoError) -> [UInt8] {
        let box = try tokensKey.open(
            SealedBox(combined: row.box),
            padding: .token,
            authenticating: context.token(row.id, application: row.application, expires: row.expires)
        )
        return box.publicBytes
    }
}

// MARK: - The audit trail

extension RecordSealer {
    func auditEntry(_ entry: AuditEntry, number: Int64) -> LogRecord {
        let box = logKey.seal(
            entry.encoded.span,
            padding: .secret,
            authenticating: context.auditEntry(number)
        )
        return LogRecord(number: number, box: box.combined)
    }

    func auditEntry(_ row: LogRecord) throws(CryptoError) -> AuditEntry {
        let box = try logKey.open(
            SealedBox(combined: row.box),
            padding: .secret,
            authenticating: context.auditEntry(row.number)
        )
        return try AuditEntry(encoded: box.publicBytes)
    }

    /// Appends `events` to the audit trail, and removes the oldest entries above the limit.
    ///
    /// - Parameters:
    ///   - events: the events, in their order.
    ///   - bounds: the ends of the trail in the header, before and after.
    ///   - oldest: the oldest rows. One with an unexpected number stays, and `verify` reports it.
    ///   - now: seconds since 1970.
    /// - Returns: the rows to write.
    func auditEntries(_ events: [AuditEvent], _ bounds: inout AuditBounds, oldest: [LogRecord], now: Int64)
        -> [Mutation]
    {
        var changes: [Mutation] = []
        for event in events {
            let entry = AuditEntry(time: now, event: event, previous: bounds.newestDigest)
            let row = auditEntry(entry, number: bounds.newest + 1)
            bounds.newest = row.number
            bounds.newestDigest = digest(of: row)
            changes.append(.putLogEntry(row))
        }
        for row in oldest where row.number == bounds.oldest && bounds.newest - bounds.oldest >= AuditBounds.limit {
            bounds.oldest += 1
            bounds.beforeOldest = digest(of: row)
            changes.append(.removeLogEntries(through: row.number))
        }
        return changes
    }

    /// The digest by which the next entry and the header authenticate this one.
    func digest(of row: LogRecord) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(row.number)
        encoder.append(row.box)
        return KeyedHash.digest(of: encoder.bytes, key: rowHashKey.bytes)
    }
}

extension SecretBytes {
    /// The bytes of a plaintext that needs no guarded memory: metadata, tokens, the header's state.
    ///
    /// Copied at once: metadata may hold many certificates.
    fileprivate var publicBytes: [UInt8] {
        withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } }
    }
}
