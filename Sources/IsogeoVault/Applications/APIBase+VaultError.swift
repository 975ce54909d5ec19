internal import VaultOAuth

extension APIBase {
    /// Reads what somebody typed.
    ///
    /// - Throws: `usage`.
    init(givenByHand text: String) throws(VaultError) {
        do { try self.init(text) } catch {
            // Read by the rules for token endpoints, and explained by their words.
            let sentence = error.sentence.replacing("token endpoint", with: "API")
            guard case .endpoint(.plainHTTP) = error else {
                throw VaultError(
                    .usage,
                    sentence,
                    remedy: "Give its whole address with --api-base, such as https://v1.api.isogeo.com."
                )
            }
            throw VaultError(
                .usage,
                sentence.replacing("the secret", with: "the token"),
                remedy: "Give its https address with --api-base; plain http is only for this computer itself."
            )
        }
    }
}

extension ApplicationMetadata {
    /// Where its tokens may be shown: what was said, else what is known of Isogeo's own endpoints.
    var knownAPIBase: APIBase? { apiBase ?? .known(beside: endpoint) }
}
