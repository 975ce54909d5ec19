/// How a server is spoken to.
package enum URLScheme: String, Sendable {
    case https, http

    package var defaultPort: UInt16 { self == .https ? 443 : 80 }
}
