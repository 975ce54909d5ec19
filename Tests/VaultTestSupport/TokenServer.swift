import Foundation
import Glibc

/// `Scripts/token-server` on a free port of loopback, for as long as this value lives.
package final class TokenServer: Sendable {
    /// What the server is told, as its options are called.
    package struct Options: Sendable {
        /// For TLS.
        package var authority: ThrowawayCA?
        /// Whose Basic credentials are taken; nil takes all.
        package var client: (id: String, secret: String)?
        /// A JSON value, or `none`.
        package var expiresIn = "3599"
        /// Answers wait until `TokenServer.release`.
        package var holdsAnswers = false
        /// A JSON array of scripted answers.
        package var answers: String?

        package init() {}
    }

    /// A request as the server saw it.
    package struct Request: Decodable, Sendable {
        package let id: Int
        /// Seconds since 1970.
        package let time: Double
        package let method: String
        package let path: String
        /// Names and values in the order in which they came.
        package let headers: [[String]]
        package let body: String

        package func values(of header: String) -> [String] {
            headers.filter { $0.first?.lowercased() == header.lowercased() }.compactMap(\.last)
        }
    }

    package let port: Int
    package let url: String
    /// Scheme, host and port of `url`.
    package var origin: String { String(url.dropLast("/oauth/token".count)) }
    private let folder: TemporaryDirectory
    private let process: RunningProcess

    /// Starts it and waits until it listens.
    package init(_ options: Options = Options()) async throws {
        folder = try TemporaryDirectory()
        var arguments = ["--until-stdin-closes", "--log", folder("log"), "--expires-in", options.expiresIn]
        if let client = options.client { arguments += ["--client-id", client.id, "--client-secret", client.secret] }
        if options.holdsAnswers { arguments += ["--hold", folder("release")] }
        if let answers = options.answers { arguments += ["--answers", try folder.write(answers, to: "answers")] }
        if let authority = options.authority {
            arguments += ["--tls-cert", authority.serverCertificate, "--tls-key", authority.serverKey]
        }
        var command = Command(TestPaths.checkout + "/Scripts/token-server", arguments)
        command.input = .open
        command.limit = Patience.ofServers
        process = try command.start()
        let said = await process.wait { $0.output.last == 0x0a }
        guard let port = Int(said.outputText.dropFirst("port=".count).dropLast()) else {
            throw ServerError.notStarted("token-server", said)
        }
        self.port = port
        url = "\(options.authority == nil ? "http" : "https")://localhost:\(port)/oauth/token"
    }

    /// Lets the held answers go, those to come included.
    package func release() throws { try folder.write("", to: "release") }

    /// The requests that were begun, in their order.
    package var requests: [Request] {
        get throws { try events("begin").map { try JSONDecoder().decode(Request.self, from: $0) } }
    }

    /// How many requests were answered.
    package var answered: Int { get throws { try events("end").count } }

    private func events(_ name: String) throws -> [Data] {
        // Behind the last line feed stands nothing, or a line that is still being written.
        let lines = try folder.read("log").split(separator: 0x0a, omittingEmptySubsequences: false).dropLast()
        return try lines.map { Data($0) }.filter { try JSONDecoder().decode(Event.self, from: $0).event == name }
    }

    private struct Event: Decodable { let event: String }

    /// Waits until so many requests were begun.
    ///
    /// - Returns: whether it came to that before time was up.
    package func waitForRequests(_ count: Int, within patience: Duration = Patience.end) async throws -> Bool {
        let deadline = ContinuousClock.now + patience
        while try requests.count < count, .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        return try requests.count >= count
    }

    /// Ends the server; whoever asks from now on finds nobody.
    package func stop() async throws {
        process.send(SIGTERM)
        _ = try await process.outcome()
    }
}
