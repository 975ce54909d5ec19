internal import VaultOAuth

/// What a call of the API asks for, where, and how it is told when nothing comes of it.
struct APITarget: Sendable {
    let name: ApplicationName
    let request: APIRequest
    let connection: ConnectionSettings
    private let origin: String
    /// Whether it is what `check` asks for, which then is no advice.
    private let asksForShares: Bool
    private let tokenOrigin: String

    /// - Throws: `usage` for what can't be asked; `configuration` where nobody said where the API lies.
    init(_ call: APICall, for metadata: ApplicationMetadata, _ dependencies: VaultDependencies) throws(VaultError) {
        let given = try call.base.map { (text) throws(VaultError) in try APIBase(givenByHand: text) }
        guard let base = given ?? metadata.knownAPIBase else {
            throw VaultError(.apiBaseUnknown(metadata.name, tokenOrigin: metadata.endpoint.origin))
        }
        do throws(APIRequestProblem) {
            request = try APIRequest(call.path, query: call.query, at: base)
        } catch {
            throw VaultError(.apiPath(error))
        }
        asksForShares = call.path == APICall.sharesPath
        name = metadata.name
        connection = dependencies.connection(for: metadata)
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
