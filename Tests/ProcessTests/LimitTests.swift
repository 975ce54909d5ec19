import Foundation
import Testing
import VaultTestSupport

/// Too few descriptors, too little memory, no disk, a clock that can't be: the cause is named, and what to do.
@Suite(.serialized, .needsBinary)
struct LimitTests {
    private static let moreFiles =
        "Raise its limit: `ulimit -n` in a shell, LimitNOFILE= in a systemd unit; 64 are enough."
    private static let moreMemory =
        "Raise its limit: `ulimit -v` in a shell, LimitAS= in a systemd unit, the memory of a container; 256 MiB are enough."
    private static let lookAtDisk = "Look at the disk: room, quota and health; then try again."
    private static let setClock = "Set the clock: sudo timedatectl set-ntp true; without a network, sudo date --set."

    /// A vault whose tokens come over TLS, from a server with an authority of its own.
    private static func homeOverTLS() async throws -> (Home, FaultServer) {
        let server = try await FaultServer(["endpoint": .init(.token, tls: .init())])
        let uri = "https://localhost:\(server.port("endpoint"))/token"
        let home = try await Home.withVault(askingAt: uri)
        let file = try home.writeFile(tokenURI: uri)
        let imported = try await home.run("import", file, "--replace", "--ca-file", server.authority.certificate)
        try #require(imported.exitCode == 0, "\(imported)")
        return (home, server)
    }

    /// Requests a token under each limit: it comes, or 78 with this remedy; both happen.
    private static func expectTokenOrRemedy(_ limits: [Int], by ulimit: String, _ remedy: String) async throws {
        let (home, server) = try await homeOverTLS()
        var refusals = 0
        for limit in limits {
            let report = try await home.shell("ulimit \(ulimit) \(limit); exec \"$vault\" token --refresh")
            // The loader itself gets too little, and says so before anything of ours runs.
            if report.exitCode == 0 || report.errorText.contains("error while loading shared libraries") { continue }
            refusals += 1
            #expect(report.exitCode == 78 && report.errorText.hasSuffix("\n  \(remedy)\n"), "\(limit): \(report)")
        }
        #expect(refusals > 0)
        #expect(try await home.run("token").outputText == "t\n")
        try await server.stop()
    }

    @Test func `with few descriptors a request is sent, or told that it needs more`() async throws {
        try await Self.expectTokenOrRemedy(Array(5...16), by: "-n", Self.moreFiles)
    }

    @Test func `with little memory a request is sent, or told that it needs more`() async throws {
        // Too little for a thread is told apart from too little for a request in less than a mebibyte.
        let narrow = Array(stride(from: 24 * 1024, to: 64 * 1024, by: 512))
        let wide = Array(stride(from: 64 * 1024, through: 160 * 1024, by: 4096))
        try await Self.expectTokenOrRemedy(
            narrow + wide,
            by: "-v",
            Self.moreMemory
        )
    }

    @Test(.needsPreload(.noGuardedMemory), arguments: ["text", "json"])
    func `guarded memory that can't be had is named`(format: String) async throws {
        let home = try await Home.withVault()
        let preload = ["LD_PRELOAD": Preload.noGuardedMemory.path]
        let report = try await home.run("token", "--error-format", format, with: preload)
        if format == "text" {
            report.expectFailure(78, "No guarded memory can be had for a secret.", Self.moreMemory)
        } else {
            #expect(report.exitCode == 78, "\(report)")
            #expect(report.errorText.contains(#""sentence":"No guarded memory can be had for a secret.""#), "\(report)")
        }
    }

    /// By pages of 4096 bytes: the first is SQLite's header and schema.
    @Test(.needsPreload(.unreadableDisk), arguments: 0..<8) func `a disk that doesn't give the vault isn't damage`(
        page: Int
    ) async throws {
        let home = try await Home.withVault()
        let preload = ["LD_PRELOAD": Preload.unreadableDisk.path, "VAULT_TEST_READABLE": "\(page * 4096)"]
        for command in ["token", "list", "status", "verify", "log"] {
            let report = try await home.run(command, with: preload)
            // A page that the command doesn't need; 75: no server listens, and that was asked.
            if page > 0, [0, 75].contains(report.exitCode) { continue }
            #expect(report.exitCode == 74, "\(report)")
            #expect(report.errorText.contains("Input/output error"), "\(report)")
            #expect(report.errorText.hasSuffix("\n  \(Self.lookAtDisk)\n"), "\(report)")
        }
        try await home.expectWhole()
    }

    /// The seconds before 1970, and those of the year 10000.
    @Test(.needsPreload(.clock), arguments: ["-1", "-631152000", "253402300800", "253402300799"])
    func `a clock out of all years that can be kept is named, and nothing asked for`(seconds: String) async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let clock = ["LD_PRELOAD": Preload.clock.path, "VAULT_TEST_CLOCK": seconds]
        // The last second of 9999 can be kept, and no end of a session after it; with the last of 1969 it is the other
        // way round.
        let commands =
            switch seconds {
            case "253402300799": [["unlock", "--shared-uid"]]
            case "-1": [["token"], ["rename", "atlas", "moon"]]
            default: [["token"], ["rename", "atlas", "moon"], ["unlock", "--shared-uid"]]
            }
        for arguments in commands {
            var command = try home.command(arguments, clock)
            command.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
            let report = try await command.run()
            #expect(report.exitCode == 78, "\(arguments): \(report)")
            #expect(
                report.errorText.contains("This computer's clock shows a time before 1970 or after 9999."),
                "\(report)"
            )
            #expect(report.errorText.hasSuffix("\n  \(Self.setClock)\n"), "\(report)")
        }
        let made = try await home.run(
            "import",
            try home.writeFile(),
            "--vault",
            home.folder("other/vault.db"),
            with: clock
        )
        if seconds != "253402300799" { #expect(made.exitCode == 78, "\(made)") }
        #expect(try server.requests(of: home.client).isEmpty)
        #expect(try await home.names() == ["atlas"])
    }

    @Test func `each flipped bit of the file's header is damage, or nothing`() async throws {
        let home = try await Home.withVault()
        let whole = try Data(contentsOf: URL(fileURLWithPath: home.vault))
        // Bytes 0 to 99: SQLite's header (Database File Format, 1.3).
        for byte in 0..<100 {
            var edited = whole
            edited[byte] ^= 1 << (byte % 8)
            try home.overwrite(home.vault, edited)
            let report = try await home.run("list")
            // 66: an empty database, of no pages; 78: another program's, by its number, or a later format.
            #expect([0, 66, 72, 78].contains(report.exitCode), "byte \(byte): \(report)")
        }
        var edited = whole
        edited[47] ^= 1
        try home.overwrite(home.vault, edited)
        try await home.run("list").expectFailure(
            72,
            "The vault at \(home.vault) is damaged: its header or its schema can't be understood.",
            "Restore a backup; trying again doesn't help."
        )
    }

    @Test func `a path that is too long is called so, and no folder made for it`() async throws {
        let home = try Home()
        let file = try home.writeFile()
        let remedy = "Name a place with a shorter path: at most 472 bytes for its folder, 247 for a name, 504 in all."
        let deep = String(repeating: "/" + String(repeating: "d", count: 99), count: 5)
        let long = home.folder.path + deep + "/vault.db"
        for path in [
            long, home.folder(String(repeating: "n", count: 248)),
            home.folder(String(repeating: "n", count: 400) + "/v"),
        ] {
            for arguments in [["import", file, "-q", "--protect", "key-file=\(home.key)"], ["list"]] {
                let report = try await home.command(arguments + ["--vault", path]).run()
                // Nothing lies there: for a vault that is only read that says more than its length.
                if arguments == ["list"], report.exitCode == 66 { continue }
                #expect(report.exitCode == 78 && report.errorText.hasSuffix("\n  \(remedy)\n"), "\(report)")
            }
        }
        #expect(!home.exists(home.folder(String(repeating: "d", count: 99))) && !home.exists(home.key))
    }

    @Test func `the longest path that is taken is used by every command`() async throws {
        let home = try Home()
        var folder = home.folder.path
        while folder.utf8.count < 472 {
            let rest = 472 - folder.utf8.count
            // Two are left for the last slash and a name, or nothing is.
            folder += "/" + String(repeating: "d", count: rest > 92 ? 90 : rest - 1)
        }
        let vault = folder + "/" + String(repeating: "v", count: 31)
        try #require(vault.utf8.count == 504)
        let made = try await home.run(
            "import",
            try home.writeFile(),
            "--vault",
            vault,
            "--protect",
            "key-file=\(home.key)"
        )
        #expect(made.exitCode == 0, "\(made)")
        for arguments in [["rename", "atlas", "moon"], ["verify"], ["rekey"], ["list"]] {
            let report = try await home.command(arguments + ["--vault", vault, "--key-file", home.key]).run()
            #expect(report.exitCode == 0, "\(report)")
        }
    }

    @Test func `of a folder the files are imported, and a FIFO isn't waited for`() async throws {
        let home = try await Home.withVault()
        let folder = home.folder("secrets")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        _ = try home.writeFile(
            of: Home.Client(named: "rivers"),
            to: "secrets/rivers.json",
            tokenURI: "http://localhost:9/t"
        )
        try #require(unsafe mkfifo(folder + "/a.json", 0o600) == 0)
        try FileManager.default.createDirectory(atPath: folder + "/b.json", withIntermediateDirectories: false)
        let imported = try await home.run("import", folder)
        #expect(imported.exitCode == 0, "\(imported)")
        #expect(try await home.names() == ["atlas", "rivers"])
    }
}

extension Home {
    /// Puts other bytes into a file that is there, and keeps its mode.
    fileprivate func overwrite(_ path: String, _ bytes: Data) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: bytes)
        try file.close()
    }
}
