package import VaultHTTP

// What this floor's errors say in English, but for credentials (ClientSecretsProblem+English.swift). Another
// language stands next to them in files of its own.

extension OAuthError: Explained {
    package var sentence: String { sentence(of: .tokenEndpoint) }
    package var remedy: String { remedy(of: .tokenEndpoint) }

    package func sentence(of peer: Peer) -> String {
        switch self {
        case .clientSecrets(let problem): problem.sentence
        case .endpoint(let problem): problem.sentence(of: peer)
        case .credentials(let problem): problem.sentence
        case .parameters(let problem): problem.sentence
        case .configuration(let problem): problem.sentence
        case .connection(let problem, _): problem.sentence(of: peer)
        case .proxy(let problem): problem.sentence(of: peer)
        case .tls(let problem, _): problem.sentence
        case .answer(let problem): problem.sentence(of: peer)
        }
    }

    package func remedy(of peer: Peer) -> String {
        switch self {
        case .clientSecrets(let problem): problem.remedy
        case .endpoint(let problem): problem.remedy
        case .credentials(let problem): problem.remedy
        case .parameters(let problem): problem.remedy
        case .configuration(let problem): problem.remedy
        case .connection(let problem, _): problem.remedy(of: peer)
        case .proxy(let problem): problem.remedy
        case .tls(let problem, _): problem.remedy(of: peer)
        case .answer(let problem): problem.remedy(of: peer)
        }
    }
}

extension ParameterProblem: Explained {
    package var sentence: String {
        switch self {
        case .invalidScope: "The scope isn't a list of ASCII words with one space between them."
        case .emptyName: "A parameter has no name."
        case .controlCharacter: "A parameter's name contains a control character."
        case .repeated: "A parameter is given twice."
        case .reserved(let parameter): "The parameter \(parameter.rawValue) can't be given by hand."
        case .tooLong(let limit): "Scope and parameters make a request of more than \(limit) bytes."
        }
    }

    package var remedy: String {
        switch self {
        case .invalidScope: "Write it as the server documents it, for Isogeo resources:read."
        case .reserved(.scope): "Use --scope."
        case .reserved: "Leave it away: it is part of the request already."
        default: "Write parameters as NAME=VALUE, each name once."
        }
    }
}

extension APIRequestProblem: Explained {
    package var sentence: String {
        switch self {
        case .relative: "The path doesn't begin with a slash."
        case .otherHost: "The path begins with two slashes, which means another host."
        case .dotSegment: "The path contains . or .. between slashes, encoded or not, which servers read differently."
        case .character(let scalar): "The path contains what an address can't: \(scalar.inWords)."
        case .emptyName: "A -q has no name."
        case .tooLong: "Path and query make an address of more than \(APIRequest.lengthLimit) bytes."
        }
    }

    package var remedy: String {
        switch self {
        case .relative, .otherHost: "Write it as Isogeo documents it, without the host: isogeo-vault api /shares"
        case .dotSegment: "Write the path that is meant."
        case .character: "Give values with -q name=value, which encodes them, and write a path percent-encoded."
        case .emptyName: "Write -q name=value."
        case .tooLong: "Ask for less at once."
        }
    }
}

extension Unicode.Scalar {
    /// What people call it.
    fileprivate var inWords: String {
        switch self {
        case " ": "a space"
        case "\\": "a backslash"
        case "%": "a % without two hexadecimal digits behind it"
        case _ where value < 0x20 || value == 0x7F: "a control character"
        // Of others than ASCII many can't be seen, or do something.
        case _ where !isASCII && !properties.isAlphabetic: "U+\(String(value, radix: 16, uppercase: true))"
        default: String(self)
        }
    }
}
