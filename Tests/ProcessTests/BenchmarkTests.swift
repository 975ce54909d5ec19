import Foundation
import Testing
import VaultTestSupport

/// `Scripts/benchmark`: what it says it measured, and never how long that took.
@Suite(
    .serialized,
    .needsBinary,
    .enabled(
        if: ["cc", "gcc", "clang"].contains { FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0) },
        "no C compiler, which makes the program that starts the others"
    )
)
struct BenchmarkTests {
    /// What `--json` writes.
    private struct Document: Decodable {
        struct Row: Decodable {
            let group: String
            let name: String
            let ours: Bool
            let figures: [String: Double]?
            let missing: String?
            let times: Times?
            let goals: [Goal]?
        }
        struct Times: Decodable {
            let of: String
            let ratio: Double
        }
        struct Goal: Decodable {
            let what: String
            let of: String
            let limit: Double
            let value: Double
            let reached: Bool
        }
        struct Machine: Decodable {
            let processor: String
            let processors: Int
            let kernel: String
            let system: String
        }
        let version: Int
        let rounds: Int
        let quick: Bool
        let machine: Machine
        let versions: [String: String]
        let rows: [Row]
    }

    private func benchmark(in folder: TemporaryDirectory, _ options: String...) async throws -> ProcessReport {
        var command = Command(TestPaths.checkout + "/Scripts/benchmark", options)
        command.environment["HOME"] = folder.path
        command.environment["TMPDIR"] = folder("tmp")
        command.environment["ISOGEO_VAULT_BINARY"] = TestPaths.binary
        command.folder = folder.path
        try FileManager.default.createDirectory(atPath: folder("tmp"), withIntermediateDirectories: true)
        let report = try await command.run()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder("tmp")).isEmpty)
        return report
    }

    private func document(_ folder: TemporaryDirectory) throws -> Document {
        try JSONDecoder().decode(Document.self, from: Data(folder.read("figures.json")))
    }

    @Test func `rows have figures, or the reason why not`() async throws {
        let folder = try TemporaryDirectory()
        let only = "token, (key file|systemd)|--refresh, https?$|20 files|living|many applications"
        let report = try await benchmark(
            in: folder,
            "--quick",
            "--rounds",
            "2",
            "--only",
            only,
            "--json",
            "figures.json"
        )
        try #require(report.exitCode == 0, "\(report)")
        let document = try document(folder)
        #expect(document.version == 1 && document.rounds == 2 && document.quick)
        #expect(document.machine.processors > 0)
        for text in [document.machine.processor, document.machine.kernel, document.machine.system] {
            #expect(!text.isEmpty)
        }
        #expect(document.versions["isogeo-vault"]?.isEmpty == false)
        #expect(Set(document.rows.map(\.name)).count == document.rows.count)
        for row in document.rows {
            #expect((row.figures == nil) != (row.missing == nil), "\(row.name)")
            #expect(report.outputText.contains(row.name))
            guard let figures = row.figures, row.figures?["page_faults"] != nil else { continue }
            #expect(figures["runs"] == 2)
            for name in ["ms", "p95_ms", "minimum_ms", "page_faults", "peak_mib"] {
                #expect(try #require(figures[name], "\(row.name) has no \(name)") > 0)
            }
        }
        // These are always there, and so are the rows that they are compared with.
        for name in [
            "/bin/true", "isogeo-vault token, key file", "curl, https", "isogeo-vault token --refresh, https",
            "isogeo-vault import, 20 files",
        ] {
            #expect(document.rows.first { $0.name == name }?.figures != nil, "\(report)")
        }
        let miss = try #require(document.rows.first { $0.name == "isogeo-vault token --refresh, https" })
        #expect(try #require(miss.times).of == "curl, https")
        let hit = try #require(document.rows.first { $0.name == "isogeo-vault token, key file" })
        let faults = try #require(hit.goals?.first { $0.what == "page_faults" })
        #expect(faults.value == hit.figures?["page_faults"] && faults.reached == (faults.value <= faults.limit))

        let drawn = try folder.read("figures.svg")
        let parse = "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])"
        let parsed = try await Command("python3", ["-c", parse, folder("figures.svg")]).run()
        #expect(parsed.exitCode == 0, "\(parsed)")
        let again = try await benchmark(in: folder, "--chart", "figures.json")
        #expect(again.outputText == folder("figures.svg") + "\n", "\(again)")
        #expect(try folder.read("figures.svg") == drawn)
    }

    @Test func `a peer that isn't installed is left out by name`() async throws {
        let folder = try TemporaryDirectory()
        let report = try await benchmark(
            in: folder,
            "--quick",
            "--rounds",
            "1",
            "--only",
            "^a cached token.*: (age|oidc)",
            "--json",
            "figures.json"
        )
        try #require(report.exitCode == 0, "\(report)")
        for row in try document(folder).rows where row.missing != nil {
            #expect(report.outputText.contains("not measured: "))
            #expect(try #require(row.missing).contains(/isn't (installed|there)/), "\(row)")
        }
    }

    @Test func `a command that doesn't work isn't measured`() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("#!/bin/sh\necho broken >&2; exit 3\n", to: "broken", mode: 0o755)
        var command = Command(
            TestPaths.checkout + "/Scripts/benchmark",
            ["--quick", "--rounds", "1", "--only", "token, key file"]
        )
        command.environment["ISOGEO_VAULT_BINARY"] = folder("broken")
        let report = try await command.run()
        #expect(report.exitCode == 1, "\(report)")
        #expect(report.outputText.contains("not measured: broken ended with 3: broken"))
        #expect(report.errorText.hasSuffix("benchmark: isogeo-vault failed: isogeo-vault token, key file\n"))
    }

    @Test(arguments: ["--rounds", "--fast", "7"]) func `an option that is none is refused`(option: String) async throws
    {
        let report = try await benchmark(in: try TemporaryDirectory(), option)
        #expect(report.exitCode == 64 && report.errorText.hasPrefix("Scripts/benchmark [OPTIONS]"), "\(report)")
        // The last one is found out before anything is measured, too.
        for value in [["--rounds", "0"], ["--rounds", "some"], ["--only", "("], ["--json", "none/figures.json"]] {
            let report = try await benchmark(in: try TemporaryDirectory(), value[0], value[1])
            #expect(report.exitCode == 64 && report.errorText.hasPrefix("benchmark: "), "\(report)")
        }
    }

    @Test func `the chart in the README is that of the figures next to it`() async throws {
        let folder = try TemporaryDirectory()
        let place = TestPaths.checkout + "/Benchmarks/Results/"
        let figures = try #require(FileManager.default.contents(atPath: place + "benchmark.json"))
        try folder.write(figures, to: "benchmark.json")
        let report = try await benchmark(in: folder, "--chart", "benchmark.json")
        #expect(report.exitCode == 0, "\(report)")
        #expect(try Data(folder.read("benchmark.svg")) == FileManager.default.contents(atPath: place + "benchmark.svg"))
    }
}
