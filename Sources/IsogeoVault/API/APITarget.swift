internal import VaultHTTP
internal import VaultOAuth

/// One call of the API: the request, the server, and the words for its failures.
struct APITarget: Sendable {
    let name: ApplicationName
    let request: APIRequest
    let connection: ConnectionSettings
    private let origin: String
    /// Whether the call is the one that `check` makes: advising `check` would be pointless then.
    private let asksForShares: Bool
    private let tokenOrigin: String

    /// - Throws: `usage` for a path or query that can't be sent; `configuration` if the API's address is unknown.
    init(
        _ call: APICall,
        for application: StoredApplication,
        _ contents: UnlockedVault,
        _ dependencies: VaultDependencies
    )
        throws(VaultError)
    {
        let metadata = try contents.complete(application)
        let given = try call.base.map { (text) throws(VaultError) in try APIBase(givenByHand: text) }
        guard let base = given ?? metadata.knownAPIBase else {
            throw VaultError(.apiBaseUnknown(metadata.name, tokensFrom: metadata.endpoint))
        }
        do throws(APIRequestProblem) {
            request = try APIRequest(call.path, query: call.query, at: base)
        } catch {
            throw VaultError(.apiPath(error))
        }
        asksForShares = call.path == APICall.sharesPath
        name = metadata.name
        connection = try mappingErrors { () throws(OAuthError) in try dependencies.connection(for: metadata) }
        origin = base.origin
        tokenOrigin = metadata.endpoint.origin
    }

    func explain(_ error: APIError) -> VaultError {
        switch error {
        case .request(let error): VaultError(.apiRequest(error, origin: origin))
        case .answer(let answer):
            VaultError(
                .apiAnswer(
                    answer,
                    of: VaultProblem.APIParties(
                        application: name,
                        origin: origin,
                        tokenOrigin: tokenOrigin,
                        asksForShares: asksForShares
                    )
                )
            )
        case .stalled: VaultError(.apiStalled(origin: origin))
        case .readerStopped: VaultError(.apiReaderStopped)
        }
    }
}

extension APIBase {
    /// Parses an address from an option or the environment.
    ///
    /// - Throws: `usage`.
    init(givenByHand text: String) throws(VaultError) {
        do { try self.init(text) } catch { throw VaultError(.apiBase(error)) }
    }
}

extension ApplicationMetadata {
    /// The API that accepts the application's tokens: the recorded one, else the one that belongs to Isogeo's
    /// endpoints.
    var knownAPIBase: APIBase? { apiBase ?? .known(for: endpoint) }
}
