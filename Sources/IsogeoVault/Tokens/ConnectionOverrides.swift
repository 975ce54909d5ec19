internal import VaultOAuth

/// What one call says of the way to token endpoints; what it leaves open is the application's, or usual.
package struct ConnectionOverrides: Sendable {
    /// Certificates (PEM) in place of those that are kept for the application, or the system's.
    package var caFile: String?
    /// How long a connection may take to come about; 10 seconds.
    package var connectTimeLimit: Duration?
    /// How long a token may take, with all tries, and how long an API may be silent; 30 seconds.
    package var timeLimit: Duration?

    package init(caFile: String? = nil, connectTimeLimit: Duration? = nil, timeLimit: Duration? = nil) {
        self.caFile = caFile
        self.connectTimeLimit = connectTimeLimit
        self.timeLimit = timeLimit
    }
}

extension VaultDependencies {
    /// How long a token may take at most.
    var timeLimit: Duration { connection.timeLimit ?? TokenClient.timeLimit }

    /// How the endpoint of an application is reached.
    ///
    /// - Parameters:
    ///   - metadata: the application's.
    ///   - interruption: ends the request.
    /// - Returns: what this call says, else what is kept for the application.
    func connection(for metadata: ApplicationMetadata, _ interruption: Interruption? = nil) -> ConnectionSettings {
        var settings = ConnectionSettings(
            timeLimit: timeLimit,
            caFile: connection.caFile ?? metadata.caFile,
            proxy: metadata.proxy,
            interruption: interruption
        )
        if let limit = connection.connectTimeLimit { settings.connectTimeLimit = limit }
        return settings
    }
}
