internal import VaultCrypto
internal import VaultOAuth

extension Vault {
    /// Reads an application's API with its token; the body of a success goes to `reader` as it comes.
    ///
    /// If the API refuses a cached token (401), the call is repeated once, with a new token.
    ///
    /// - Parameters:
    ///   - call: the request.
    ///   - name: the application; nil for the default or only one.
    ///   - options: the token's.
    ///   - reader: receives each piece of the body.
    /// - Throws: `usage` for a malformed path; `configuration` if the API's address is unknown; what `token` throws;
    ///   `credentialRefused` if the API refuses a new token too; `unexpectedAnswer`; `tryAgain`; what `reader` throws.
    package func get(
        _ call: APICall,
        for name: ApplicationName?,
        _ options: TokenOptions,
        to reader: (Span<UInt8>) throws(VaultError) -> Void
    ) async throws(VaultError) {
        let first = try await targetAndToken(call, for: name, options)
        try await get(call, first, options, to: reader)
    }

    private func target(_ call: APICall, for name: ApplicationName?) async throws(VaultError) -> APITarget {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            return try APITarget(call, for: contents.application(name).application, contents, dependencies)
        }
    }

    /// What a call is to be sent to, and the token for it, both of one state of the application.
    func targetAndToken(_ call: APICall, for name: ApplicationName?, _ options: TokenOptions) async throws(VaultError)
        -> (target: APITarget, token: AccessToken)
    {
        let (target, token) = try await withToken(for: name, options) { (application, contents) throws(VaultError) in
            try APITarget(call, for: application, contents, dependencies)
        }
        return (target, token)
    }

    private func get(
        _ call: APICall,
        _ first: (target: APITarget, token: AccessToken),
        _ options: TokenOptions,
        to reader: (Span<UInt8>) throws(VaultError) -> Void
    ) async throws(VaultError) {
        guard let refusal = try await send(first.target, first.token, to: reader) else { return }
        // A new token that was refused gets no better by requesting another.
        guard case .answer(let answer) = refusal, answer.status == 401, first.token.source == .vault,
            try await invalidate(first.token)
        else { throw first.target.explain(refusal) }
        var options = options
        options.refresh = false
        let next = try await targetAndToken(call, for: first.target.name, options)
        if let refusal = try await send(next.target, next.token, to: reader) { throw next.target.explain(refusal) }
    }

    /// - Returns: the failure; nil once the whole body was read.
    /// - Throws: what `reader` throws.
    private func send(
        _ target: APITarget,
        _ token: AccessToken,
        to reader: (Span<UInt8>) throws(VaultError) -> Void
    ) async throws(VaultError) -> APIError? {
        var failure: VaultError?
        let refusal = try await dependencies.perform(on: .requests) { () throws(VaultError) -> APIError? in
            do throws(APIError) {
                try APIClient().get(
                    target.request,
                    token: token.value,
                    connection: target.connection,
                    now: dependencies.now()
                ) { bytes in
                    do throws(VaultError) { try reader(bytes) } catch { failure = error }
                    return failure == nil
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        return refusal
    }
}

extension Vault {
    /// A catalogue that is shared with an application.
    package struct Share: Sendable {
        package let id: String?
        package let name: String?
    }

    /// The catalogues that are shared with an application, read with a token that is requested for this call.
    ///
    /// - Parameters:
    ///   - name: the application.
    ///   - base: the API's address for this call.
    ///   - options: the token's; `refresh` proves the credential.
    /// - Returns: the shares, in the API's order.
    /// - Throws: as `get`; a stored token never stands in for a new one. An error after the token was granted says so.
    package func shares(of name: ApplicationName, base: String?, _ options: TokenOptions)
        async throws(VaultError) -> [Share]
    {
        // Some hundred catalogues with their metadata; a longer answer isn't a list of shares.
        let limit = 4 << 20
        let call = APICall(APICall.sharesPath, base: base)
        do { _ = try await target(call, for: name) } catch {
            // The credential can be proven without an API.
            guard error.code == .configuration else { throw error }
            _ = try await token(for: name, options)
            throw error.afterGrant
        }
        let first = try await targetAndToken(call, for: name, options)
        var body: [UInt8] = []
        do throws(VaultError) {
            try await get(call, first, options) { (bytes) throws(VaultError) in
                guard body.count + bytes.count <= limit else { throw .notAListOfShares }
                unsafe bytes.withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
            }
            let echo = SecretEcho(token: first.token.value)
            guard let list = ShareList(SecretBytes(copying: body.span), without: echo) else {
                throw VaultError.notAListOfShares
            }
            return list.shares.map { Share(id: $0.id, name: $0.name) }
        } catch {
            throw error.afterGrant
        }
    }
}

extension VaultError {
    fileprivate static let notAListOfShares = VaultError(VaultProblem.notAListOfShares)

    /// The same failure, after the credential was proven.
    fileprivate var afterGrant: VaultError { VaultError(VaultProblem.afterGrant(problem)) }
}
