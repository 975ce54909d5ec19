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
            throw VaultError(
                .configuration,
                "Nobody said where the API of \(metadata.name) is; its tokens come from \(metadata.endpoint.origin).",
                remedy:
                    "Say it with --api-base URL, or for good: "
                    + "isogeo-vault rotate \(metadata.name) client_secrets.json --api-base URL"
            )
        }
        do throws(APIRequestProblem) {
            request = try APIRequest(call.path, query: call.query, at: base)
        } catch {
            throw VaultError(.usage, error.sentence, remedy: error.remedy)
        }
        asksForShares = call.path == APICall.sharesPath
        name = metadata.name
        connection = dependencies.connection(for: metadata)
        origin = base.origin
        tokenOrigin = metadata.endpoint.origin
    }

    func explain(_ error: APIError) -> VaultError {
        switch error {
        case .request(let error):
            let known = VaultError(error)
            // Written for token requests, and just as true of these.
            let sentence = known.sentence.replacing("The token endpoint", with: "The API")
            let remedy = known.remedy.replacing("the token endpoint", with: "the API")
            return VaultError(known.code, "\(sentence) (\(origin))", remedy: remedy)
        case .answer(let answer): return explain(answer)
        case .stalled:
            return VaultError(
                .tryAgain,
                "The API's answer stopped arriving. (\(origin))",
                remedy: "Ask again; where the API takes its time, wait longer with --timeout SECONDS."
            )
        case .readerStopped:
            return VaultError(.internalError, "The answer wasn't read to its end.", remedy: "Please report it.")
        }
    }

    private func explain(_ answer: APIAnswer) -> VaultError {
        let status = "status \(answer.status)\(answer.words.map { ", \($0)" } ?? "")"
        switch answer.status {
        case 300..<400:
            let host = answer.redirectHost.map { " to \($0)" } ?? ""
            return VaultError(
                .unexpectedAnswer,
                "The API at \(origin) redirects\(host), where the token isn't sent (\(status)).",
                remedy: "Check path and address: isogeo-vault show \(name)"
            )
        case 401:
            return VaultError(
                .credentialRefused,
                "The API at \(origin) refuses a new token from \(tokenOrigin) (\(status)).",
                remedy: "Check that both belong together: isogeo-vault show \(name)"
            )
        case 408, 429, 500...:
            let waiting = answer.notBefore.map { "; not before \(HTTPDate.format($0))" } ?? ""
            return VaultError(
                .tryAgain,
                "The API at \(origin) can't answer now (\(status)\(waiting)).",
                remedy: "Ask again \(answer.notBefore == nil ? "in a minute" : "after that time")."
            )
        case 403:
            return VaultError(
                .unexpectedAnswer,
                "The API at \(origin) doesn't let \(name) read that (\(status)).",
                remedy: asksForShares
                    ? "Ask whoever runs the API what \(name) may read."
                    : "See what is shared with it: isogeo-vault check \(name)"
            )
        case 404:
            return VaultError(
                .unexpectedAnswer,
                "The API at \(origin) has nothing there, or nothing that \(name) may read (\(status)).",
                remedy: asksForShares
                    ? "Check where the API lies, its path too: isogeo-vault show \(name)"
                    : "Check the path, and what is shared with it: isogeo-vault check \(name)"
            )
        default:
            return VaultError(
                .unexpectedAnswer,
                "The API at \(origin) rejects the request (\(status)).",
                remedy: "Check path and query."
            )
        }
    }
}
