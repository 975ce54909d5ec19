/// All that `doctor` has to say.
struct DoctorReport: Encodable {
    struct Check: Encodable {
        let check: String
        let level: String
        let sentence: String
        let remedy: String?
    }

    /// How many checks are findings.
    let findings: Int
    /// What was put right, as commands.
    let fixed: [String]
    let checks: [Check]

    init(fixed: [String], checks: [Finding]) {
        self.fixed = fixed
        self.checks = checks.map {
            Check(check: $0.check, level: $0.level.rawValue, sentence: $0.sentence, remedy: $0.remedy)
        }
        findings = checks.count { $0.level == .finding }
    }

    /// For people: a line for each, what has to be done below it.
    var text: String {
        let fixed = fixed.map { "fixed    \($0.visible)" }
        let checks = checks.map { check in
            let level = check.level + String(repeating: " ", count: 9 - check.level.utf8.count)
            let remedy = check.remedy.map { "\n         \($0.visible)" } ?? ""
            return "\(level)\(check.check): \(check.sentence.visible)\(remedy)"
        }
        return (fixed + checks).joined(separator: "\n")
    }
}
