internal import CVaultLibsecret
internal import Glibc

// Calls over the bus, each with the time that it has, and what their failures mean.

extension SecretService {
    /// Asks the keyring that was found: who isn't there any more has ended since.
    func asking<Result>(_ body: () throws(KeyringProblem) -> Result) throws(KeyringProblem) -> Result {
        do { return try body() } catch { throw error == .noService ? .vanished : error }
    }

    /// Asks for paths, which come one a line.
    func paths(
        _ body: (Int32, UnsafeMutablePointer<cvault_keyring_outcome>) -> UnsafeMutablePointer<CChar>?
    ) throws(KeyringProblem) -> [String] {
        let time = try milliseconds()
        let lines = try asking { () throws(KeyringProblem) in try unsafe Self.text(milliseconds: time, body) }
        return lines.split(separator: "\n").map(String.init)
    }

    static func call<Result>(
        _ milliseconds: Int32,
        _ body: (Int32, UnsafeMutablePointer<cvault_keyring_outcome>) -> Result
    ) throws(KeyringProblem) -> Result {
        var outcome = cvault_keyring_outcome()
        let result = unsafe body(milliseconds, &outcome)
        if let problem = KeyringProblem(outcome) { throw problem }
        return result
    }

    static func optionalText(
        _ milliseconds: Int32,
        _ body: (Int32, UnsafeMutablePointer<cvault_keyring_outcome>) -> UnsafeMutablePointer<CChar>?
    ) throws(KeyringProblem) -> String? {
        guard let text = try unsafe call(milliseconds, body) else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    static func text(
        milliseconds: Int32,
        _ body: (Int32, UnsafeMutablePointer<cvault_keyring_outcome>) -> UnsafeMutablePointer<CChar>?
    ) throws(KeyringProblem) -> String {
        guard let text = try unsafe optionalText(milliseconds, body) else { throw .emptyAnswer }
        return text
    }
}

extension KeyringProblem {
    fileprivate init?(_ outcome: cvault_keyring_outcome) {
        switch outcome.failure {
        case CVAULT_KEYRING_OK: return nil
        case CVAULT_KEYRING_TIMED_OUT: self = .timedOut
        case CVAULT_KEYRING_NO_OWNER: self = .noService
        case CVAULT_KEYRING_VANISHED: self = .vanished
        case CVAULT_KEYRING_LOCKED: self = .locked
        case CVAULT_KEYRING_NO_OBJECT: self = .noCollection
        case CVAULT_KEYRING_DISMISSED: self = .dismissed
        case CVAULT_KEYRING_CLEAR_BUS: self = .unencryptedTransport
        default: self = .failed(outcome.text)
        }
    }
}
