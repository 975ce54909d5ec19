internal import VaultCrypto
internal import VaultKeys
internal import VaultOAuth
internal import VaultStore

/// Seals data into rows, and opens and authenticates rows; it touches no file.
struct RecordSealer: ~Copyable, Sendable {
    let context: RecordContext
    private let key: VaultKey
    let subkeys: Subkeys

    init(_ key: consuming VaultKey, vault: VaultIdentity, keyEpoch: Int64) {
        subkeys = Subkeys(of: key)
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
            state: subkeys.seal(
                state.encoded.span,
                for: .state,
                padding: .metadata,
                authenticating: context.headerState(.current)
            ).combined,
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
        let state = try subkeys.open(
            header.state,
            for: header.format == .first ? .header : .state,
            padding: .metadata,
            authenticating: context.headerState(header.format)
        )
        return try HeaderState(encoded: state.publicBytes, format: header.format)
    }

    private func tag(of header: HeaderRecord) -> [UInt8] { subkeys.digest(of: header.authenticated, for: .header) }

    // MARK: - Applications

    /// Finds an application by its name, and doesn't reveal the name.
    func nameTag(of name: ApplicationName) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("name")
        encoder.append(name.description)
        return subkeys.digest(of: encoder.bytes, for: .names)
    }

    /// A row with both boxes.
    func application(_ id: [UInt8], _ metadata: ApplicationMetadata, secret: borrowing SecretBytes) -> ApplicationRecord
    {
        let secretBox = secret.withBytes { secret in
            subkeys.seal(
                secret,
                for: .secrets,
                padding: .secret,
                authenticating: context.secret(.current, of: id, credential: metadata.credential)
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
        let box = subkeys.seal(
            metadata.encoded.span,
            for: .metadata,
            padding: .metadata,
            authenticating: context.metadata(.current, of: id, nameTag: nameTag)
        )
        return ApplicationRecord(id: id, nameTag: nameTag, metadata: box.combined, secret: secretBox)
    }

    func metadata(of row: ApplicationRecord) throws(CryptoError) -> ApplicationMetadata {
        let box = try subkeys.open(
            row.metadata,
            for: .metadata,
            padding: .metadata,
            authenticating: context.metadata(row.format, of: row.id, nameTag: row.nameTag)
        )
        return try ApplicationMetadata(encoded: box.publicBytes)
    }

    func secret(of row: ApplicationRecord, _ metadata: ApplicationMetadata) throws(CryptoError) -> SecretBytes {
        try subkeys.open(
            row.secret,
            for: .secrets,
            padding: .secret,
            authenticating: context.secret(row.format, of: row.id, credential: metadata.credential)
        )
    }

    /// The box of the certificates that an application's metadata has; nil if it has none, or they weren't read.
    func certificates(of application: [UInt8], _ metadata: ApplicationMetadata) -> CertificatesRecord? {
        guard let certificates = metadata.certificates, let content = certificates.content else { return nil }
        let box = subkeys.seal(
            content.span,
            for: .certificates,
            padding: .metadata,
            authenticating: context.certificates(of: application, id: certificates.id)
        )
        return CertificatesRecord(application: application, box: box.combined)
    }

    /// What writes an application's certificates, or takes away those that it had.
    func certificateChanges(of new: StoredApplication, replacing old: StoredApplication?) -> [Mutation] {
        if let box = certificates(of: new.row.id, new.metadata) { return [.putCertificates(box)] }
        guard old?.metadata.certificates != nil, new.metadata.certificates == nil else { return [] }
        return [.removeCertificates(application: new.row.id)]
    }

    /// The metadata with its certificates; as it is where it has none.
    ///
    /// - Parameters:
    ///   - metadata: of the application.
    ///   - application: the id of its row.
    ///   - rows: its box is among them.
    /// - Returns: the metadata.
    /// - Throws: `authenticationFailed` where it isn't, or is another one.
    func complete(_ metadata: ApplicationMetadata, of application: [UInt8], from rows: [CertificatesRecord])
        throws(CryptoError) -> ApplicationMetadata
    {
        guard let certificates = metadata.certificates else { return metadata }
        guard let row = rows.first(where: { $0.application == application }) else { throw .authenticationFailed }
        let content = try subkeys.open(
            row.box,
            for: .certificates,
            padding: .metadata,
            authenticating: context.certificates(of: application, id: certificates.id)
        )
        var complete = metadata
        complete.certificates?.content = content.publicBytes
        return complete
    }

    /// The row's digest in the tree of rows, or in the sum of format 1.
    func digest(of row: ApplicationRecord) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(row.id)
        encoder.append(row.nameTag)
        encoder.append(row.metadata)
        encoder.append(row.secret)
        return subkeys.digest(of: encoder.bytes, for: .rows)
    }

    /// The digest of a node in the tree of rows.
    func digest(of node: NodeRecord) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(node.path)
        encoder.append(node.digests)
        return subkeys.digest(of: encoder.bytes, for: .nodes)
    }

    // MARK: - Tokens

    /// The id of a token: another secret, endpoint, scope or parameter gives another one.
    func tokenID(of application: StoredApplication, request: [UInt8]) -> [UInt8] {
        tokenID(application.row.format, application.row.id, application.metadata, request: request)
    }

    func tokenID(_ format: VaultFormat, _ application: [UInt8], _ metadata: ApplicationMetadata, request: [UInt8])
        -> [UInt8]
    {
        var encoder = CanonicalEncoder()
        encoder.append("token")
        encoder.append(application)
        encoder.append(metadata.credential)
        encoder.append(metadata.endpoint.canonicalText)
        encoder.append(request)
        return subkeys.digest(of: encoder.bytes, for: format.tokenIDs)
    }

    func token(_ id: [UInt8], of application: StoredApplication, _ token: StoredToken) -> TokenRecord {
        row(id, of: application, token.encoded, expires: token.lifetime.expires)
    }

    func token(_ row: TokenRecord, of application: StoredApplication) throws(CryptoError) -> StoredToken {
        try StoredToken(encoded: content(of: row, application))
    }

    /// The id of the row of a failed request, which exists besides the token's row.
    func noteID(of token: [UInt8], _ application: StoredApplication) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("failure")
        encoder.append(token)
        return subkeys.digest(of: encoder.bytes, for: application.row.format.tokenIDs)
    }

    /// The id of the row of a refusal: the server refuses the credential, whichever token was requested with it.
    func refusalID(of application: StoredApplication) -> [UInt8] { tokenID(of: application, request: []) }

    func note(_ id: [UInt8], of application: StoredApplication, _ note: CachedFailure) -> TokenRecord {
        row(id, of: application, note.encoded, expires: note.expires)
    }

    func note(_ row: TokenRecord, of application: StoredApplication) throws(CryptoError) -> CachedFailure {
        try CachedFailure(encoded: content(of: row, application))
    }

    /// A token's row for another row of its application: after a rename, its tokens are its own.
    func row(_ row: TokenRecord, of old: StoredApplication, for new: StoredApplication, id: [UInt8])
        throws(CryptoError) -> TokenRecord
    {
        self.row(id, of: new, try content(of: row, old), expires: row.expires)
    }

    private func row(_ id: [UInt8], of application: StoredApplication, _ content: [UInt8], expires: Int64)
        -> TokenRecord
    {
        let box = subkeys.seal(
            content.span,
            for: .tokens,
            padding: .token,
            authenticating: context.token(
                .current,
                id,
                application: application.row.id,
                expires: expires,
                digest: application.digest
            )
        )
        return TokenRecord(id: id, application: application.row.id, expires: expires, box: box.combined)
    }

    private func content(of row: TokenRecord, _ application: StoredApplication) throws(CryptoError) -> [UInt8] {
        let box = try subkeys.open(
            row.box,
            for: .tokens,
            padding: .token,
            authenticating: context.token(
                row.format,
                row.id,
                application: row.application,
                expires: row.expires,
                digest: application.digest
            )
        )
        return box.publicBytes
    }

    /// The tag of a mark, which lies outside of the vault.
    func tag(ofMark content: [UInt8]) -> [UInt8] { subkeys.digest(of: content, for: .marks) }
}

extension VaultFormat {
    fileprivate var tokenIDs: VaultKey.Purpose { self == .first ? .names : .tokenIDs }
}

extension SecretBytes {
    /// The bytes of a plaintext that needs no guarded memory: metadata, tokens, the header's state.
    ///
    /// Copied at once: metadata may hold many certificates.
    var publicBytes: [UInt8] {
        withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } }
    }
}
