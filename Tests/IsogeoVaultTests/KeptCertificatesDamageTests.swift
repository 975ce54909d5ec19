import Foundation
import Testing
import VaultTestSupport

@testable import IsogeoVault

/// The box of certificates, which a cached token doesn't read.
@Suite struct KeptCertificatesDamageTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private static let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"

    @Test(
        arguments: [
            "delete from certificates", "update certificates set box = zeroblob(length(box))",
            "update certificates set box = x'\(String(repeating: "00", count: 39))'",
            "replace into certificates select * from old.certificates",
        ]
    )
    func `no request trusts certificates that were edited, removed or put back`(_ edit: String) async throws {
        let vault = try await world.makeVault()
        let name = try ApplicationName.named("catalogue")
        try await vault.trust(name, caFile: world.folder.write(Self.pem, to: "old.pem"))
        try await vault.backup(to: world.folder("old.db"))
        try await vault.trust(name, caFile: world.folder.write(Self.pem + Self.pem, to: "new.pem"))
        let token = try await vault.token()
        try await world.edit("attach '\(world.folder("old.db"))' as old; pragma ignore_check_constraints = on; \(edit)")
        // A cached token doesn't need them.
        let opened = try await world.open()
        #expect(try await opened.token().value == token.value)
        let error = await failure { () async throws(VaultError) in
            try await opened.token(for: nil, TokenOptions(refresh: true))
        }
        #expect(error?.code == .damaged && world.server.requests.count == 1)
        #expect(await failure { () async throws(VaultError) in try await opened.application() }?.code == .damaged)
        #expect(await failure { () async throws(VaultError) in try await opened.backup(to: "copy") }?.code == .damaged)
        let findings = try? await opened.verify().findings
        #expect(findings?.contains(.unreadableApplications(1)) != false)
    }

    @Test func `planted certificates are found, and trusted for nothing`() async throws {
        let vault = try await world.makeVault()
        try await world.edit("insert into certificates select id, zeroblob(600) from application")
        _ = try await vault.token()
        #expect(try await vault.verify().findings.contains(.unreadableApplications(1)))
    }
}
