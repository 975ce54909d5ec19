/// The result of one check of the host.
struct Finding: Equatable, Sendable {
    enum Level: String, Sendable {
        /// As it should be.
        case ok
        /// Good to know; nothing needs to be done.
        case note
        /// To be corrected.
        case finding
    }

    /// What was checked: a word that never changes.
    let check: String
    let level: Level
    /// What was seen, in a sentence or two.
    let sentence: String
    /// What to do about it, if anything.
    let remedy: String?

    static func ok(_ check: String, _ sentence: String) -> Finding {
        Finding(check: check, level: .ok, sentence: sentence, remedy: nil)
    }

    static func note(_ check: String, _ sentence: String, remedy: String? = nil) -> Finding {
        Finding(check: check, level: .note, sentence: sentence, remedy: remedy)
    }

    static func finding(_ check: String, _ sentence: String, remedy: String) -> Finding {
        Finding(check: check, level: .finding, sentence: sentence, remedy: remedy)
    }
}
