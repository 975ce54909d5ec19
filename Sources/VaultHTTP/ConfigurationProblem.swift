package import VaultSystem

/// What is missing or wrong on this computer.
package enum ConfigurationProblem: Error, Equatable, Sendable {
    /// Over plain http the secret would go to a program of another user on this computer; nil where its user can't be
    /// told.
    case foreignListener(port: Int, owner: UInt32?)
    /// The clock shows a time that can't be kept: no token could be.
    case clockOutOfRange
    /// `SSLKEYLOGFILE` makes libcurl write the keys of every TLS session to a file.
    case keyLogging
    case libraryMissing
    /// libcurl is there, and the loader fails, in its words.
    case libraryNotLoaded(String)
    /// This process has too little of what a request takes.
    case limit(ResourceLimit)
    /// libcurl is there, but older than 7.87.
    case libraryTooOld(version: String)
    /// libcurl is there, but built with another TLS library than OpenSSL.
    case libraryWithoutOpenSSL
    /// libcurl is there, but lacks a function or an option, by its number.
    case libraryUnusable(option: Int)
    case caFileMissing(path: String)
    case caFileUnreadable(path: String, errno: Errno)
    /// The CA file is none, or others could write or exchange it, or the way to it.
    case unsafeCAFile(UnsafePath)
    /// The CA file holds no certificate in PEM, or one that is broken.
    case caFileInvalid(path: String)
    /// The CA file is longer than a mebibyte, or holds more certificates than a vault keeps.
    case caFileTooLarge(path: String)
    /// The application's own proxy isn't `http://host:port` or `https://host:port`.
    case invalidProxy
}
