internal import VaultCrypto
internal import VaultHTTP
internal import VaultSystem

/// What is odd about a `client_secrets.json` that can be used all the same.
package enum ClientSecretsWarning: Equatable, Sendable {
    /// It begins with a UTF-8 byte order mark, which was passed over.
    case byteOrderMark
    /// It is the SDK's INI file.
    case iniFile
    /// `redirect_uris` without `isogeo_type`: perhaps a user application.
    case redirectURIs
    case unknownIsogeoType
    /// Neither a final UUID in the client_id nor 64 characters in the secret, as Isogeo writes them today.
    case unusualShape(ClientSecretsMember)
    case nonASCII(ClientSecretsMember)
    case surroundingSpace(ClientSecretsMember)
    /// Perhaps a shell's or an INI file's quotation marks.
    case quoted(ClientSecretsMember)
    /// Plain http, to this computer.
    case plainHTTP
    case grantTypeInQuery
    /// The address can't be used; one given by hand is needed.
    case unusableTokenURI(EndpointProblem)
}

extension ClientSecretsWarning {
    static func about(clientID: String, secret: borrowing SecretBytes, tokenURI: String?) -> [ClientSecretsWarning] {
        var warnings: [ClientSecretsWarning] = []
        var isIsogeo = tokenURI == nil
        if let tokenURI {
            do throws(OAuthError) {
                let endpoint = try TokenEndpoint(tokenURI)
                isIsogeo = endpoint.host == "isogeo.com" || endpoint.host.hasSuffix(".isogeo.com")
                if endpoint.scheme == .http { warnings.append(.plainHTTP) }
                if endpoint.hasGrantTypeInQuery { warnings.append(.grantTypeInQuery) }
            } catch {
                if case .endpoint(let problem) = error { warnings.append(.unusableTokenURI(problem)) }
            }
        }
        let user = Array(clientID.utf8)
        warnings += about(user.span, .clientID) + secret.withBytes { about($0, .clientSecret) }
        // Other servers' credentials have other shapes.
        if isIsogeo, !endsWithUUID(user) { warnings.append(.unusualShape(.clientID)) }
        if isIsogeo, secret.count != 64 { warnings.append(.unusualShape(.clientSecret)) }
        return warnings
    }

    private static func about(_ bytes: Span<UInt8>, _ member: ClientSecretsMember) -> [ClientSecretsWarning] {
        var warnings: [ClientSecretsWarning] = []
        if bytes.indices.contains(where: { bytes[$0] >= 0x80 }) { warnings.append(.nonASCII(member)) }
        if bytes[0] == 0x20 || bytes[bytes.count - 1] == 0x20 { warnings.append(.surroundingSpace(member)) }
        if bytes.isQuoted { warnings.append(.quoted(member)) }
        return warnings
    }

    /// 32 hexadecimal digits at the end, hyphens among them or not.
    private static func endsWithUUID(_ text: [UInt8]) -> Bool {
        let digits = text.filter { $0 != UInt8(ascii: "-") }.suffix(32)
        return digits.count == 32 && digits.allSatisfy { HexadecimalDigits.value(of: $0) != nil }
    }
}
