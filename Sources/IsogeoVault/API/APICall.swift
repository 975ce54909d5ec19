/// A GET request to an application's API.
package struct APICall: Sendable {
    /// Begins with a slash.
    package let path: String
    /// Names and values before percent-encoding.
    package let query: [(name: String, value: String)]
    /// The API's address for this call, instead of the recorded one.
    package let base: String?

    package init(_ path: String, query: [(name: String, value: String)] = [], base: String? = nil) {
        self.path = path
        self.query = query
        self.base = base
    }

    /// Lists the catalogues that are shared with an application.
    static let sharesPath = "/shares"
}
