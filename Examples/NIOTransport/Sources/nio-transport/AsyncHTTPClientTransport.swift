import AsyncHTTPClient
import IsogeoVault
import NIOCore
import NIOPosix
import NIOSSL

/// Token requests by AsyncHTTPClient, for a service that has one already and wants no libcurl in its process.
///
/// The Basic header becomes a `String` here and lies in NIO's buffers, which nobody wipes: what the vault promises for
/// memory ends where this begins.
struct AsyncHTTPClientTransport: TokenEndpointTransport {
    /// More than this isn't a token.
    private static let answerLimit = 1 << 20

    func send(_ request: borrowing TokenEndpointRequest) async throws -> TokenEndpointReply {
        var message = HTTPClientRequest(url: request.url)
        message.method = .POST
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        let authorization = request.withAuthorization { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
        message.headers.add(name: "Authorization", value: authorization)
        message.body = .bytes(ByteBuffer(bytes: request.body))
        let limit = TimeAmount.nanoseconds(Int64(request.timeLimit / .nanoseconds(1)))

        // A request an hour needs no pool of connections, and each application may trust certificates of its own.
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        if let certificates = request.caCertificates {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(certificates))
            settings.tlsConfiguration = tls
        }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        let reply: Result<TokenEndpointReply, any Error>
        do { reply = .success(try await Self.reply(to: message, by: client, within: limit)) } catch {
            reply = .failure(error)
        }
        try await client.shutdown()
        return try reply.get()
    }

    private static func reply(to message: HTTPClientRequest, by client: HTTPClient, within limit: TimeAmount)
        async throws -> TokenEndpointReply
    {
        do {
            let answer = try await client.execute(message, timeout: limit)
            let body = try await answer.body.collect(upTo: answerLimit)
            return TokenEndpointReply(
                status: Int(answer.status.code),
                body: Array(body.readableBytesView),
                retryAfter: answer.headers.first(name: "Retry-After"),
                location: answer.headers.first(name: "Location")
            )
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            throw TokenEndpointFailure.timedOut
        } catch is NIOSSLError {
            throw TokenEndpointFailure.untrustedServer
        } catch is NIOConnectionError {
            throw TokenEndpointFailure.noConnection
        }
    }
}
