import Foundation
import Glibc

/// Debian's glewlwyd over TLS on loopback, with one confidential client, for as long as this value lives.
package final class Glewlwyd: Sendable {
    package let tokenURI: String
    package let clientID: String
    package let clientSecret: String
    package let scope: String
    /// What a client must trust.
    package let authority: ThrowawayCA
    private let state: TemporaryDirectory
    private let process: RunningProcess

    /// Starts it and waits until it answers.
    ///
    /// - Parameters:
    ///   - lifetime: of a token, in seconds.
    ///   - clients: secrets by client_id, beside its one client of its own.
    /// - Throws: `ServerError.notStarted` with all that it said.
    package init(lifetime: Int = 3600, clients: [String: String] = [:]) async throws {
        authority = try await ThrowawayCA()
        state = try TemporaryDirectory()
        var command = Command(
            TestPaths.checkout + "/Tests/Servers/glewlwyd",
            [
                "--root", TestPaths.servers, "--state", state.path, "--certificates", authority.path,
                "--lifetime", "\(lifetime)",
                "--clients", String(decoding: try JSONEncoder().encode(clients), as: UTF8.self),
            ]
        )
        command.input = .open
        command.limit = Patience.ofServers
        process = try command.start()
        let said = await process.wait { $0.outputText.hasSuffix("ready\n") }
        let pairs = said.outputText.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1) }
        let values = Dictionary(
            pairs.compactMap { $0.count == 2 ? ($0[0], String($0[1])) : nil },
            uniquingKeysWith: { first, _ in first }
        )
        guard let uri = values["token_uri"], let id = values["client_id"], let secret = values["client_secret"],
            let scope = values["scope"]
        else { throw ServerError.notStarted("glewlwyd", said) }
        (tokenURI, clientID, clientSecret, self.scope) = (uri, id, secret, scope)
    }

    /// Ends it and waits for its end.
    package func stop() async throws {
        process.closeInput()
        _ = try await process.outcome()
    }
}
