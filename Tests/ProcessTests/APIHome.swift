import Foundation
import VaultTestSupport

/// A home whose application's tokens and API are on one scripted server.
struct APIHome {
    let home: Home
    let server: TokenServer

    /// An answer of the server's.
    enum Answer {
        /// The usual one: a token for every request.
        case token
        case json(Int, String, headers: [String: String] = [:])
        /// Bytes as they are, then the end of the connection.
        case raw(String)

        fileprivate var script: Any {
            switch self {
            case .token: NSNull()
            case .json(let status, let body, let headers):
                ["status": status, "body": body, "headers": headers]
            case .raw(let text): ["raw": Data(text.utf8).base64EncodedString()]
            }
        }
    }

    // The last of the answers is for all that follow.
    init(_ answers: Answer..., authority: ThrowawayCA? = nil, options: [String] = []) async throws {
        var server = TokenServer.Options()
        server.authority = authority
        let script = try JSONSerialization.data(withJSONObject: answers.map(\.script))
        server.answers = String(decoding: script, as: UTF8.self)
        self.server = try await TokenServer(server)
        var home = try Home()
        let base = self.server.url.replacing("/oauth/token", with: "/api")
        let file = try home.writeFile(tokenURI: self.server.url)
        let arguments = ["import", file, "--protect", "key-file=\(home.key)", "--api-base", base] + options
        let made = try await home.command(arguments).run()
        guard made.exitCode == 0 else { throw ServerError.notStarted("import", made) }
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        self.home = home
    }

    /// Scheme, host and port.
    var origin: String { String(server.url.dropLast("/oauth/token".count)) }

    /// The requests for tokens, and those of the API.
    var tokenRequests: Int { get throws { try server.requests.count { $0.method == "POST" } } }
    var reads: [TokenServer.Request] { get throws { try server.requests.filter { $0.method == "GET" } } }
}
