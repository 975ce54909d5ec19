internal import FoundationEssentials
internal import IsogeoVault

/// What opens a vault without asking: the desktop keyring, and a session in the kernel's.
enum KeyringCheck {
    /// The desktop keyring; its problems are findings only if the vault has a key in it.
    static func desktop(_ report: KeyringReport, slots: [String]) -> [Finding] {
        guard let problem = report.defaultProblem else { return [collection(report, slots: slots)] }
        // It keeps this vault from nothing but a new key.
        let sentence = "New keys go into the default collection, which isn't the one that has this vault's key."
        return [
            collection(report, slots: slots),
            .note("keyring", "\(sentence) \(problem.sentence)", remedy: problem.remedy),
        ]
    }

    /// The collection that the report is about.
    private static func collection(_ report: KeyringReport, slots: [String]) -> Finding {
        let isWanted = slots.contains("keyring")
        guard let problem = report.problem else { return .ok("keyring", "The desktop keyring works.") }
        switch report.state {
        // Its key opens the vault nevertheless.
        case .unseen: return .note("keyring", problem.sentence, remedy: problem.remedy)
        // The desktop will ask for its password, as it should.
        case .locked where report.hasDisplay: return .note("keyring", problem.sentence, remedy: problem.remedy)
        default:
            return isWanted
                ? .finding("keyring", problem.sentence, remedy: problem.remedy)
                : .note(
                    "keyring",
                    problem.sentence + (slots.isEmpty ? "" : " No key of this vault is in a desktop keyring.")
                )
        }
    }

    /// Sessions, `unlock`.
    ///
    /// - Parameters:
    ///   - report: what the kernel allows.
    ///   - ends: when the vault's session ends; nil where there is none.
    /// - Returns: the findings.
    static func session(_ report: SessionReport, ends: Date?) -> [Finding] {
        var findings: [Finding] = []
        if let obstacle = report.obstacle {
            findings.append(.note("session", "unlock can't work here. \(obstacle.sentence)", remedy: obstacle.remedy))
        } else if report.isSharedUserID {
            let shared = SessionReport.sharedUserID
            findings.append(.note("session", shared.sentence, remedy: shared.remedy))
        } else {
            findings.append(.ok("session", "The kernel can keep the keys of sessions."))
        }
        if let ends {
            findings.append(
                .note(
                    "session",
                    "A session opens the vault until \(ends.rfc3339).",
                    remedy: "isogeo-vault lock ends it."
                )
            )
        }
        return findings
    }
}
