/// What one look at the host has shown.
struct Finding: Equatable, Sendable {
    enum Level: String, Sendable {
        /// As it should be.
        case ok
        /// Good to know; nothing has to be done.
        case note
        /// To be put right.
        case finding
    }

    /// What was looked at: a word that never changes.
    let check: String
    let level: Level
    /// What was seen, in a sentence or two.
    let sentence: String
    /// What to do, where something can be done.
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
