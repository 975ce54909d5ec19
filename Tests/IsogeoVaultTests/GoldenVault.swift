import Foundation
import VaultCrypto
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

    /// The vault of format 1, checked in.
    static let path = TestPaths.fixture("golden-format-1.db")

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
        ApplicationMetadata(
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
    }
}
