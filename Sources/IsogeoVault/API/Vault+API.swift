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
        let target = try await target(call, for: name)
        try await get(target, try await token(for: target.name, options), options, to: reader)
    }

    private func target(_ call: APICall, for name: ApplicationName?) async throws(VaultError) -> APITarget {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            return try APITarget(call, for: contents.complete(contents.application(name).application), dependencies)
        }
    }

    private func get(
        _ target: APITarget,
        _ token: AccessToken,
        _ options: TokenOptions,
        to reader: (Span<UInt8>) throws(VaultError) -> Void
    ) async throws(VaultError) {
        guard let refusal = try await send(target, token, to: reader) else { return }
        // A new token that was refused gets no better by requesting another.
        guard case .answer(let answer) = refusal, answer.status == 401, token.source == .vault,
            try await invalidate(token)
        else { throw target.explain(refusal) }
        var options = options
        options.refresh = false
        let newer = try await self.token(for: target.name, options)
        if let refusal = try await send(target, newer, to: reader) { throw target.explain(refusal) }
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
        let target: APITarget
        do { target = try await self.target(APICall(APICall.sharesPath, base: base), for: name) } catch {
            // The credential can be proven without an API.
            guard error.code == .configuration else { throw error }
            _ = try await token(for: name, options)
            throw error.afterGrant
        }
        let token = try await token(for: name, options)
        var body: [UInt8] = []
        do throws(VaultError) {
            try await get(target, token, options) { (bytes) throws(VaultError) in
                guard body.count + bytes.count <= limit else { throw .notAListOfShares }
                unsafe bytes.withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
            }
            let echo = SecretEcho(token: token.value)
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
