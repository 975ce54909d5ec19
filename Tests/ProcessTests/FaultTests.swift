import Foundation
import Testing
import VaultTestSupport

/// Servers and networks that go wrong: what the command says, how it ends, and how often it has asked.
@Suite(.serialized, .needsBinary)
struct FaultTests {
    /// So many at once, on computers of two cores: most of the time is pauses between tries.
    private static let window = 10

    private static var rows: [FaultRow] {
        FaultRow.statuses + FaultRow.bodies + FaultRow.connections + FaultRow.secured + FaultRow.proxied
            + FaultRow.securelyProxied
    }

    @Test(.endsSometime)
    func `each fault has its exit code, its sentence and its number of requests`() async throws {
        let rows = Self.rows + (Self.hasIPv6 ? [FaultRow.overIPv6] : [])
        let scripts = Dictionary(rows.map { ($0.name, $0.script) }, uniquingKeysWith: { first, _ in first })
        // A name that stands twice would hide a row.
        try #require(scripts.count == rows.count)
        let server = try await FaultServer(scripts.merging(FaultRow.others) { $1 })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, row) in rows.enumerated() {
                if index >= Self.window { try await group.next() }
                group.addTask { try await expect(row, from: server) }
            }
            try await group.waitForAll()
        }
        #expect(try server.connections("elsewhere") == 0)
        #expect(try server.connections("unwanted proxy") == 0)
        #expect(try server.requests("proxy") == 5)
        for name in ["cut at once", "reset at once"] { #expect(try server.connections(name) == 3) }
        #expect(!FileManager.default.fileExists(atPath: server.resolve(FaultRow.keyLog)))
        try await server.stop()
    }

    private static let hasIPv6: Bool = {
        let addresses = try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8)
        return addresses?.contains("00000000000000000000000000000001 ") == true
    }()

    private func expect(_ row: FaultRow, from server: FaultServer) async throws {
        let endpoint = server.resolve(row.endpoint)
        let home = try await Home.withVault(askingAt: endpoint)
        let file = home.folder("client_secrets.json")
        if !row.importOptions.isEmpty {
            let arguments = ["import", file, "--replace", "-q"] + row.importOptions.map(server.resolve)
            let replaced = try await home.command(arguments).run()
            try #require(replaced.exitCode == 0, "\(row.name): \(replaced)")
        }
        let environment = row.environment.mapValues { Optional(server.resolve($0)) }
        let report = try await home.command(["token"] + row.options.map(server.resolve), environment).run()
        home.client.secret.expectAbsent(in: report)
        #expect(report.exitCode == row.exit, "\(row.name): \(report)")
        #expect(report.outputText == (row.exit == 0 ? "t\n" : ""), "\(row.name)")
        #expect(report.errorText.contains(server.resolve(row.says)) || row.says.isEmpty, "\(row.name): \(report)")
        #expect(report.errorText.isEmpty == (row.exit == 0 && row.says.isEmpty), "\(row.name): \(report)")
        // A reader of the mail learns the application, and where the request went.
        let origin = endpoint.split(separator: "/").prefix(2).joined(separator: "//")
        if row.exit != 0 {
            #expect(report.errorText.hasPrefix("isogeo-vault: atlas at \(origin): "), "\(row.name): \(report)")
        }
        #expect(!report.errors.contains(0x1B) && !report.errorText.contains("pass@"), "\(row.name)")
        if row.address == nil || row.requests > 0 {
            #expect(try server.requests(row.name) == row.requests, "\(row.name)")
        }
    }
}
