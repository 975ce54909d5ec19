import Foundation
import Testing
import VaultTestSupport

/// What a cached token costs, counted and never timed.
@Suite(.needsBinary, .needsStrace, .needsValgrind)
struct HitCostsTests {
    private struct Costs: Decodable {
        /// System, processor, and what of it libraries choose their code by.
        let place: String
        let instructions, systemCalls, openedLibraries, pageFaults: Int

        private enum CodingKeys: String, CodingKey {
            case place = "where"
            case instructions
            case systemCalls = "system_calls", openedLibraries = "opened_libraries", pageFaults = "page_faults"
        }

        var counts: [(String, Int)] {
            [("instructions", instructions), ("system calls", systemCalls), ("page faults", pageFaults)]
        }
    }

    @Test func `a cached token costs what it did, and opens no library`() async throws {
        let expected = try JSONDecoder().decode(
            Costs.self,
            from: Data(contentsOf: URL(filePath: TestPaths.fixture("hit-costs.json")))
        )
        var command = Command("bash", [TestPaths.checkout + "/Scripts/count-hit", "--no-install"])
        command.environment["ISOGEO_VAULT_BINARY"] = TestPaths.binary
        let report = try await command.run()
        try #require(report.exitCode == 0, "\(report)")
        let found = try JSONDecoder().decode(Costs.self, from: Data(report.output))
        #expect(found.openedLibraries == 0)
        // On another system or processor the libraries choose other code: there only the magnitude is compared.
        let tolerance = found.place == expected.place ? 0.03 : 0.5
        for ((name, count), (_, wanted)) in zip(found.counts, expected.counts) {
            #expect(
                abs(Double(count - wanted)) <= tolerance * Double(wanted),
                "\(count) \(name), \(wanted) before. Meant? Then Scripts/count-hit --renew, and the reason in the commit"
            )
        }
    }
}
