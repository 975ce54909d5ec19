internal import VaultSystem

// What this floor's errors say in English. Another language stands next to them in files of its own.

/// What was observed, in one sentence, and what to do next.
package protocol Explained {
    var sentence: String { get }
    var remedy: String { get }
}

/// Who a request was sent to, in the words of its failure.
package enum Peer: Sendable {
    case tokenEndpoint, api
    /// What stands between us and one of them: host and port, and who named it.
    case proxy(String)

    package var name: String {
        switch self {
        case .tokenEndpoint: "the token endpoint"
        case .api: "the API"
        case .proxy(let name): "the proxy \(name)"
        }
    }

    /// The same at the start of a sentence.
    package var subject: String {
        switch self {
        case .tokenEndpoint: "The token endpoint"
        case .api: "The API"
        case .proxy(let name): "The proxy \(name)"
        }
    }

    /// What a request to it carries.
    package var secret: String {
        switch self {
        case .tokenEndpoint, .proxy: "the secret"
        case .api: "the token"
        }
    }
}

extension ConfigurationProblem: Explained {
    package var sentence: String {
        switch self {
        case .foreignListener(let port, let owner?):
            "A program of another user (uid \(owner)) listens on port \(port) of this computer, and would get what is sent."
        case .foreignListener(let port, nil):
            "Which user's program listens on port \(port) of this computer can't be told."
        case .clockOutOfRange: SystemClock.sentenceOutOfRange
        case .keyLogging: "SSLKEYLOGFILE is set, which writes down what decrypts the connection."
        case .libraryMissing: "libcurl isn't installed."
        case .libraryNotLoaded(let words): "libcurl can't be loaded: \(words)."
        case .limit(let limit): limit.sentence
        case .libraryTooOld(let version): "libcurl is too old: \(version), and 7.87 is needed."
        case .libraryWithoutOpenSSL: "libcurl.so.4 isn't built with OpenSSL."
        case .libraryUnusable(let option): "libcurl.so.4 lacks something that is needed (\(option))."
        case .caFileMissing(let path): "The CA file \(path) doesn't exist."
        case .caFileUnreadable(let path, let errno): "The CA file \(path) can't be read: \(errno)."
        case .unsafeCAFile(let unsafe): "The CA file can't be trusted. \(unsafe.sentence)"
        case .caFileInvalid(let path): "The CA file \(path) holds no certificate in PEM, or a broken one."
        case .caFileTooLarge(let path):
            "The CA file \(path) is too large: more than \(CAFile.limit >> 10) KiB of certificates."
        case .invalidProxy: "The application's proxy isn't an address such as http://proxy.example:3128."
        }
    }

    package var remedy: String {
        switch self {
        case .foreignListener:
            "Use https, or if that program is meant, say so: --foreign-listener, or ISOGEO_VAULT_FOREIGN_LISTENER=1."
        case .clockOutOfRange: SystemClock.remedy
        case .keyLogging: "Unset SSLKEYLOGFILE."
        case .limit(let limit): limit.remedy
        case .libraryNotLoaded: "See what keeps it from being loaded: ldconfig -p | grep libcurl, and its packages."
        case .libraryMissing, .libraryTooOld, .libraryWithoutOpenSSL, .libraryUnusable:
            "Install it: sudo apt-get install libcurl4 (7.87 or later, the OpenSSL build)."
        case .caFileMissing, .caFileUnreadable: "Give a file that you may read with --ca-file."
        case .unsafeCAFile(let unsafe):
            switch unsafe.reason {
            case .foreignFile, .foreignDirectory: "Copy it to a place of your own and name the copy with --ca-file."
            case .writableByOthers(_, nil):
                "Look at what is in it, then take that from them: chmod go-w \(unsafe.path.shellWord)"
            case .writableByOthers(let mode, let owner?):
                "Look at what is in it, and name a copy of your own with --ca-file; or \(owner.userName) gives it mode "
                    + "\(mode.closedMode)."
            case .sharedDirectory(_, nil):
                "Look at what is in the file, then close the folder to them: chmod go-w \(unsafe.path.shellWord)"
            case .sharedDirectory(let mode, let owner?):
                "Look at what is in the file, and name a copy in a folder of yours with --ca-file; or \(owner.userName) gives "
                    + "the folder mode \(mode.closedMode)."
            default: "Give a file of certificates in PEM (-----BEGIN CERTIFICATE-----) with --ca-file."
            }
        case .caFileTooLarge: "Give the certificates alone of the authority that this server's comes from."
        case .caFileInvalid: "Give a file of certificates in PEM (-----BEGIN CERTIFICATE-----) with --ca-file."
        case .invalidProxy: "Give scheme, host and port, without user and password."
        }
    }
}

extension ConnectionProblem: Explained {
    package var sentence: String { sentence(of: .tokenEndpoint) }

    package func sentence(of peer: Peer) -> String {
        switch self {
        case .nameResolution: "The host of \(peer.name) has no address, or no name server answers."
        case .refused: "\(peer.subject) refuses connections."
        case .unreachable(let errno?): "\(peer.subject) can't be reached (\(errno))."
        case .unreachable: "\(peer.subject) can't be reached."
        case .broken: "The connection to \(peer.name) broke before the answer had come."
        case .timedOut: "\(peer.subject) didn't answer in time."
        case .notHTTP: "What answers at \(peer.name) doesn't speak HTTP."
        case .interrupted: "The request was interrupted."
        case .foreignTransport: "The program's own transport failed."
        case .other(let code): "The request failed (libcurl \(code))."
        }
    }

    package var remedy: String { remedy(of: .tokenEndpoint) }

    package func remedy(of peer: Peer) -> String {
        switch (self, peer) {
        case (.broken, .proxy), (.timedOut, .proxy): "Ask again later; if it stays, ask the proxy's operator."
        case (_, .proxy): "Check the proxy's address where it is named, or use none for this host (no_proxy)."
        case (.nameResolution, _): "Check the network and the host in \(peer.name)'s address."
        case (.refused, _), (.unreachable, _), (.broken, _), (.timedOut, _):
            "Check network and proxy, and ask again later."
        case (.notHTTP, _): "Check \(peer.name)'s address and port."
        case (.interrupted, _): "Ask again."
        case (.foreignTransport, _):
            "Look into the transport: what it threw isn't kept, since it could contain the secret."
        case (.other, _): "Ask again; if it stays, report it with this number."
        }
    }
}

extension ProxyProblem: Explained {
    package var sentence: String { sentence(of: .tokenEndpoint) }

    /// The same, for a proxy that was to open the way to `peer`.
    package func sentence(of peer: Peer) -> String {
        switch cause {
        case .connection(let problem): problem.sentence(of: .proxy(proxy))
        case .tls(let problem): "TLS with the proxy \(proxy) fails. \(problem.sentence)"
        case .authentication: "The proxy \(proxy) wants a user and password (status 407)."
        case .answered(let status): "The proxy \(proxy) refuses the way to \(peer.name) (status \(status))."
        case .noWay: "The proxy \(proxy) gives no way to \(peer.name)."
        }
    }

    package var remedy: String {
        switch cause {
        case .connection(let problem): problem.remedy(of: .proxy(proxy))
        case .tls: ConnectionProblem.refused.remedy(of: .proxy(proxy))
        case .authentication: "Use a proxy without user and password, or none for this host (no_proxy)."
        case .answered(500...): ConnectionProblem.timedOut.remedy(of: .proxy(proxy))
        case .answered, .noWay: "Ask the proxy's operator to let this host through, or use none for it (no_proxy)."
        }
    }
}

extension TLSProblem: Explained {
    package var sentence: String {
        switch self {
        case .expired: "The server's certificate has expired."
        case .notYetValid: "The server's certificate isn't valid yet."
        case .unknownIssuer: "The server's certificate comes from an issuer that this computer doesn't know."
        case .selfSigned: "The server's certificate is signed by itself."
        case .nameMismatch: "The server's certificate is for another host."
        case .revoked: "The server's certificate was revoked."
        case .weakKey: "The server's certificate has a key or signature that is too weak."
        case .invalidCertificate: "The server's certificate isn't valid."
        case .tooOld: "The server speaks no TLS newer than 1.1."
        case .notTLS: "The server doesn't speak TLS on this port."
        case .handshakeFailed: "The server and this computer can't agree on TLS."
        }
    }

    package var remedy: String { remedy(of: .tokenEndpoint) }

    package func remedy(of peer: Peer) -> String {
        switch self {
        case .expired, .notYetValid: "Check this computer's clock; if it is right, the server's owner must act."
        case .unknownIssuer, .selfSigned:
            "If your network or your own server uses a private authority, give its certificate with --ca-file; the vault "
                + "keeps it, or a renewed one, with `isogeo-vault trust NAME --ca-file FILE`."
        case .nameMismatch, .notTLS: "Check host and port in \(peer.name)'s address."
        default: "The server's owner must act."
        }
    }
}
