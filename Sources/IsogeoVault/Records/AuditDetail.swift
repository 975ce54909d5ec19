internal import FoundationEssentials

/// What an entry of the audit trail says besides its kind and subject; its words are in `VaultWords+English.swift`.
enum AuditDetail: Hashable, Sendable {
    case none
    /// The former name of an application, or what named the former key slot.
    case former(String)
    /// How a secret reached another program, such as `exec --sdk`.
    case route(String)
    /// When a session ends, in seconds since 1970.
    case sessionEnd(Int64)
    /// The number of the vault's new key.
    case keyEpoch(Int64)
    /// How many requests the entry stands for, and when the first of them was, in seconds since 1970.
    case requests(Int64, since: Int64)
    /// The number of the file's format.
    case format(Int64)
    /// The detail of an event that this version doesn't know.
    case unknown(String)

    private static let sessionEndWord = "until "
    private static let keyEpochWord = "epoch "
    private static let formatWord = "format "
    private static let sinceWord = " since "

    /// The form in which the entry's box holds it, which never changes: earlier versions show it as it is.
    var encoded: String {
        switch self {
        case .none: ""
        case .former(let text), .route(let text), .unknown(let text): text
        case .sessionEnd(let seconds): Self.sessionEndWord + Self.rfc3339(seconds)
        case .keyEpoch(let epoch): "\(Self.keyEpochWord)\(epoch)"
        case .requests(let count, let first): "\(count)\(Self.sinceWord)\(Self.rfc3339(first))"
        case .format(let number): "\(Self.formatWord)\(number)"
        }
    }

    /// Reads what `encoded` wrote for an event of this kind; a text in another form is `unknown`.
    init(encoded text: String, of kind: AuditEvent.Kind) {
        self = text.isEmpty ? .none : Self.read(text, kind).flatMap { $0.encoded == text ? $0 : nil } ?? .unknown(text)
    }

    private static func read(_ text: String, _ kind: AuditEvent.Kind) -> AuditDetail? {
        switch kind {
        case .renamed, .keyChanged: return .former(text)
        case .lent: return .route(text)
        case .unlocked where text.hasPrefix(sessionEndWord):
            return seconds(text.dropFirst(sessionEndWord.count)).map { .sessionEnd($0) }
        case .tokenRequested, .credentialRefused:
            guard let since = text.firstRange(of: sinceWord), let count = Int64(text[..<since.lowerBound]) else {
                return nil
            }
            return seconds(text[since.upperBound...]).map { .requests(count, since: $0) }
        case .converted where text.hasPrefix(formatWord):
            return Int64(text.dropFirst(formatWord.count)).map { .format($0) }
        case .rekeyed where text.hasPrefix(keyEpochWord):
            return Int64(text.dropFirst(keyEpochWord.count)).map { .keyEpoch($0) }
        default: return nil
        }
    }

    private static func seconds(_ text: Substring) -> Int64? {
        (try? Date(String(text), strategy: .iso8601)).flatMap { Int64(exactly: $0.timeIntervalSince1970) }
    }

    static func rfc3339(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
