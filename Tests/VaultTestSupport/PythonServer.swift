import Foundation
import Glibc

/// An OAuth server of PyPI on loopback, over plain http, for as long as this value lives.
package final class PythonServer: Sendable {
    package enum Product: String, Sendable, CaseIterable {
        case djangoOAuthToolkit = "django-oauth-toolkit"
        case authlib
    }

    package let tokenURI: String
    private let process: RunningProcess

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - product: which.
    ///   - clients: secrets by client_id.
    ///   - lifetime: of a token, in seconds.
    /// - Throws: `ServerError.notStarted` with all that it said.
    package init(_ product: Product, clients: [String: String], lifetime: Int) async throws {
        var command = Command(
            TestPaths.oauthPython ?? "python3",
            [
                TestPaths.checkout + "/Tests/Servers/" + product.rawValue,
                String(decoding: try JSONEncoder().encode(clients), as: UTF8.self), "\(lifetime)",
            ]
        )
        command.input = .open
        command.limit = Patience.ofServers
        process = try command.start()
        let said = await process.wait { $0.output.last == 0x0a }
        guard let port = Int(said.outputText.dropFirst("port=".count).dropLast()) else {
            throw ServerError.notStarted(product.rawValue, said)
        }
        let path = product == .authlib ? "oauth/token" : "o/token/"
        tokenURI = "http://127.0.0.1:\(port)/\(path)"
    }

    /// Ends it and waits for its end.
    package func stop() async throws {
        process.closeInput()
        _ = try await process.outcome()
    }
}
