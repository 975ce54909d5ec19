import Foundation
import VaultCrypto
import VaultHTTP
import VaultOAuth
import VaultTestSupport

@testable import IsogeoVault

/// What a golden vault holds, as the text beside it says.
struct GoldenVault: Codable {
    struct Application: Codable {
        let name: String
        let clientID: String
        let secret: String
        /// What the Basic header says before it is encoded in Base64.
        let basic: String
        let tokenURI: String
        let basicEncoding: String
        let authURI: String?
        let scopes: [String]
        let kind: String?
        let isogeoType: String?
        let caFile: String?
        /// Format 1 has the path alone.
        let certificates: String?
        let created: Int64
        let credentialWritten: Int64
    }

    struct Token: Codable, Equatable {
        let application: String
        let value: String
        let asked: Int64
        let expires: Int64
    }

    let passphrase: String
    /// 64 hexadecimal digits.
    let keyFile: String
    let now: Int64
    let `default`: String
    let applications: [Application]
    let token: Token

    /// The vault of format 1, from before the audit trail, checked in.
    static let path = TestPaths.fixture("golden-format-1.db")
    /// Vaults of all formats with these contents.
    static let paths = [path, TestPaths.fixture("golden-format-2.db")]

    static func described() throws -> GoldenVault {
        let text = try Data(contentsOf: URL(filePath: TestPaths.fixture("golden-format-1.json")))
        return try JSONDecoder().decode(GoldenVault.self, from: text)
    }

    /// Makes another vault of the same contents.
    func make(at path: String) throws {
        let digits = Hexadecimal.decode(Array(keyFile.utf8).span)
        let vault = TwoSlotVault(
            passphrase: passphrase,
            keyFile: digits?.revealed ?? [],
            now: now,
            applications: try applications.map { (try $0.metadata(), $0.secret) },
            defaultApplication: applications.firstIndex { $0.name == self.default },
            token: applications.firstIndex { $0.name == token.application }.map {
                let lifetime = TokenLifetime(asked: token.asked, expires: token.expires)
                return ($0, StoredToken(value: token.value, lifetime: lifetime))
            }
        )
        try vault.make(at: path)
    }
}

extension GoldenVault.Application {
    fileprivate func metadata() throws -> ApplicationMetadata {
        var metadata = ApplicationMetadata(
            name: try .named(name),
            credential: Sodium.randomBytes(16),
            clientID: clientID,
            endpoint: try TokenEndpoint(tokenURI),
            encoding: basicEncoding == "raw" ? .raw : .form,
            authURI: authURI,
            scopes: scopes,
            kind: kind,
            isogeoType: isogeoType,
            caFile: caFile,
            created: created,
            credentialWritten: credentialWritten
        )
        if let caFile, let certificates {
            metadata.certificates = KeptCertificates(CAFile(path: caFile, certificates: Array(certificates.utf8)))
        }
        return metadata
    }
}

/// A vault of format 1 that has an audit trail, checked in: made by the last version that wrote that format.
enum LoggedVault {
    /// The events of its audit trail.
    static let events = [
        "created", "imported catalogue", "imported plans", "default catalogue", "token catalogue", "token catalogue",
        "token plans", "renamed maps plans", "exported maps", "forgotten maps", "token maps",
        "key-added recovery eb9e2068",
    ]
    /// Seconds since 1970: within the lives of its tokens.
    static let now: Int64 = 1_795_893_000

    /// Puts it in the place of a fixture's vault.
    static func write(in world: VaultFixture) throws {
        let content = try Data(contentsOf: URL(filePath: TestPaths.fixture("golden-format-1-log.db")))
        try world.folder.write(content, to: "vault.db")
        try writeKey(to: world)
        world.clock.set(now)
    }

    static func writeKey(to world: VaultFixture) throws {
        let content = try Data(contentsOf: URL(filePath: TestPaths.fixture("golden-format-1-log.key")))
        try world.folder.write(content, to: "key")
    }
}

/// A vault with so many applications, `a0`, `a1` and so on, made in one transaction.
enum ManyApplications {
    static func make(_ count: Int, in world: VaultFixture) throws {
        let vault = TwoSlotVault(
            keyFile: [UInt8](repeating: 0x42, count: 32),
            applications: try (0..<count).map { (try .sample("a\($0)"), "secret \($0)") }
        )
        try vault.make(at: world.path)
        try world.folder.write(String(repeating: "42", count: 32) + "\n", to: "key")
    }
}
