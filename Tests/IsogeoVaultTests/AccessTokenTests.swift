import Foundation
import Testing
import VaultTestSupport

@testable import IsogeoVault

/// A token is never shown by accident.
@Suite struct AccessTokenTests {
    private struct Holder { let token: AccessToken }

    private let canary = Canary()

    private func token() throws -> AccessToken {
        let lifetime = TokenLifetime(asked: 1000, grantedSeconds: 3600)
        return AccessToken(
            StoredToken(value: canary.text, lifetime: lifetime),
            of: try .named("catalogue"),
            remaining: lifetime.remaining(at: 1600),
            .endpoint
        )
    }

    private func printed(_ value: Any) -> String {
        var text = ""
        print(value, to: &text)
        debugPrint(value, to: &text)
        dump(value, to: &text)
        return text + "\(value)" + String(describing: value) + String(reflecting: value)
    }

    @Test func `it tells what may be told`() throws {
        let token = try token()
        #expect(token.value == canary.text)
        #expect(token.authorization == "Bearer \(canary.text)")
        #expect(token.remainingSeconds == 3000)
        #expect(token.expires.timeIntervalSince1970 == 4600)
        #expect(token.application.description == "catalogue" && token.source == .endpoint)
    }

    @Test func `printing, interpolating, dumping and mirroring it shows a word instead`() throws {
        let token = try token()
        #expect("\(token)" == "AccessToken(redacted)" && token.debugDescription == "AccessToken(redacted)")
        #expect(Mirror(reflecting: token).children.isEmpty)
        canary.expectAbsent(in: printed(token).utf8, named: "a printed token")
    }

    @Test func `within other values it is hidden too`() throws {
        let token = try token()
        let values: [Any] = [
            Holder(token: token), [token], Optional.some(token) as Any, ["token": token], (token, 1),
            Result<AccessToken, VaultError>.success(token), [[Holder(token: token)]],
        ]
        for value in values { canary.expectAbsent(in: printed(value).utf8, named: "a value with a token") }
    }
}
