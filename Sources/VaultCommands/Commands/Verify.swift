internal import ArgumentParser
internal import IsogeoVault

/// Opens every box: `isogeo-vault verify`.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Open every box in the vault and follow every chain; 72 if something isn't as it was written."
    )

    @Option(
        help: ArgumentHelp(
            "Check that the audit trail still has this entry, as `isogeo-vault log --head` printed it.",
            valueName: "number:digest"
        )
    )
    var expect: String?

    @Flag(help: "Print what was found as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard expect.map({ AuditTrail.Head($0) != nil }) ?? true else {
            throw CommandProblem.Call.notAnEntry("--expect")
        }
    }

    func run() async throws {
        let context = vault.context
        let head = expect.flatMap(AuditTrail.Head.init)
        var progress = Progress(context)
        defer { progress.clear() }
        let result = try await context.open().verify(expecting: head) { progress.show(applications: $0, of: $1) }
        progress.clear()
        if json { try context.printJSON(VerificationReport(result)) } else { try context.print(result.text) }
        let damage = result.findings.filter(\.isDamage)
        guard damage.allSatisfy(\.isAboutExpectation) else { throw VaultError(.verificationFailed) }
        guard damage.isEmpty else { throw VaultError(.trailRewritten) }
        guard !result.findings.contains(where: \.isAboutExpectation) else { throw VaultError(.headObsolete) }
    }
}

extension Verification {
    /// What was found, for people.
    fileprivate var text: String {
        guard findings.isEmpty else { return findings.map(\.sentence).joined(separator: "\n") }
        return "All is as it was written: applications \(applications), cached tokens \(tokens), "
            + "entries of the audit trail \(auditEntries)."
    }
}

/// What `verify` found, as JSON.
private struct VerificationReport: Encodable {
    struct Finding: Encodable {
        let damage: Bool
        let sentence: String
    }

    let applications: Int
    let tokens: Int
    let audit_entries: Int
    let findings: [Finding]

    init(_ result: Verification) {
        applications = result.applications
        tokens = result.tokens
        audit_entries = result.auditEntries
        findings = result.findings.map { Finding(damage: $0.isDamage, sentence: $0.sentence) }
    }
}
