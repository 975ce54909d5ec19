package import VaultSystem

/// What is missing or wrong on this computer.
package enum ConfigurationProblem: Error, Equatable, Sendable {
    /// `SSLKEYLOGFILE` makes libcurl write the keys of every TLS session to a file.
    case keyLogging
    case libraryMissing
    /// libcurl is there, but older than 7.87.
    case libraryTooOld(version: String)
    /// libcurl is there, but built with another TLS library than OpenSSL.
    case libraryWithoutOpenSSL
    /// libcurl is there, but lacks a function or an option, by its number.
    case libraryUnusable(option: Int)
    case caFileMissing(path: String)
    case caFileUnreadable(path: String, errno: Errno)
    /// The CA file is none, or others could write or exchange it.
    case unsafeCAFile(UnsafePath)
    /// The CA file holds no certificate in PEM.
    case caFileInvalid(path: String)
    /// The application's own proxy isn't `http://host:port` or `https://host:port`.
    case invalidProxy
}
