import Foundation
import Testing
import VaultTestSupport

@testable import VaultCrypto

/// Project Wycheproof's XChaCha20-Poly1305 vectors; they stay outside of the project.
@Suite struct WycheproofTests {
    private struct Vectors: Decodable {
        struct Group: Decodable { let ivSize: Int, tests: [Test] }
        struct Test: Decodable {
            let tcId: Int
            let key, iv, aad, msg, ct, tag, result: String
        }
        let numberOfTests: Int
        let testGroups: [Group]
    }

    private static let file = TestPaths.corpora + "/wycheproof/xchacha20_poly1305_test.json"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: file), "no \(file)"))
    func `all 315 vectors`() throws {
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: URL(filePath: Self.file)))
        var seen = 0
        for vector in vectors.testGroups.flatMap(\.tests) {
            seen += 1
            let key = bytes(vector.key)
            let sealed = bytes(vector.ct) + bytes(vector.tag)
            let nonce = bytes(vector.iv), context = bytes(vector.aad), message = bytes(vector.msg)
            if vector.result == "valid" {
                let opened = try XChaCha20Poly1305.open(
                    sealed.span,
                    key: key.span,
                    nonce: nonce,
                    authenticating: context
                )
                #expect(opened.revealed == message, "vector \(vector.tcId)")
                let made = XChaCha20Poly1305.seal(message.span, key: key.span, nonce: nonce, authenticating: context)
                #expect(made == sealed, "vector \(vector.tcId)")
            } else {
                #expect(throws: CryptoError.authenticationFailed, "vector \(vector.tcId)") {
                    _ = try XChaCha20Poly1305.open(sealed.span, key: key.span, nonce: nonce, authenticating: context)
                }
            }
        }
        #expect(seen == 315 && vectors.numberOfTests == 315)
    }
}
