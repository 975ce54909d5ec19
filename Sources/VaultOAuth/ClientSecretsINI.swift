internal import VaultCrypto

/// The older form of a credential that Isogeo's SDK reads: an INI file with a section `[auth]`.
///
/// It is read as Python's `configparser` does it without interpolation: names in any case, `=` or `:`, comments on
/// lines of their own, and values as they stand, `%` and quotation marks included. A value that goes on in the next
/// line is refused: none of these does.
enum ClientSecretsINI {
    private enum Key: String, CaseIterable {
        case clientType = "client_type"
        case clientID = "client_id"
        case clientSecret = "client_secret"
        case authURI = "uri_auth"
        case tokenURI = "uri_token"
        case redirectURI = "uri_redirect"

        /// What it is called in a `client_secrets.json`.
        var member: ClientSecretsMember {
            switch self {
            case .clientType: .isogeoType
            case .clientID: .clientID
            case .clientSecret: .clientSecret
            case .authURI: .authURI
            case .tokenURI: .tokenURI
            case .redirectURI: .redirectURIs
            }
        }
    }

    /// The same credential as a `client_secrets.json`, so that one reader checks both.
    ///
    /// - Parameters:
    ///   - input: the file's bytes.
    ///   - start: how many of them are passed over.
    /// - Returns: JSON, in guarded memory.
    /// - Throws: `iniFile` without a section `[auth]`; `iniLine`; `missing` and what makes a value no text.
    static func json(of input: Span<UInt8>, from start: Int) throws(ClientSecretsProblem) -> SecretBytes {
        let values = try values(in: input, from: start)
        guard let clientID = try text(.clientID, values, input) else { throw .missing(.clientID) }
        guard let secret = values[.clientSecret] else { throw .missing(.clientSecret) }
        let bytes = input.extracting(secret)
        try bytes.checkText(.clientSecret)
        var writer = ClientSecretsWriter(
            clientID: clientID,
            tokenURI: try text(.tokenURI, values, input),
            metadata: .init(
                authURI: try text(.authURI, values, input),
                isogeoType: try text(.clientType, values, input).map(isogeoType)
            )
        )
        writer.redirectURI = try text(.redirectURI, values, input)
        return writer.json(secret: SecretBytes(copying: bytes))
    }

    /// `group`, or `user` for all that the SDK calls `user_private`, `user_public` and so on.
    private static func isogeoType(_ clientType: String) -> String {
        let type = clientType.lowercased()
        return type.hasPrefix("user") ? "user" : type
    }

    private static func text(_ key: Key, _ values: [Key: Range<Int>], _ input: Span<UInt8>)
        throws(ClientSecretsProblem) -> String?
    {
        guard let range = values[key] else { return nil }
        let bytes = input.extracting(range)
        try bytes.checkText(key.member)
        return String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }

    // MARK: - Lines

    /// Where the values of the section `[auth]` stand.
    private static func values(in input: Span<UInt8>, from start: Int) throws(ClientSecretsProblem) -> [Key: Range<Int>]
    {
        var values: [Key: Range<Int>] = [:]
        var isAuth = false
        var wasAuth = false
        var number = 0
        // The column of the name before: what stands further to the right would go on with its value.
        var column: Int?
        var position = start
        while position < input.count {
            let end = input.firstIndex(of: 0x0A, in: position..<input.count) ?? input.count
            let line = input.trimmed(position..<end)
            let indentation = line.lowerBound - position
            number += 1
            position = end + 1
            guard !line.isEmpty, !isComment(input[line.lowerBound]) else { continue }
            if let name = sectionName(input, line), column.map({ indentation <= $0 }) ?? true {
                isAuth = name == "auth"
                guard !isAuth || !wasAuth else { throw .iniLine(number, .repeatedSection) }
                wasAuth = wasAuth || isAuth
                column = nil
            } else if isAuth {
                if let column, indentation > column { throw .iniLine(number, .continuation) }
                column = indentation
                guard let entry = entry(input, line) else { throw .iniLine(number, .noValue) }
                guard let key = entry.key else { continue }
                guard values.updateValue(entry.value, forKey: key) == nil else { throw .iniLine(number, .repeatedName) }
            }
        }
        guard wasAuth else { throw .iniFile }
        return values
    }

    /// Whether a line that begins so is a comment.
    static func isComment(_ first: UInt8) -> Bool { first == UInt8(ascii: "#") || first == UInt8(ascii: ";") }

    /// The name in brackets that a line begins with, in lower case.
    private static func sectionName(_ input: Span<UInt8>, _ line: Range<Int>) -> String? {
        guard input[line.lowerBound] == UInt8(ascii: "["),
            let end = input.firstIndex(of: UInt8(ascii: "]"), in: line), end - line.lowerBound <= 65
        else { return nil }
        return String(decoding: (line.lowerBound + 1..<end).map { input[$0] }, as: UTF8.self).lowercased()
    }

    /// What stands before and behind the first `=` or `:`; without a key where the name is none of ours.
    private static func entry(_ input: Span<UInt8>, _ line: Range<Int>) -> (key: Key?, value: Range<Int>)? {
        guard
            let separator = line.first(where: { input[$0] == UInt8(ascii: "=") || input[$0] == UInt8(ascii: ":") }),
            separator > line.lowerBound
        else { return nil }
        let name = input.trimmed(line.lowerBound..<separator)
        let value = input.trimmed(separator + 1..<line.upperBound)
        // A line without its line end may be a secret: no longer name than ours is looked at.
        guard name.count <= 16 else { return (nil, value) }
        let text = String(decoding: name.map { input[$0] }, as: UTF8.self).lowercased()
        return (Key(rawValue: text), value)
    }
}

/// Why a line of the section `[auth]` can't be understood.
package enum INILineProblem: Equatable, Sendable, CaseIterable {
    case noValue, continuation, repeatedName, repeatedSection
}

extension Span<UInt8> {
    /// Refuses what can't be a string of JSON.
    func checkText(_ member: ClientSecretsMember) throws(ClientSecretsProblem) {
        var index = 0
        while index < count {
            let length = JSONString.sequenceLength(self, at: index)
            guard length > 0 else { throw .notUTF8(member) }
            index += length
        }
        if let nul = firstCharacter(where: { $0 == "\0" }) { throw .character(member, nul) }
    }

    fileprivate func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? { range.first { self[$0] == byte } }

    /// The part of `range` without spaces, tabs and carriage returns at its ends.
    fileprivate func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isBlank(start) { start += 1 }
        while end > start, isBlank(end - 1) { end -= 1 }
        return start..<end
    }

    private func isBlank(_ index: Int) -> Bool { [0x20, 0x09, 0x0D].contains(self[index]) }
}
