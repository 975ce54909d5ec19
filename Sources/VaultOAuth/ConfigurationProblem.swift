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
    /// The CA file isn't a regular file or can't be read; the number is an errno, or 0.
    case caFileUnreadable(path: String, errno: Int32)
    /// The CA file belongs to somebody else, who could exchange it.
    case caFileForeign(path: String, owner: UInt32)
    /// Others may write the CA file.
    case caFileWritable(path: String, mode: UInt32)
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
        case .caFileUnreadable(let path, let errno) where errno != 0:
            "The CA file \(path) can't be read (errno \(errno))."
        case .caFileUnreadable(let path, _): "The CA file \(path) isn't a regular file."
        case .caFileForeign(let path, let owner):
            "The CA file \(path) belongs to somebody else (uid \(owner)), who could exchange it."
        case .caFileWritable(let path, let mode):
            "Others may write the CA file \(path) (mode 0\(String(mode, radix: 8)))."
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
        case .caFileForeign: "Copy it to a place of your own and name the copy with --ca-file."
        case .caFileWritable: "Look at what is in it, then take that from them: chmod go-w."
        case .caFileInvalid: "Give a file of certificates in PEM (-----BEGIN CERTIFICATE-----) with --ca-file."
        case .invalidProxy: "Give scheme, host and port, without user and password."
        }
    }
}
