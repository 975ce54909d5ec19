internal import VaultHTTP
internal import VaultOAuth
internal import VaultSystem

/// One call's settings for its connections; a nil setting takes the application's value, or the default.
package struct ConnectionOverrides: Sendable {
    /// Certificates (PEM) to trust instead of the application's, or the system's.
    package var caFile: String?
    /// The limit for making a connection; 10 seconds by default.
    package var connectTimeLimit: Duration?
    /// The limit for a token with all retries, and for an API's silence; 30 seconds by default.
    package var timeLimit: Duration?
    /// Whether the secret may go over plain http to a program of another user on this computer.
    package var acceptsForeignListener = false

    package init(caFile: String? = nil, connectTimeLimit: Duration? = nil, timeLimit: Duration? = nil) {
        self.caFile = caFile
        self.connectTimeLimit = connectTimeLimit
        self.timeLimit = timeLimit
    }
}

extension ApplicationMetadata {
    /// The certificates to trust: those that the vault keeps, or those in the file of which an earlier version kept the
    /// path alone; nil for the system's.
    fileprivate func trusted() throws(HTTPError) -> CAFile? {
        guard let caFile else { return nil }
        guard let certificates else { return try CAFile.read(caFile) }
        guard let content = certificates.content else { preconditionFailure("certificates that weren't read") }
        return CAFile(path: caFile, certificates: content)
    }
}

extension VaultDependencies {
    /// The limit for a token, with all retries.
    package var timeLimit: Duration { connection.timeLimit ?? TokenClient.timeLimit }

    /// The settings of a connection to an application's endpoint.
    ///
    /// - Parameters:
    ///   - metadata: the application's, with the certificates that the vault keeps (`UnlockedVault.complete`).
    ///   - interruption: ends the request.
    /// - Returns: this call's settings, else the application's.
    /// - Throws: `configuration` for a CA file that is given for this call, or whose path alone the vault has.
    func connection(
        for metadata: ApplicationMetadata,
        _ interruption: Interruption? = nil
    ) throws(OAuthError) -> ConnectionSettings {
        let caFile: CAFile?
        do throws(HTTPError) {
            caFile =
                if let path = connection.caFile { try CAFile.read(path) } else { try metadata.trusted() }
        } catch {
            throw OAuthError(error)
        }
        var settings = ConnectionSettings(
            timeLimit: timeLimit,
            caFile: caFile,
            proxy: metadata.proxy,
            interruption: interruption
        )
        settings.acceptsForeignListener =
            connection.acceptsForeignListener || Environment.value(of: "ISOGEO_VAULT_FOREIGN_LISTENER") == "1"
        if let limit = connection.connectTimeLimit { settings.connectTimeLimit = limit }
        return settings
    }
}
