package import VaultCrypto
package import VaultHTTP
internal import VaultSystem

/// Asks for tokens: one request, and at most two more where the failure may pass by itself.
///
/// It blocks for the connection's time limit at most: never on Swift's own threads.
package struct TokenClient: Sendable {
    /// How often a request is sent at most.
    package static let tryLimit = 3
    /// How long all tries and pauses may take together by default.
    package static let timeLimit = ConnectionSettings.timeLimit

    private let transport: any TokenTransport
    private let dependencies: Dependencies

    package init(transport: any TokenTransport = CurlTransport(), dependencies: Dependencies = .system) {
        self.transport = transport
        self.dependencies = dependencies
    }

    /// Asks for a token.
    ///
    /// Tried again after no connection, 408, 429, 500, 502, 503 and 504, and after nothing else: a wrong secret must
    /// not lock an account. A `Retry-After` beyond what is left of the time fails at once, with the time.
    ///
    /// - Parameters:
    ///   - request: where and what for.
    ///   - clientID: who asks.
    ///   - secret: it goes into the header, in guarded memory, and nowhere else.
    ///   - encoding: how the header is written.
    ///   - connection: limits, certificates, proxy.
    /// - Returns: the token; its lifetime counts from when its request was sent.
    /// - Throws: why there is none; no server's word in it contains the secret.
    package func token(
        for request: TokenRequest,
        clientID: String,
        secret: borrowing SecretBytes,
        encoding: BasicEncoding = .raw,
        connection: ConnectionSettings = ConnectionSettings()
    ) throws(OAuthError) -> TokenGrant {
        let credentials = try BasicCredentials(clientID: clientID, secret: secret, encoding: encoding)
        let echo = SecretEcho(secret: secret, clientID: clientID)
        let message = TransportRequest(request, credentials: credentials, connection: connection)
        let deadline = dependencies.uptime() + connection.timeLimit
        var attempt = 1
        while true {
            do throws(OAuthError) {
                return try ask(message, echo, deadline: deadline)
            } catch {
                guard error.isTransient, attempt < Self.tryLimit, let pause = pause(after: error, attempt, deadline)
                else { throw error }
                try wait(pause, connection.interruption)
                attempt += 1
            }
        }
    }

    private func ask(_ message: borrowing TransportRequest, _ echo: SecretEcho, deadline: Duration)
        throws(OAuthError) -> TokenGrant
    {
        let requestedAt = dependencies.now()
        let reply = try transport.send(message, timeLimit: deadline - dependencies.uptime())
        return try TokenResponse.decode(reply, requestedAt: requestedAt, now: dependencies.now(), echo: echo)
    }

    /// How long to wait before the next try; nil where no time would be left for it.
    private func pause(after error: OAuthError, _ attempt: Int, _ deadline: Duration) -> Duration? {
        // Half a second, then one, each stretched at random: those who failed together don't come back together.
        let backOff = Duration.milliseconds(500 << (attempt - 1)) * (1 + dependencies.random())
        let asked = error.notBefore.map { Duration.seconds(max(0, $0 - dependencies.now())) } ?? .zero
        let pause = asked + backOff
        // A try in the last second would hardly come to an end.
        return pause + .seconds(1) <= deadline - dependencies.uptime() ? pause : nil
    }

    private func wait(_ pause: Duration, _ interruption: Interruption?) throws(OAuthError) {
        var left = pause
        while left > .zero {
            guard interruption?.isInterrupted != true else { throw .connection(.interrupted) }
            let step = min(left, .milliseconds(100))
            dependencies.sleep(step)
            left -= step
        }
    }
}

extension TokenClient {
    /// Clock, sleep and chance: what the policy takes from outside.
    package struct Dependencies: Sendable {
        /// Seconds since 1970.
        package var now: @Sendable () -> Int64
        /// A clock that never goes back.
        let uptime: @Sendable () -> Duration
        let sleep: @Sendable (Duration) -> Void
        /// At least 0, less than 1.
        let random: @Sendable () -> Double

        package init(
            now: @escaping @Sendable () -> Int64,
            uptime: @escaping @Sendable () -> Duration,
            sleep: @escaping @Sendable (Duration) -> Void,
            random: @escaping @Sendable () -> Double
        ) {
            self.now = now
            self.uptime = uptime
            self.sleep = sleep
            self.random = random
        }

        package static let system = Dependencies(
            now: { SystemClock.secondsSinceEpoch },
            uptime: { SystemClock.timeSinceBoot },
            sleep: { SystemClock.sleep($0) },
            random: { Double.random(in: 0..<1) }
        )
    }
}
