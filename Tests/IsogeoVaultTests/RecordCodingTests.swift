import Testing
import VaultCrypto
import VaultHTTP
import VaultOAuth
import VaultStore

@testable import IsogeoVault

/// What stands within boxes: one encoding for each value, and nothing else is read.
@Suite struct RecordCodingTests {
    private static func metadata() throws -> ApplicationMetadata {
        ApplicationMetadata(
            name: try .named("éditeur"),
            credential: [UInt8](repeating: 3, count: 16),
            clientID: "client: 1",
            endpoint: try TokenEndpoint("https://id.example:8443/oauth/token?a=b"),
            encoding: .form,
            authURI: "https://id.example/oauth/authorize",
            scopes: ["resources:read", "other"],
            kind: "public",
            isogeoType: "group",
            caFile: "/etc/ssl/ours.pem",
            created: 1_700_000_000,
            credentialWritten: 1_700_000_001
        )
    }

    /// The encoding of these fields.
    private func encoding(_ fields: [[UInt8]]) -> [UInt8] {
        var encoder = CanonicalEncoder()
        for field in fields { encoder.append(field) }
        return encoder.bytes
    }

    private func fields(of bytes: [UInt8]) throws -> [[UInt8]] {
        var decoder = CanonicalDecoder(bytes)
        var fields: [[UInt8]] = []
        while !decoder.isAtEnd { fields.append(try decoder.next()) }
        return fields
    }

    // Everything that `bytes` could become by a slip is refused, and so is the first version that isn't known yet.
    private func expectStrict(_ bytes: [UInt8], later: UInt8 = 2, _ decode: ([UInt8]) throws -> Void) throws {
        for count in bytes.indices { #expect(throws: CryptoError.self) { try decode(Array(bytes[..<count])) } }
        #expect(throws: CryptoError.malformedEncoding) { try decode(bytes + [0]) }
        #expect(throws: CryptoError.malformedEncoding) { try decode(bytes + bytes) }
        var fields = try fields(of: bytes)
        for version in [[0, 0, 0, 0, 0, 0, 0, 0], [later, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0], []] {
            fields[0] = version as [UInt8]
            #expect(throws: CryptoError.malformedEncoding) { try decode(encoding(fields)) }
        }
    }

    @Test func `an application reads back as it was written`() throws {
        let full = try Self.withAPI()
        #expect(try ApplicationMetadata(encoded: full.encoded) == full)
        var bare = full
        (bare.authURI, bare.kind, bare.isogeoType, bare.caFile, bare.scopes) = (nil, nil, nil, nil, [])
        bare.encoding = .raw
        #expect(try ApplicationMetadata(encoded: bare.encoded) == bare)
        #expect(bare.encoded != full.encoded)
    }

    @Test func `an application's encoding is strict`() throws {
        try expectStrict(try Self.metadata().encoded) { _ = try ApplicationMetadata(encoded: $0) }
        try expectStrict(try Self.withAPI().encoded, later: 4) { _ = try ApplicationMetadata(encoded: $0) }
        try expectStrict(try Self.withCertificates().encoded, later: 4) { _ = try ApplicationMetadata(encoded: $0) }
    }

    private static func withAPI() throws -> ApplicationMetadata {
        var metadata = try metadata()
        metadata.proxy = try ProxyAddress("http://proxy.example:3128")
        metadata.apiBase = try APIBase("https://api.example/v1")
        return metadata
    }

    @Test func `an application with a proxy or an API is of version 2, and of 1 without, which earlier programs read`()
        throws
    {
        let plain = try fields(of: try Self.metadata().encoded)
        let api = try fields(of: try Self.withAPI().encoded)
        #expect(plain.count == 13 && plain[0] == [1, 0, 0, 0, 0, 0, 0, 0])
        #expect(api.count == 15 && api[0] == [2, 0, 0, 0, 0, 0, 0, 0])
        #expect(api[13] == Array("http://proxy.example:3128".utf8))
        #expect(api[14] == Array("https://api.example/v1".utf8))
        for (proxy, base) in [(false, true), (true, false)] {
            var one = try Self.withAPI()
            if !proxy { one.proxy = nil }
            if !base { one.apiBase = nil }
            #expect(try ApplicationMetadata(encoded: one.encoded) == one)
        }
        let neither = encoding(api.dropLast(2) + [[], []])
        #expect(throws: CryptoError.malformedEncoding) { _ = try ApplicationMetadata(encoded: neither) }
        for text in ["https://api.example/v1/", "HTTPS://api.example", "http://api.example"] {
            var fields = api
            fields[14] = Array(text.utf8)
            #expect(throws: CryptoError.malformedEncoding) { _ = try ApplicationMetadata(encoded: encoding(fields)) }
        }
    }

    private static func withCertificates() throws -> ApplicationMetadata {
        var metadata = try metadata()
        metadata.certificates = KeptCertificates(id: Array(1...16))
        return metadata
    }

    @Test func `an application whose certificates are kept is of version 3, with or without a proxy`() throws {
        let kept = try fields(of: try Self.withCertificates().encoded)
        #expect(kept.count == 16 && kept[0] == [3, 0, 0, 0, 0, 0, 0, 0])
        #expect(kept[10] == Array("/etc/ssl/ours.pem".utf8) && kept[13] == [] && kept[14] == [])
        #expect(kept[15] == Array(1...16))
        #expect(try ApplicationMetadata(encoded: encoding(kept)) == Self.withCertificates())
        var both = try Self.withAPI()
        both.certificates = KeptCertificates(id: Array(2...17))
        #expect(try ApplicationMetadata(encoded: both.encoded) == both)
        // Certificates come from a file, and none are an earlier version.
        for (index, content) in [(10, []), (15, []), (15, Array(1...15))] as [(Int, [UInt8])] {
            var fields = kept
            fields[index] = content
            #expect(throws: CryptoError.malformedEncoding) { _ = try ApplicationMetadata(encoded: encoding(fields)) }
        }
    }

    @Test(
        arguments: [
            (1, []), (1, Array("a\nb".utf8)), (1, [0xFF]), (3, [0xC3]), (4, Array("http://id.example/".utf8)), (4, []),
            (5, Array("base64".utf8)), (5, []), (11, [1, 2, 3]),
            (13, Array("HTTP://proxy.example:3128".utf8)),
            (0, [1, 0, 0, 0, 0, 0, 0, 0]),
        ] as [(Int, [UInt8])]
    )
    func `a field of an application that can't be is refused`(_ index: Int, _ content: [UInt8]) throws {
        var fields = try fields(of: try Self.withAPI().encoded)
        fields[index] = content
        #expect(throws: CryptoError.malformedEncoding) { _ = try ApplicationMetadata(encoded: encoding(fields)) }
    }

    @Test func `a cached token reads back, strictly`() throws {
        let token = StoredToken(value: "a.b~c", lifetime: TokenLifetime(asked: 5, expires: 3605))
        #expect(try StoredToken(encoded: token.encoded) == token)
        try expectStrict(token.encoded) { _ = try StoredToken(encoded: $0) }
    }

    @Test(
        arguments: [
            (.created, "", .none, ""), (.renamed, "old", .former("old"), "old"),
            (.keyChanged, "passphrase", .former("passphrase"), "passphrase"),
            (.lent, "exec --sdk", .route("exec --sdk"), "exec --sdk"),
            (.unlocked, "until 2030-03-17T17:48:20Z", .sessionEnd(1_900_000_100), "until 2030-03-17T17:48:20Z"),
            (.rekeyed, "epoch 2", .keyEpoch(2), "epoch 2"),
            (
                .tokenRequested, "14 since 2030-03-17T17:46:40Z", .requests(14, since: 1_900_000_000),
                "14 since 2030-03-17T17:46:40Z"
            ),
            (.converted, "format 2", .format(2), "format 2"),
            // What earlier versions never wrote, and later ones may.
            (.unlocked, "until noon", .unknown("until noon"), "until noon"),
            (.rekeyed, "epoch 02", .unknown("epoch 02"), "epoch 02"), (.rekeyed, "2", .unknown("2"), "2"),
            (.created, "twice", .unknown("twice"), "twice"),
            (AuditEvent.Kind(rawValue: "later"), "x", .unknown("x"), "x"),
        ] as [(AuditEvent.Kind, String, AuditDetail, String)]
    )
    func `the detail of an audit event is data, in the form that earlier versions wrote`(
        _ kind: AuditEvent.Kind,
        _ text: String,
        _ detail: AuditDetail,
        _ words: String
    ) {
        let read = AuditDetail(encoded: text, of: kind)
        #expect(read == detail && read.encoded == text && AuditEvent(kind, "s", read).detail == words)
    }

    @Test func `the header's state reads back, strictly`() throws {
        var state = HeaderState()
        #expect(try HeaderState(encoded: state.encoded, format: .second) == state)
        state.applications = .tree(
            .init(count: 300, size: 90_000, depth: 1, root: [UInt8](repeating: 9, count: 32))
        )
        state.defaultApplication = [UInt8](repeating: 4, count: 16)
        #expect(try HeaderState(encoded: state.encoded, format: .second) == state)
        (state.changes.oldest, state.changes.newest) = (7, 9)
        state.changes.beforeOldest = [UInt8](repeating: 1, count: 32)
        state.requests.newestDigest = [UInt8](repeating: 2, count: 32)
        #expect(try HeaderState(encoded: state.encoded, format: .second) == state)
        state.tallies = [RequestTally(AuditEvent(.tokenRequested, "one"), at: 5, after: 3)]
        #expect(try HeaderState(encoded: state.encoded, format: .second) == state)
        try expectStrict(state.encoded, later: 4) { _ = try HeaderState(encoded: $0, format: .second) }
        for (field, bad) in [(3, number(3)), (1, number(.max)), (4, [UInt8](repeating: 9, count: 31)), (5, [4])] {
            var fields = try fields(of: state.encoded)
            fields[field] = bad
            #expect(throws: CryptoError.malformedEncoding) {
                _ = try HeaderState(encoded: encoding(fields), format: .second)
            }
        }
        // More counts than there are ever open.
        var fields = try fields(of: state.encoded)
        fields[14] = number(UInt64(RequestTally.limit + 1))
        #expect(throws: CryptoError.malformedEncoding) {
            _ = try HeaderState(encoded: encoding(fields), format: .second)
        }
    }

    @Test func `a header's state of format 1 reads as it was written, with an audit trail or before there was one`()
        throws
    {
        let sum = [UInt8](repeating: 9, count: 32)
        let row = [UInt8](repeating: 4, count: 16)
        let first = encoding([number(1), sum, row])
        let state = try HeaderState(encoded: first, format: .first)
        #expect(state.applications == .sum(try SetHash(bytes: sum)) && state.defaultApplication == row)
        #expect(state.changes == AuditBounds() && state.requests == AuditBounds() && state.tallies.isEmpty)
        try expectStrict(first, later: 3) { _ = try HeaderState(encoded: $0, format: .first) }
        let digests = [[UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)]
        let second = encoding([number(2), sum, row, number(7), digests[0], number(9), digests[1]])
        let logged = try HeaderState(encoded: second, format: .first)
        #expect(logged.changes.oldest == 7 && logged.changes.newest == 9 && logged.changes.newestDigest == digests[1])
        try expectStrict(second, later: 3) { _ = try HeaderState(encoded: $0, format: .first) }
        // Neither does one version stand for the other: the second has all of its fields, the first no more than its
        // own, and no format reads the other's.
        for bad in [
            [number(2), sum, row], [number(1), sum, row, number(7), digests[0], number(9), digests[1]],
            [number(1), sum, row.dropLast()], [number(1), sum.dropLast(), row],
        ] as [[[UInt8]]] {
            #expect(throws: CryptoError.self) { _ = try HeaderState(encoded: encoding(bad), format: .first) }
        }
        #expect(throws: CryptoError.self) { _ = try HeaderState(encoded: second, format: .second) }
        #expect(throws: CryptoError.self) { _ = try HeaderState(encoded: HeaderState().encoded, format: .first) }
    }

    private func number(_ value: UInt64) -> [UInt8] { value.littleEndianBytes }
}
