public import struct FoundationEssentials.Date

/// A bearer token (RFC 6750): its holder has access until it expires.
///
/// It prints as `AccessToken(redacted)`, in interpolations, dumps and mirrors too. Its text lies in ordinary memory.
public struct AccessToken: Sendable, Equatable {
    /// The token itself: visible ASCII.
    public let value: String
    /// When it expires, by this computer's clock.
    public let expires: Date
    /// The seconds that were left when it was returned.
    public let remainingSeconds: Int
    /// The application that it was granted to.
    public let application: ApplicationName
    /// Where this call got it.
    public let source: Source

    /// Where a token came from.
    public enum Source: String, Sendable {
        /// It was cached in the vault.
        case vault
        /// The token endpoint granted it for this call.
        case endpoint
    }

    package init(
        value: String,
        expires: Date,
        remainingSeconds: Int,
        application: ApplicationName,
        source: Source
    ) {
        self.value = value
        self.expires = expires
        self.remainingSeconds = remainingSeconds
        self.application = application
        self.source = source
    }

    init(_ token: StoredToken, of application: ApplicationName, remaining: Int64, _ source: Source) {
        value = token.value
        expires = Date(timeIntervalSince1970: Double(token.lifetime.expires))
        remainingSeconds = Int(remaining)
        self.application = application
        self.source = source
    }

    /// The value of the `Authorization` header: `Bearer`, with the capital letter that some servers require, and the
    /// token.
    public var authorization: String { "Bearer \(value)" }
}

extension AccessToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `AccessToken(redacted)`, and nothing of the token.
    public var description: String { "AccessToken(redacted)" }
    /// The same as `description`.
    public var debugDescription: String { description }
    /// A mirror without children, so that `dump` and debuggers show nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
