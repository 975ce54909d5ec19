internal import VaultOAuth

extension APIBase {
    /// Reads what somebody typed.
    ///
    /// - Throws: `usage`.
    init(givenByHand text: String) throws(VaultError) {
        do { try self.init(text) } catch {
            throw VaultError(
                .usage,
                // Read by the rules for token endpoints, and explained by their words.
                error.sentence.replacing("token endpoint", with: "API"),
                remedy: "Give its whole address with --api-base, such as https://v1.api.isogeo.com."
            )
        }
    }
}

extension ApplicationMetadata {
    /// Where its tokens may be shown: what was said, else what is known of Isogeo's own endpoints.
    var knownAPIBase: APIBase? { apiBase ?? .known(beside: endpoint) }
}
