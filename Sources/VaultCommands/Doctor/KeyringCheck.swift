internal import FoundationEssentials
internal import IsogeoVault

/// What opens a vault with nobody asked: the desktop keyring, and a session in the kernel's.
enum KeyringCheck {
    /// The desktop keyring; where the vault has no key in it, nothing about it is a finding.
    static func desktop(_ report: KeyringReport, slots: [String]) -> [Finding] {
        let isWanted = slots.contains("keyring")
        guard let problem = report.problem else { return [.ok("keyring", "The desktop keyring works.")] }
        switch report.state {
        // Its key opens the vault all the same.
        case .unseen: return [.note("keyring", problem.sentence, remedy: problem.remedy)]
        // Somebody will be asked for its password, which is as it should be.
        case .locked where report.hasDisplay: return [.note("keyring", problem.sentence, remedy: problem.remedy)]
        default:
            return isWanted
                ? [.finding("keyring", problem.sentence, remedy: problem.remedy)]
                : [
                    .note(
                        "keyring",
                        problem.sentence + (slots.isEmpty ? "" : " No key of this vault is in a desktop keyring.")
                    )
                ]
        }
    }

    /// Sessions, `unlock`.
    ///
    /// - Parameters:
    ///   - report: what the kernel allows.
    ///   - ends: when the vault's session ends; nil where there is none.
    /// - Returns: what is to be said.
    static func session(_ report: SessionReport, ends: Date?) -> [Finding] {
        var remarks: [Finding] = []
        if let obstacle = report.obstacle {
            remarks.append(.note("session", "unlock can't work here. \(obstacle.sentence)", remedy: obstacle.remedy))
        } else if report.isSharedUserID {
            let shared = SessionReport.sharedUserID
            remarks.append(.note("session", shared.sentence, remedy: shared.remedy))
        } else {
            remarks.append(.ok("session", "The kernel keeps keys for sessions."))
        }
        if let ends {
            remarks.append(
                .note(
                    "session",
                    "Until \(ends.rfc3339) a session opens the vault.",
                    remedy: "isogeo-vault lock ends it."
                )
            )
        }
        return remarks
    }
}
