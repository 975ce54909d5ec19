import Foundation
import Testing
import VaultTestSupport

/// `verify` opens every box: what was edited on the disk is found, and named.
@Suite(.serialized, .needsBinary)
struct VerifyTests {
    private static let told =
        "isogeo-vault: The vault isn't as it was written.\n"
        + "  Restore a backup: isogeo-vault restore FILE\n"
    private static let differ = "The applications are not those that were written, or partly older."

    private func expectFindings(_ home: Home, _ findings: [String]) async throws {
        let report = try await home.run("verify")
        #expect(report.exitCode == 72, "\(report)")
        #expect(report.outputText == findings.map { $0 + "\n" }.joined(), "\(report)")
        #expect(report.errorText.hasSuffix(Self.told), "\(report)")
    }

    @Test func `a vault that is as it was written is told so, with what is in it`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("import", "-q", try home.writeFile(), "--name", "b").expectSuccess()
        #expect(try await home.run("token", "atlas").exitCode == 0)
        try await home.run("verify").expectSuccess(
            "All is as it was written: applications 2, cached tokens 1, entries of the audit trail 3.\n"
        )
        let found = try await home.run("verify", "--json").json
        #expect(found["applications"] as? Int == 2 && found["tokens"] as? Int == 1)
        #expect(found["audit_entries"] as? Int == 3 && (found["findings"] as? [Any])?.isEmpty == true)
    }

    @Test(arguments: ["secret", "metadata"]) func `a box that was edited`(box: String) async throws {
        let home = try await Home.withVault()
        try await home.edit("db.execute('UPDATE application SET \(box) = zeroblob(length(\(box)))')")
        try await expectFindings(home, ["Applications that can't be opened: 1.", Self.differ])
    }

    @Test func `an older secret that was put back`() async throws {
        let home = try await Home.withVault()
        try FileManager.default.copyItem(atPath: home.vault, toPath: home.folder("old"))
        try await home.run("import", "-q", try home.writeFile(secret: Canary()), "--replace").expectSuccess()
        try await home.edit(
            """
            row = sqlite3.connect("\(home.folder("old"))").execute("SELECT metadata, secret FROM application").fetchone()
            db.execute("UPDATE application SET metadata = ?, secret = ?", row)
            """
        )
        try await expectFindings(home, [Self.differ])
    }

    @Test func `an application that was taken out`() async throws {
        let home = try await Home.withVault()
        try await home.edit("db.execute('DELETE FROM application')")
        try await expectFindings(home, [Self.differ])
    }

    @Test(arguments: [
        ("DELETE FROM log WHERE number = 1", "The audit trail has gaps."),
        ("DELETE FROM log WHERE number = 2", "The audit trail has gaps."),
        ("UPDATE log SET box = zeroblob(length(box)) WHERE number = 1", "The audit trail is broken at entry 1."),
        ("UPDATE log SET box = zeroblob(length(box)) WHERE number = 2", "The audit trail is broken at entry 2."),
    ])
    func `an audit trail that was edited`(edit: String, finding: String) async throws {
        let home = try await Home.withVault()
        try await home.edit("db.execute('\(edit)')")
        try await expectFindings(home, [finding])
        let log = try await home.run("log")
        #expect(log.exitCode == 72 && log.output.isEmpty, "\(log)")
        #expect(log.errorText.contains(finding.dropLast()), "\(log)")
    }

    @Test func `a cached token that was edited is told, and no damage`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        #expect(try await home.run("token").exitCode == 0)
        try await home.edit("db.execute('UPDATE token SET box = zeroblob(length(box))')")
        try await home.run("verify").expectSuccess("Cached tokens to be asked for again, as they can't be opened: 1.\n")
        let findings = try await home.run("verify", "--json").json["findings"] as? [[String: Any]]
        #expect(findings?.count == 1 && findings?.first?["damage"] as? Bool == false)
    }

    @Test func `damage is told as JSON too, with the same exit code`() async throws {
        let home = try await Home.withVault()
        try await home.edit("db.execute('DELETE FROM log')")
        let report = try await home.run("verify", "--json")
        #expect(report.exitCode == 72, "\(report)")
        let findings = try report.json["findings"] as? [[String: Any]]
        #expect(findings?.first?["damage"] as? Bool == true)
        #expect(findings?.first?["sentence"] as? String == "The audit trail has gaps.")
    }

    @Test func `a wrong key verifies nothing`() async throws {
        let home = try await Home.withVault()
        let other = try home.folder.write(String(repeating: "0", count: 64), to: "other")
        let report = try await home.run("verify", "--key-file", other)
        #expect(report.exitCode == 77 && report.output.isEmpty, "\(report)")
    }
}
