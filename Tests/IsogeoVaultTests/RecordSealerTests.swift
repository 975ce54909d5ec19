import Testing
import VaultCrypto
import VaultKeys
import VaultOAuth
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// No box opens anywhere but in its own place.
@Suite struct RecordSealerTests: ~Copyable {
    private static let vault = VaultIdentity(format: 1, id: [UInt8](repeating: 7, count: 16))
    private static let keyBytes = SecretBytes.random(count: 32).revealed
    private let sealer: RecordSealer
    private let secret = SecretBytes("a secret")

    init() throws { sealer = try Self.sealer() }

    private static func sealer(
        _ vault: VaultIdentity = vault,
        epoch: Int64 = 1,
        key: [UInt8] = keyBytes
    ) throws -> RecordSealer {
        RecordSealer(try VaultKey(SecretBytes(copying: key.span)), vault: vault, keyEpoch: epoch)
    }

    /// Sealers of which each differs in one thing from `sealer`.
    private static func strangers() throws -> [RecordSealerBox] {
        [
            RecordSealerBox(try sealer(VaultIdentity(format: 1, id: [UInt8](repeating: 8, count: 16)))),
            RecordSealerBox(try sealer(epoch: 2)),
            RecordSealerBox(try sealer(key: [UInt8](repeating: 1, count: 32))),
        ]
    }

    private func id(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 16) }

    private func metadata(_ name: String, credential: UInt8 = 1) throws -> ApplicationMetadata {
        ApplicationMetadata(
            name: try .named(name),
            credential: id(credential),
            clientID: "client",
            endpoint: .isogeo,
            encoding: .raw,
            scopes: [],
            created: 1,
            credentialWritten: 1
        )
    }

    private func stored(_ application: UInt8 = 1, _ name: String = "one") throws -> StoredApplication {
        let metadata = try metadata(name)
        return StoredApplication(sealer.application(id(application), metadata, secret: secret), metadata, sealer)
    }

    private func token(_ byte: UInt8, of application: StoredApplication, expires: Int64 = 3600) -> TokenRecord {
        let lifetime = TokenLifetime(asked: 0, expires: expires)
        return sealer.token(
            [UInt8](repeating: byte, count: 32),
            of: application,
            StoredToken(value: "token-\(byte)", lifetime: lifetime)
        )
    }

    private func expectRefused(_ row: ApplicationRecord, by sealer: borrowing RecordSealer) {
        var isRefused = false
        do { _ = try sealer.metadata(of: row) } catch { isRefused = error == .authenticationFailed }
        #expect(isRefused)
    }

    private func expectSecretRefused(
        _ row: ApplicationRecord,
        _ metadata: ApplicationMetadata,
        by sealer: borrowing RecordSealer
    ) {
        var isRefused = false
        do { _ = try sealer.secret(of: row, metadata) } catch { isRefused = error == .authenticationFailed }
        #expect(isRefused)
    }

    private func expectRefused(_ row: TokenRecord, of application: StoredApplication, by sealer: borrowing RecordSealer)
    {
        var isRefused = false
        do { _ = try sealer.token(row, of: application) } catch { isRefused = error == .authenticationFailed }
        #expect(isRefused)
    }

    // MARK: - Applications

    @Test func `an application's boxes open in their row`() throws {
        let metadata = try metadata("one")
        let row = sealer.application(id(1), metadata, secret: secret)
        #expect(try sealer.metadata(of: row) == metadata)
        #expect(try sealer.secret(of: row, metadata).revealed == Array("a secret".utf8))
        #expect(row.metadata.count == 24 + 512 + 16 && row.secret.count == 24 + 256 + 16)
    }

    @Test func `metadata of another row, or under another name's tag, is refused`() throws {
        let one = sealer.application(id(1), try metadata("one"), secret: secret)
        let two = sealer.application(id(2), try metadata("two"), secret: secret)
        var mixed = one
        mixed.metadata = two.metadata
        expectRefused(mixed, by: sealer)
        mixed.nameTag = two.nameTag
        expectRefused(mixed, by: sealer)
        mixed = one
        mixed.nameTag = two.nameTag
        expectRefused(mixed, by: sealer)
        mixed = one
        mixed.id = two.id
        expectRefused(mixed, by: sealer)
    }

    @Test func `the secret of another row is refused`() throws {
        let metadata = try metadata("one")
        let one = sealer.application(id(1), metadata, secret: secret)
        let two = sealer.application(id(2), metadata, secret: secret)
        var mixed = one
        mixed.secret = two.secret
        expectSecretRefused(mixed, metadata, by: sealer)
    }

    @Test func `an old secret beside new metadata is refused, and the other way round`() throws {
        let (old, new) = (try metadata("one", credential: 1), try metadata("one", credential: 2))
        let before = sealer.application(id(1), old, secret: secret)
        let after = sealer.application(id(1), new, secret: secret)
        var mixed = after
        mixed.secret = before.secret
        expectSecretRefused(mixed, new, by: sealer)
        mixed = before
        mixed.secret = after.secret
        expectSecretRefused(mixed, old, by: sealer)
    }

    @Test func `boxes of one row can't be exchanged for each other`() throws {
        let metadata = try metadata("one")
        var row = sealer.application(id(1), metadata, secret: secret)
        (row.metadata, row.secret) = (row.secret, row.metadata)
        expectRefused(row, by: sealer)
        expectSecretRefused(row, metadata, by: sealer)
    }

    @Test func `no record passes for one of another format`() throws {
        let application = try stored()
        var row = application.row
        row.format = .first
        expectRefused(row, by: sealer)
        expectSecretRefused(row, application.metadata, by: sealer)
        var token = token(1, of: application)
        token.format = .first
        expectRefused(token, of: application, by: sealer)
        var header = header()
        header.format = .first
        let isBelieved = sealer.authenticates(header)
        #expect(!isBelieved)
        var entry = sealer.auditEntry(
            AuditEntry(time: 1, event: AuditEvent(.created), previous: []),
            .changes,
            number: 1
        )
        #expect(throws: Never.self) { try sealer.auditEntry(entry) }
        entry.trail = .requests
        #expect(throws: CryptoError.authenticationFailed) { try sealer.auditEntry(entry) }
        (entry.trail, entry.format) = (.changes, .first)
        #expect(throws: CryptoError.authenticationFailed) { try sealer.auditEntry(entry) }
    }

    @Test func `another vault, epoch or key opens nothing`() throws {
        let metadata = try metadata("one")
        let row = sealer.application(id(1), metadata, secret: secret)
        let application = StoredApplication(row, metadata, sealer)
        let token = token(1, of: application)
        let header = header()
        for stranger in try Self.strangers() {
            expectRefused(row, by: stranger.sealer)
            expectSecretRefused(row, metadata, by: stranger.sealer)
            expectRefused(token, of: application, by: stranger.sealer)
            let isBelieved = stranger.sealer.authenticates(header) && (try? stranger.sealer.state(of: header)) != nil
            #expect(!isBelieved)
        }
    }

    @Test func `the digest covers every column of a row`() throws {
        let row = sealer.application(id(1), try metadata("one"), secret: secret)
        let digest = sealer.digest(of: row)
        for column in [\ApplicationRecord.id, \.nameTag, \.metadata, \.secret] {
            var edited = row
            edited[keyPath: column][3] ^= 1
            #expect(sealer.digest(of: edited) != digest)
        }
    }

    @Test func `a name's tag tells nothing without the key, and differs for each name`() throws {
        let (one, other) = (try ApplicationName.named("one"), try ApplicationName.named("two"))
        #expect(sealer.nameTag(of: one) == sealer.nameTag(of: one))
        #expect(sealer.nameTag(of: one) != sealer.nameTag(of: other))
        #expect(try sealer.nameTag(of: .named("\u{E9}")) == sealer.nameTag(of: .named("e\u{301}")))
        let stranger = try Self.sealer(key: [UInt8](repeating: 1, count: 32))
        #expect(stranger.nameTag(of: one) != sealer.nameTag(of: one))
    }

    // MARK: - Tokens

    @Test func `a token opens in its row, and in no other`() throws {
        let application = try stored()
        let (one, two) = (token(1, of: application), token(2, of: application))
        #expect(try sealer.token(one, of: application).value == "token-1")
        #expect(one.box.count == 24 + 1024 + 16)
        var mixed = one
        mixed.box = two.box
        expectRefused(mixed, of: application, by: sealer)
        mixed = one
        mixed.application = id(2)
        expectRefused(mixed, of: application, by: sealer)
        mixed = one
        mixed.expires += 1
        expectRefused(mixed, of: application, by: sealer)
        mixed = one
        mixed.id = two.id
        expectRefused(mixed, of: application, by: sealer)
    }

    @Test func `a token opens with its application's row alone, and not with an older one of the same`() throws {
        let (old, new) = (try stored(), try stored())
        let token = token(1, of: new)
        #expect(try sealer.token(token, of: new).value == "token-1")
        #expect(old.row.id == new.row.id && old.metadata == new.metadata)
        expectRefused(token, of: old, by: sealer)
        // A rename takes it along.
        let renamed = try stored(1, "two")
        let moved = try sealer.row(token, of: new, for: renamed, id: token.id)
        #expect(try sealer.token(moved, of: renamed).value == "token-1")
        expectRefused(moved, of: new, by: sealer)
    }

    @Test func `another application, secret, endpoint or request is another token`() throws {
        let metadata = try metadata("one")
        var (otherSecret, otherEndpoint) = (metadata, metadata)
        otherSecret.credential = id(2)
        otherEndpoint.endpoint = try TokenEndpoint("https://id.example/")
        func tokenID(_ application: UInt8, _ metadata: ApplicationMetadata, _ request: UInt8) -> [UInt8] {
            sealer.tokenID(.current, id(application), metadata, request: [request])
        }
        let ids = [
            tokenID(1, metadata, 1), tokenID(2, metadata, 1), tokenID(1, otherSecret, 1), tokenID(1, otherEndpoint, 1),
            tokenID(1, metadata, 2),
        ]
        #expect(Set(ids).count == ids.count)
        var renamed = metadata
        renamed.name = try .named("two")
        #expect(tokenID(1, renamed, 1) == ids[0])
    }

    // MARK: - Header

    private func header(after previous: HeaderRecord? = nil, now: Int64 = 100) -> HeaderRecord {
        var state = HeaderState()
        state.defaultApplication = id(1)
        let digests = SlotDigests([SlotDigests.Entry(id: id(1), digest: [UInt8](repeating: 1, count: 32))])
        guard let digests else { preconditionFailure("one slot") }
        return sealer.header(state, slots: digests, after: previous, now: now)
    }

    @Test func `a header is authentic as it was made, and its successor counts on`() throws {
        let first = header()
        let isAuthentic = sealer.authenticates(first)
        #expect(isAuthentic)
        #expect(try sealer.state(of: first).defaultApplication == id(1))
        #expect(first.generation == 1 && first.created == 100 && first.changed == 100)
        let next = header(after: first, now: 200)
        #expect(next.generation == 2 && next.created == 100 && next.changed == 200 && next.tag != first.tag)
    }

    @Test func `a header in which anything was edited isn't authentic`() throws {
        let whole = header()
        var edits: [HeaderRecord] = []
        for column in [\HeaderRecord.vaultID, \.state, \.tag] {
            var edited = whole
            edited[keyPath: column][5] ^= 1
            edits.append(edited)
        }
        for column in [\HeaderRecord.created, \.changed, \.keyEpoch, \.generation] {
            var edited = whole
            edited[keyPath: column] += 1
            edits.append(edited)
        }
        var edited = whole
        edited.slots = try #require(
            SlotDigests([SlotDigests.Entry(id: id(1), digest: [UInt8](repeating: 2, count: 32))])
        )
        edits.append(edited)
        for edited in edits {
            let isAuthentic = sealer.authenticates(edited)
            #expect(!isAuthentic)
        }
    }
}

/// A sealer in an array.
private final class RecordSealerBox {
    let sealer: RecordSealer
    init(_ sealer: consuming RecordSealer) { self.sealer = sealer }
}
