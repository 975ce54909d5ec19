import CVaultTestSupport
import Foundation
import Testing
import VaultCrypto
import VaultHTTP
import VaultTestSupport

@testable import VaultOAuth

/// This process's memory, at the grain of a vector register.
///
/// It is searched as an attacker with a core dump or a swap partition would. Each test has a process of its own, whose
/// `free` wipes nothing.
@Suite struct MemoryTests {
    /// A secret that exists in no other place, and what finds it and the Base64 text of its header.
    private final class Needle: Sendable {
        let secret: SecretBytes
        let patterns: [MemorySearch.Pattern]

        init() throws {
            let secret = SecretBytes.random(count: 48).withBytes { Base64.encode($0) }
            let pair = try BasicCredentials(clientID: clientID, secret: secret, encoding: .raw)
                .withEncodedPair { $0.count }
            // What of the pair doesn't depend on the secret is no secret.
            let first = (clientID.utf8.count + 1) * 8 / 6
            patterns = [
                secret.withBytes { .init("the secret", lent: $0) },
                try BasicCredentials(clientID: clientID, secret: secret, encoding: .raw)
                    .withEncodedPair { .init("the header", lent: $0.extracting(first..<pair)) },
            ]
            self.secret = secret
        }

        /// Where a piece of either stands, in what threads have in their registers, too.
        func search() throws -> MemorySearch {
            #expect(cvault_test_spill_registers() == 0)
            let search = try MemorySearch(ofOurselvesFor: patterns, grain: .register)
            #expect(search.bytesRead > 1 << 20)
            return search
        }
    }

    @Test(.enabled(if: OpenSSL.path != nil, "the openssl program isn't installed"))
    func `while an answer is awaited, and afterwards, the secret is in locked pages alone`() async {
        await #expect(processExitsWith: .success) { () async throws in
            let authority = try await ThrowawayCA()
            let server = try await onThread { try TLSServer(authority, isSilent: true) }
            let needle = try Needle()
            guard SecretBytes.allLocked else { return }
            let interruption = Interruption()
            let request = try TokenRequest(endpoint: TokenEndpoint("https://localhost:\(server.port)/"))
            let settings = ConnectionSettings(
                caFile: try CAFile.read(authority.certificate),
                interruption: interruption
            )

            async let waiting = onThread {
                defer { interruption.interrupt() }
                try server.waitForRequest()
                return try needle.search()
            }
            let result = try await onThread {
                Result { () throws(OAuthError) in
                    try TokenClient().token(
                        for: request,
                        clientID: clientID,
                        secret: needle.secret,
                        connection: settings
                    )
                }
            }
            let found = try await waiting
            let afterwards = try await onThread { try needle.search() }
            try await onThread { server.stop() }

            #expect(result == .failure(.connection(.interrupted)))
            for hit in found.hitsOutsideLockedMemory { Issue.record("while the answer is awaited: \(hit)") }
            // The search does see what it may find: libcurl's send buffer.
            #expect(found.hits.contains { $0.pattern == "the header" && $0.mapping.isExcludedFromDumps })
            // The needle's own secret is alive.
            for hit in afterwards.hits where hit.pattern != "the secret" || !hit.mapping.isGuarded {
                Issue.record("afterwards: \(hit)")
            }
        }
    }

    @Test(arguments: ["null", #"{"status": 401, "headers": {}, "body": "{\"error\": \"invalid_client\"}"}"#])
    func `what libcurl frees is wiped`(answer: String) async throws {
        var options = TokenServer.Options()
        options.answers = "[\(answer)]"
        let server = try await TokenServer(options)
        await #expect(processExitsWith: .success) { [url = server.url as String] () async throws in
            #expect(try await onThread { CurlTransport.wipesMemory })
            let needle = try Needle()
            let request = try TokenRequest(endpoint: TokenEndpoint(url))
            try await onThread {
                _ = Result { () throws(OAuthError) in
                    try TokenClient().token(for: request, clientID: clientID, secret: needle.secret)
                }
            }
            for hit in try needle.search().hits where hit.pattern != "the secret" || !hit.mapping.isGuarded {
                Issue.record("\(hit)")
            }
        }
        #expect(try server.requests.count == 1)
    }
}
