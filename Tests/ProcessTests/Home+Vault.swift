import Foundation
import Testing
import VaultTestSupport

/// What the tests of the commands of daily life look at.
extension Home {
    /// The error for another key than the vault's.
    static let otherKeyRemedy =
        "`isogeo-vault status` lists what opens it. An older vault or a backup opens with the keys of its time: what a key "
        + "file held before a `rekey` is in PATH.old-…, next to it."

    /// The names of the applications.
    func names(_ options: [String] = []) async throws -> Set<String> {
        let report = try await command(["list", "--json"] + options).run()
        try #require(report.exitCode == 0, "\(report)")
        let applications = try #require(try report.json["applications"] as? [[String: Any]])
        return Set(applications.compactMap { $0["name"] as? String })
    }

    /// Puts a vault of format 1 there, with applications `catalogue` and `maps`, and its key.
    func writeOlderVault() throws {
        for (fixture, path) in [("golden-format-1-log.db", vault), ("golden-format-1-log.key", key)] {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            let content = try Data(contentsOf: URL(filePath: TestPaths.fixture(fixture)))
            try #require(
                FileManager.default.createFile(atPath: path, contents: content, attributes: [.posixPermissions: 0o600])
            )
        }
    }

    /// A key slot as `key list` tells of it.
    struct Slot: Decodable, Hashable {
        let id: String
        let kind: String
    }

    func slots() async throws -> [Slot] {
        let report = try await run("key", "list", "--json", "-q")
        try #require(report.exitCode == 0, "\(report)")
        return try JSONDecoder().decode([Slot].self, from: Data(report.output))
    }

    /// What the audit trail tells, the newest last.
    func events() async throws -> [String] {
        struct Entry: Decodable { let event: String }
        let report = try await run("log", "--json")
        try #require(report.exitCode == 0, "\(report)")
        return try JSONDecoder().decode([Entry].self, from: Data(report.output)).map(\.event)
    }

    /// The header's generation, which every change raises.
    func generation() async throws -> Int {
        let script =
            "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('SELECT generation FROM header').fetchone())"
        let report = try await Command("python3", ["-c", script, vault]).run()
        return try #require(Int(report.outputText.dropLast()), "\(report)")
    }

    /// Records an issue unless all of the vault is as it was written.
    func expectWhole(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let report = try await run("verify")
        #expect(report.exitCode == 0 && report.errors.isEmpty, "\(report)", sourceLocation: sourceLocation)
        #expect(report.outputText.hasPrefix("All is as it was written: "), "\(report)", sourceLocation: sourceLocation)
    }

    /// Starts the command, and kills it within the time that it takes, or a bit later; every other time as it writes.
    func runAndKill(_ arguments: [String]) async throws -> ProcessReport {
        let process = try command(arguments).start()
        if Bool.random() {
            // Where it matters: SQLite has begun to change the file.
            while !exists(vault + "-journal"), process.report.ending == nil {
                try await Task.sleep(for: .microseconds(100))
            }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...5_000)))
        } else {
            try await Task.sleep(for: .microseconds(Int.random(in: 0...40_000)))
        }
        process.send(SIGKILL)
        return try await process.outcome()
    }

    /// Writes the file of another client, made up, and tells its path.
    func writeFile(of client: Client, to name: String, tokenURI: String = "http://localhost:9/token") throws -> String {
        try folder.write(client.file(tokenURI: tokenURI), to: name)
    }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    func mode(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
