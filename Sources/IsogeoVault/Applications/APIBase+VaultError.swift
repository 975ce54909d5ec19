internal import VaultOAuth

extension APIBase {
    /// Reads what somebody typed.
    ///
    /// - Throws: `usage`.
    init(givenByHand text: String) throws(VaultError) {
        do { try self.init(text) } catch { throw VaultError(.apiBase(error)) }
    }
}

extension ApplicationMetadata {
    /// Where its tokens may be shown: what was said, else what is known of Isogeo's own endpoints.
    var knownAPIBase: APIBase? { apiBase ?? .known(for: endpoint) }
}
