import Foundation
import Glibc
import Testing
import VaultTestSupport

/// Files with secrets in a folder that others may write, one of each kind: they could be exchanged or taken away.
@Suite(.serialized, .needsBinary)
struct SharedFolderTests {
    /// How a file is named.
    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// `@` is the file.
        let arguments: [String]
        var variable: String?
    }

    private static let ways = [
        Way(testDescription: "key file", arguments: ["list", "--key-file", "@"]),
        Way(testDescription: "shared key file", arguments: ["list", "--shared-key-file", "@"]),
        Way(testDescription: "key file, by a variable", arguments: ["list"], variable: "ISOGEO_VAULT_KEY_FILE"),
        Way(testDescription: "passphrase file", arguments: ["list", "--passphrase-file", "@"]),
        Way(testDescription: "shared passphrase file", arguments: ["list", "--shared-passphrase-file", "@"]),
        Way(testDescription: "recovery file", arguments: ["list", "--recovery", "@"]),
        Way(testDescription: "new key file", arguments: ["key", "add", "key-file=@-new"]),
        Way(testDescription: "new recovery file", arguments: ["key", "add", "recovery", "--output", "@-new"]),
        Way(testDescription: "rekey", arguments: ["rekey", "--key-file", "@"]),
    ]

    @Test(arguments: ways, [0o777, 0o775]) func `one of each kind is refused there, and nothing is made`(
        way: Way,
        mode: mode_t
    ) async throws {
        var home = try await Home.withVault()
        let folder = home.folder("open")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try home.folder.write(try home.folder.read("key"), to: "open/file")
        try #require(unsafe chmod(folder, mode) == 0)
        let arguments = way.arguments.map { $0.replacing("@", with: folder + "/file") }
        if let variable = way.variable { home.environment[variable] = folder + "/file" }
        let before = try home.folder.read("share/isogeo-vault/vault.db")
        let kind = ["key file", "passphrase file", "recovery file"].first { way.testDescription.contains($0) }
        try await home.command(arguments).run().expectFailure(
            78,
            "The \(kind ?? "key file") can't be trusted. Others may write in the folder \(folder) (mode 0\(String(mode, radix: 8))).",
            "Close the folder to them: chmod go-w '\(folder)'."
        )
        #expect(try home.folder.read("share/isogeo-vault/vault.db") == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }

    @Test func `doctor says so, and a sticky folder is none`() async throws {
        let home = try await Home.withVault()
        let folder = home.folder("open")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let key = try home.folder.write(try home.folder.read("key"), to: "open/file")
        for (mode, isFine) in [(0o777, false), (0o770, false), (0o1777, true), (0o755, true)] as [(mode_t, Bool)] {
            try #require(unsafe chmod(folder, mode) == 0)
            let report = try await home.run("doctor", "--json", "--key-file", key)
            let checks = try #require(try report.json["checks"] as? [[String: Any]])
            let named = checks.filter { $0["check"] as? String == "named-key" && $0["level"] as? String == "finding" }
            #expect(named.isEmpty == isFine, "\(report)")
            #expect(named.allSatisfy { $0["remedy"] as? String == "Close the folder to them: chmod go-w '\(folder)'." })
            #expect(try await home.run("list", "--key-file", key).exitCode == (isFine ? 0 : 78))
        }
    }

    @Test func `a vault behind a link that others may exchange is refused`() async throws {
        let home = try await Home.withVault()
        let folder = home.folder("open")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try #require(unsafe symlink(home.vaultFolder, folder + "/way") == 0)
        let arguments = ["list", "--vault", folder + "/way/vault.db"]
        try await home.command(arguments).run().expectSuccess()
        for (mode, isFine) in [(0o777, false), (0o775, false), (0o1777, true)] as [(mode_t, Bool)] {
            try #require(unsafe chmod(folder, mode) == 0)
            let report = try await home.command(arguments).run()
            #expect(report.exitCode == (isFine ? 0 : 78), "\(report)")
            #expect(report.errorText.contains("Others may write in the folder \(folder) (mode") == !isFine, "\(report)")
        }
    }

    /// A rollback mark that another account could have exchanged says nothing.
    @Test func `a mark in a folder that others may write is warned of`() async throws {
        let home = try await Home.withVault()
        try await home.run("list").expectSuccess()
        let folder = home.folder("state/isogeo-vault")
        try #require(unsafe chmod(folder, 0o777) == 0)
        let report = try await home.run("list")
        #expect(report.exitCode == 0, "\(report)")
        #expect(report.errorText.contains("Others may write in the folder \(folder) (mode 0777)."), "\(report)")
    }

    @Test func `without a runtime folder that no link of others leads to, no file is lent`() async throws {
        var home = try await Home.withVault()
        let folder = home.folder("open")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try #require(unsafe symlink(home.folder("run"), folder + "/run") == 0 && chmod(folder, 0o777) == 0)
        home.environment["XDG_RUNTIME_DIR"] = folder + "/run"
        let report = try await home.run("exec", "atlas", "--client-secrets", "FILE", "--", "/bin/true")
        #expect(report.exitCode == 78, "\(report)")
        #expect(report.errorText.contains("Others may write in the folder \(folder) (mode 0777)."), "\(report)")
    }
}
