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

extension ConfigurationProblem: Explained {
    package var sentence: String {
        switch self {
        case .keyLogging: "SSLKEYLOGFILE is set, which writes down what decrypts the connection."
        case .libraryMissing: "libcurl isn't installed."
        case .libraryTooOld(let version): "libcurl is too old: \(version), and 7.87 is needed."
        case .libraryWithoutOpenSSL: "libcurl.so.4 isn't built with OpenSSL."
        case .libraryUnusable(let option): "libcurl.so.4 lacks something that is needed (\(option))."
        case .caFileMissing(let path): "The CA file \(path) doesn't exist."
        case .caFileUnreadable(let path, let errno): "The CA file \(path) can't be read: \(errno)."
        case .unsafeCAFile(let unsafe): "The CA file can't be trusted. \(unsafe.sentence)"
        case .caFileInvalid(let path): "The CA file \(path) holds no certificate in PEM."
        case .invalidProxy: "The application's proxy isn't an address such as http://proxy.example:3128."
        }
    }

    package var remedy: String {
        switch self {
        case .keyLogging: "Unset SSLKEYLOGFILE."
        case .libraryMissing, .libraryTooOld, .libraryWithoutOpenSSL, .libraryUnusable:
            "Install it: sudo apt-get install libcurl4 (7.87 or later, the OpenSSL build)."
        case .caFileMissing, .caFileUnreadable: "Give a file that you may read with --ca-file."
        case .unsafeCAFile(let unsafe):
            switch unsafe.reason {
            case .foreignFile: "Copy it to a place of your own and name the copy with --ca-file."
            case .writableByOthers:
                "Look at what is in it, then take that from them: chmod go-w \(unsafe.path.shellWord)"
            default: "Give a file of certificates in PEM (-----BEGIN CERTIFICATE-----) with --ca-file."
            }
        case .caFileInvalid: "Give a file of certificates in PEM (-----BEGIN CERTIFICATE-----) with --ca-file."
        case .invalidProxy: "Give scheme, host and port, without user and password."
        }
    }
}
