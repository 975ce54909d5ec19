import Foundation
import Glibc
import Testing
import VaultCrypto
import VaultHTTP
import VaultTestSupport

@testable import VaultOAuth

/// Looked for in everything that is said; 64 characters, as Isogeo's secrets have.
let canary = "CANARYcanary0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
let clientID = "python-minimalist-sdk-test-uuid-1a2b3c4d5e6f4a8b9c0d1e2f3a4b5c6d"

func guarded(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8).span) }
func guarded(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(copying: bytes.span) }

func plain(_ secret: borrowing SecretBytes) -> String { secret.withBytes { plain($0) } }
func plain(_ span: Span<UInt8>) -> String { String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }

/// Runs what blocks on a thread of its own: Swift's pool has as many threads as there are cores.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// Everything that an error can say.
func words(of error: OAuthError) -> String { "\(error.sentence) \(error.remedy) \(error) \(String(reflecting: error))" }

/// What finds `canary`, or another secret, under `clientID`.
func echo(of secret: String = canary) -> SecretEcho { SecretEcho(secret: guarded(secret), clientID: clientID) }

/// Asks once with the real transport, on a thread of its own.
func ask(
    _ address: String,
    scope: String? = nil,
    connection: ConnectionSettings = ConnectionSettings(),
    timeLimit: Duration = Patience.end,
    isSet: @escaping @Sendable (String) -> Bool = { _ in false }
) async throws -> Result<TokenGrant, OAuthError> {
    let request = try TokenRequest(endpoint: TokenEndpoint(address), scope: scope)
    return try await onThread {
        Result { () throws(OAuthError) in
            let secret = guarded(canary)
            let credentials = try BasicCredentials(clientID: clientID, secret: secret, encoding: .raw)
            let message = TransportRequest(request, credentials: credentials, connection: connection)
            let reply = try CurlTransport(isSet: isSet).send(message, timeLimit: timeLimit)
            return try TokenResponse.decode(reply, requestedAt: 0, now: 0, echo: echo())
        }
    }
}

/// A port that nobody listens on, and that nobody else can have meanwhile.
final class ClosedPort {
    let number: UInt16
    private let socket: CInt

    init() throws {
        let socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        self.socket = socket
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(socket, address, size) == 0 && getsockname(socket, address, &size) == 0
            }
        }
        try #require(bound)
        number = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(socket) }
}
