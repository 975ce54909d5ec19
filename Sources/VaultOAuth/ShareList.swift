package import VaultCrypto

/// The answer to `GET /shares`: what catalogues are shared with an application.
package struct ShareList: Equatable, Sendable {
    package struct Share: Equatable, Sendable {
        package let id: String?
        /// Cleaned for people; nil where it has none.
        package let name: String?
    }

    package let shares: [Share]

    /// Reads an answer; nil for anything but an array of objects.
    ///
    /// - Parameters:
    ///   - body: the answer.
    ///   - echo: what must not be shown; a share whose name holds some of it has none.
    package init?(_ body: consuming SecretBytes, without echo: SecretEcho) {
        guard let document = try? StrictJSON(body), document.kind(of: document.root) == .array else { return nil }
        var shares: [Share] = []
        for element in document.elements(of: document.root) {
            guard document.kind(of: element) == .object else { return nil }
            shares.append(
                Share(
                    id: Self.text("_id", of: element, document, echo),
                    name: Self.text("name", of: element, document, echo)
                )
            )
        }
        self.shares = shares
    }

    private static func text(
        _ name: String,
        of object: StrictJSON.Value,
        _ document: borrowing StrictJSON,
        _ echo: SecretEcho
    ) -> String? {
        guard let member = document.member(name, of: object), let text = document.secret(member) else { return nil }
        return text.withBytes { ServerWords.clean($0, without: echo)?.shown }
    }
}
