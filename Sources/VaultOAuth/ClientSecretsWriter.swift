package import VaultCrypto

/// What a `client_secrets.json` says, to be written in the layout in which Isogeo hands it over.
package struct ClientSecretsWriter: Sendable {
    package let clientID: String
    package let tokenURI: String?
    package let metadata: ClientSecretsFile.Metadata
    /// A user application's mark, which the SDK's INI may carry.
    var redirectURI: String?

    package init(clientID: String, tokenURI: String?, metadata: ClientSecretsFile.Metadata = .init()) {
        self.clientID = clientID
        self.tokenURI = tokenURI
        self.metadata = metadata
    }

    /// The whole file, in guarded memory.
    ///
    /// - Parameter secret: UTF-8 without NUL, or `ClientSecretsFile` won't read it back.
    /// - Returns: JSON on several lines, with a final line feed.
    package func json(secret: borrowing SecretBytes) -> SecretBytes {
        secret.withBytes { secret in
            let members = members(secret: secret.count)
            // An escape takes six bytes for one; the room that is left over is never written.
            let capacity = members.reduce(64) { $0 + $1.name.rawValue.utf8.count + 6 * $1.value.count + 16 }
            return SecretBytes(capacity: capacity) { (output: inout OutputSpan<UInt8>) in
                output.append("{\n  \"web\": {")
                for (index, member) in members.enumerated() {
                    output.append(index == 0 ? "\n    " : ",\n    ")
                    output.append("\"\(member.name.rawValue)\": ")
                    switch member.value {
                    case .secret: output.appendJSONString(secret)
                    case .text(let text): output.appendJSONString(Array(text.utf8).span)
                    case .list(let texts): output.appendJSONList(texts)
                    }
                }
                output.append("\n  }\n}\n")
            }
        }
    }

    private enum Value {
        case text(String)
        case list([String])
        /// Of so many bytes.
        case secret(Int)

        /// An upper bound of its bytes, before any is escaped.
        var count: Int {
            switch self {
            case .text(let text): text.utf8.count
            case .list(let texts): texts.reduce(0) { $0 + $1.utf8.count + 4 }
            case .secret(let count): count
            }
        }
    }

    private func members(secret: Int) -> [(name: ClientSecretsMember, value: Value)] {
        var members: [(name: ClientSecretsMember, value: Value)] = [
            (.clientID, .text(clientID)), (.clientSecret, .secret(secret)),
        ]
        func append(_ name: ClientSecretsMember, _ text: String?) {
            if let text { members.append((name, .text(text))) }
        }
        append(.authURI, metadata.authURI)
        append(.tokenURI, tokenURI)
        if let redirectURI { members.append((.redirectURIs, .list([redirectURI]))) }
        if !metadata.scopes.isEmpty { members.append((.scopes, .list(metadata.scopes))) }
        append(.kind, metadata.kind)
        append(.isogeoType, metadata.isogeoType)
        append(.projectID, metadata.projectID)
        return members
    }
}

extension OutputSpan<UInt8> {
    fileprivate mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }

    fileprivate mutating func appendJSONList(_ texts: [String]) {
        append("[")
        for (index, text) in texts.enumerated() {
            if index > 0 { append(", ") }
            appendJSONString(Array(text.utf8).span)
        }
        append("]")
    }

    /// UTF-8 between quotation marks; what RFC 8259 §7 wants escaped is escaped, and nothing else.
    fileprivate mutating func appendJSONString(_ bytes: Span<UInt8>) {
        append("\"")
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20:
                append("\\u00\(byte >> 4)")
                append(byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
            default:
                append(byte)
            }
        }
        append("\"")
    }
}
