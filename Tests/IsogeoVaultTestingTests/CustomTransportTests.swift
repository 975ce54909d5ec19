import Foundation
import IsogeoVaultTesting
import Synchronization
import Testing
import VaultCrypto
import VaultHTTP
import VaultOAuth
import VaultTestSupport

@testable import IsogeoVault

/// A transport that never answers, and lets its task be cancelled or not.
private final class Deaf: TokenEndpointTransport {
    private let cancelled = Mutex(false)

    var wasCancelled: Bool { cancelled.withLock { $0 } }

    func send(_ request: borrowing TokenEndpointRequest) async throws -> TokenEndpointReply {
        do {
            try await Task.sleep(for: Patience.ofServers)
        } catch {
            cancelled.withLock { $0 = true }
        }
        throw TokenEndpointFailure.noConnection
    }
}

@Suite(.endsSometime) struct CustomTransportTests {
    @Test func `a transport that doesn't keep its time is given up and cancelled`() async throws {
        let deaf = Deaf()
        let error = try await withCheckedThrowingContinuation { continuation in
            // It blocks, as it does on the vault's own threads.
            Thread.detachNewThread { continuation.resume(with: Result { try failure(of: deaf) }) }
        }
        #expect(error == .connection(.timedOut))
        #expect(try await waitUntil { deaf.wasCancelled })
    }

    @Test func `certificates and proxy of an application are handed on`() throws {
        let request = TokenEndpointRequest(
            try message(
                ConnectionSettings(
                    caFile: CAFile(path: "/etc/own-ca.pem", certificates: [1, 2]),
                    proxy: try ProxyAddress("http://proxy.example:3128/")
                )
            ),
            timeLimit: .seconds(3)
        )
        #expect(request.caCertificates == [1, 2])
        #expect(request.proxy == "http://proxy.example:3128")
        #expect(request.timeLimit == .seconds(3))
    }
}

private func message(_ connection: ConnectionSettings = ConnectionSettings()) throws -> TransportRequest {
    let secret = SecretBytes(copying: Array("open sesame".utf8).span)
    return TransportRequest(
        try TokenRequest(endpoint: try TokenEndpoint("https://id.example/token")),
        credentials: try BasicCredentials(clientID: "Aladdin", secret: secret, encoding: .raw),
        connection: connection
    )
}

private func failure(of transport: any TokenEndpointTransport) throws -> OAuthError? {
    let message = try message()
    do throws(OAuthError) {
        _ = try CustomTransport(transport: transport).send(message, timeLimit: .milliseconds(20))
        return nil
    } catch {
        return error
    }
}
