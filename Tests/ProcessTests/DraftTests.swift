import Foundation
import Testing
import VaultTestSupport

/// What a command makes has its name once it is whole: wherever it is killed, and whatever call fails, the same call
/// does the rest, and sweeps what the dead left.
@Suite(.serialized, .needsBinary, .needsStrace)
struct DraftTests {
    /// A command that makes a file.
    struct Maker: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Its arguments; `@` is the home.
        let arguments: [String]
        /// What is done before, apart from a vault that opens by a key file.
        var before: [[String]] = []
        var hasVault = true
        /// What works once the command has done its work.
        let proof: [String]

        static let all = [
            Maker(testDescription: "backup", arguments: ["backup", "@/copy"], proof: ["verify", "--vault", "@/copy"]),
            Maker(
                testDescription: "export",
                arguments: ["export", "atlas", "@/out.json", "--in-clear"],
                proof: ["import", "@/out.json", "--check", "--dry-run"]
            ),
            Maker(
                testDescription: "key add key-file",
                arguments: ["key", "add", "key-file=@/second"],
                proof: ["list", "--key-file", "@/second"]
            ),
            Maker(
                testDescription: "key change key-file",
                arguments: ["key", "change", "key-file", "key-file=@/second"],
                before: [["key", "add", "recovery", "--output", "@/code"]],
                proof: ["list", "--key-file", "@/second"]
            ),
            Maker(
                testDescription: "key add recovery",
                arguments: ["key", "add", "recovery", "--output", "@/code"],
                proof: ["list", "--recovery", "@/code"]
            ),
            Maker(
                testDescription: "key change recovery",
                arguments: ["key", "change", "recovery", "recovery", "--output", "@/code"],
                before: [["key", "add", "recovery", "--output", "@/old"]],
                proof: ["list", "--recovery", "@/code"]
            ),
            Maker(testDescription: "rekey", arguments: ["rekey"], proof: ["list"]),
            Maker(
                testDescription: "rekey with a code",
                arguments: ["rekey", "--output", "@/code"],
                before: [["key", "add", "recovery", "--output", "@/old"]],
                proof: ["list", "--recovery", "@/code"]
            ),
            Maker(
                testDescription: "restore where no vault is",
                arguments: ["restore", "@/copy"],
                before: [["backup", "@/copy"], ["-", "rm", "@/share/isogeo-vault/vault.db"]],
                proof: ["verify"]
            ),
            Maker(
                testDescription: "restore",
                arguments: ["restore", "@/copy"],
                before: [["backup", "@/copy"], ["rename", "atlas", "moon"]],
                proof: ["show", "atlas"]
            ),
            Maker(
                testDescription: "import",
                arguments: ["import", "@/client_secrets.json", "--protect", "key-file=@/key"],
                hasVault: false,
                proof: ["show", "atlas"]
            ),
        ]

        func home() async throws -> Home {
            var home = try Home()
            _ = try home.writeFile()
            if hasVault { home = try await Home.withVault() }
            home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
            for step in before {
                let words = step.map { $0.replacing("@", with: home.folder.path) }
                let command = words[0] == "-" ? Command(words[1], Array(words[2...])) : try home.command(words)
                let report = try await command.run()
                try #require(report.exitCode == 0, "\(report)")
            }
            return home
        }
    }

    /// The calls after which something else lies in the folders.
    private static let telling = [
        "fsync", "fdatasync", "rename", "renameat", "renameat2", "linkat", "unlink", "unlinkat",
    ]
    /// The others that write.
    private static let writing = ["openat", "write", "pwrite64", "ftruncate", "fchmod", "mkdirat"]
    /// How a repeat is refused once all is done: the key opens the vault, the file is there, the old key opens nothing.
    private static let refusals: [Int?] = [64, 73, 77]
    private static let errors = TestPaths.isLongRun ? ["ENOSPC", "EIO", "EDQUOT"] : ["ENOSPC"]
    private static let calls = TestPaths.isLongRun ? telling + writing : telling

    private static func tracing(_ command: Command, _ options: [String], log: String = "/dev/null") -> Command {
        var traced = command
        traced.program = "strace"
        traced.arguments = ["-f", "-qq", "-o", log] + options + [command.program] + command.arguments
        return traced
    }

    private func command(_ home: Home, _ arguments: [String]) throws -> Command {
        try home.command(arguments.map { $0.replacing("@", with: home.folder.path) })
    }

    /// The names in the home, and in the folders of the vault and of its marks.
    private func names(_ home: Home) -> Set<String> {
        let names = FileManager.default.enumerator(atPath: home.folder.path)?.compactMap { $0 as? String } ?? []
        return Set(names.filter { !$0.contains("state/isogeo-vault/said-") })
    }

    /// What a dead process may leave: nothing under a name that a user gave.
    private func drafts(_ home: Home) -> [String] {
        names(home).filter { $0.contains("/.isogeo-vault-") || $0.hasPrefix(".isogeo-vault-") || $0.contains(".new") }
    }

    private func proves(_ home: Home, _ maker: Maker) async throws -> Bool {
        try await command(home, maker.proof).run().exitCode == 0
    }

    /// How often one thread of the command makes each call.
    private func counts(_ maker: Maker) async throws -> [String: Int] {
        let home = try await maker.home()
        let log = home.folder("log")
        let trace = ["-e", "trace=\(Self.calls.map { "?\($0)" }.joined(separator: ","))"]
        let report = try await Self.tracing(command(home, maker.arguments), trace, log: log).run()
        try #require(report.exitCode == 0, "\(report)")
        var counts: [Substring: [Substring: Int]] = [:]
        for line in String(decoding: try home.folder.read("log"), as: UTF8.self).split(separator: "\n") {
            // A short process number has several blanks behind it.
            let words = line.split(separator: " ")
            guard words.count > 1, let end = words[1].firstIndex(of: "("), !words[1].hasPrefix("<") else { continue }
            counts[words[1][..<end], default: [:]][words[0], default: 0] += 1
        }
        #expect(try await proves(home, maker) && drafts(home).isEmpty)
        return Dictionary(
            uniqueKeysWithValues: counts.map { call, threads in (String(call), threads.values.max() ?? 0) }
        )
    }

    @Test(arguments: Maker.all) func `killed at any call, the same call does the rest`(maker: Maker) async throws {
        var kills = 0
        for (call, count) in try await counts(maker) {
            for number in 1...count {
                let home = try await maker.home()
                let inject = ["-e", "trace=?\(call)", "-e", "inject=?\(call):signal=KILL:when=\(number)"]
                let killed = try await Self.tracing(command(home, maker.arguments), inject).run()
                guard killed.exitCode == nil else {
                    // Threads share the work in another way than before.
                    #expect(killed.exitCode == 0, "\(killed)")
                    continue
                }
                kills += 1
                let place: Comment = "killed at \(call) \(number): \(names(home).sorted())"
                let wasDone = try await proves(home, maker)
                let again = try await command(home, maker.arguments).run()
                // Killed after all was done, it is told that it is.
                #expect(again.exitCode == 0 || wasDone && Self.refusals.contains(again.exitCode), "\(place)\n\(again)")
                #expect(try await proves(home, maker), place)
                if again.exitCode == 0 { #expect(drafts(home) == [], place) }
            }
        }
        #expect(kills >= 3)
    }

    @Test(arguments: Maker.all, errors)
    func `where a call fails, nothing is left under a name, or all of it`(maker: Maker, error: String) async throws {
        for (call, count) in try await counts(maker) where !["openat", "unlink", "unlinkat"].contains(call) {
            for number in 1...count {
                let home = try await maker.home()
                let before = names(home)
                let inject = ["-e", "trace=?\(call)", "-e", "inject=?\(call):error=\(error):when=\(number)"]
                let failed = try await Self.tracing(command(home, maker.arguments), inject).run()
                let wasDone = try await proves(home, maker)
                let left = names(home).subtracting(before).filter { !$0.hasPrefix("state/") && !$0.hasSuffix(".lock") }
                let place: Comment = "\(error) at \(call) \(number): \(failed)"
                if failed.exitCode != 0, !wasDone {
                    #expect(failed.exitCode == 74, place)
                    #expect(left.filter { $0 != "share/isogeo-vault" && !$0.contains(".new-") } == [], place)
                }
                let again = try await command(home, maker.arguments).run()
                #expect(again.exitCode == 0 || wasDone && Self.refusals.contains(again.exitCode), "\(place)\n\(again)")
                #expect(try await proves(home, maker), place)
                if again.exitCode == 0 { #expect(drafts(home) == [], place) }
            }
        }
    }

    @Test func `where files are published by a second name, a kill between both is put right`() async throws {
        // NFS knows no RENAME_NOREPLACE.
        let home = try await Home.withVault()
        let second = home.folder("second")
        let inject = [
            "-e", "trace=renameat2,unlinkat", "-e", "inject=renameat2:error=EINVAL",
            "-e", "inject=unlinkat:signal=KILL:when=1",
        ]
        let command = try home.command(["key", "add", "key-file=\(second)"])
        #expect(try await Self.tracing(command, inject).run().exitCode == nil)
        #expect(home.exists(second) && drafts(home).count == 1)
        let again = try await command.run()
        #expect(again.exitCode == 0, "\(again)")
        #expect(try await home.run("list", "-q", "--key-file", second).exitCode == 0)
        #expect(drafts(home).isEmpty)
    }

    @Test func `what a rekey left that died is swept by the next one, though tokens were written since`() async throws {
        let home = try await Home.withVault(askingAt: try await TokenServer.shared.value.url)
        // The key's two files are renamed, and then the vault is written.
        let inject = ["-e", "trace=renameat2,pwrite64", "-e", "inject=pwrite64:signal=KILL:when=1"]
        #expect(try await Self.tracing(home.command(["rekey"]), inject).run().exitCode == nil)
        #expect(drafts(home).count == 1 && names(home).contains { $0.hasPrefix("key.old-") })
        #expect(try await home.run("token").exitCode == 0)
        try await home.run("rekey", "-q").expectSuccess()
        #expect(drafts(home).isEmpty && names(home).filter { $0.hasPrefix("key.old-") }.count == 1)
        // What was left next to another state may be another vault's.
        #expect(try await Self.tracing(home.command(["rekey"]), inject).run().exitCode == nil)
        try await home.run("rename", "atlas", "moon", "-q").expectSuccess()
        try await home.run("rekey", "-q").expectSuccess()
        #expect(drafts(home).count == 1)
    }

    @Test func `a draft whose maker lives stays, and so do other files`() async throws {
        let home = try await Home.withVault()
        try home.folder.write("mine", to: "copy.0123456789abc.new")
        let (dead, living) = (".isogeo-vault-0000000000000.new", ".isogeo-vault-0000000000001.new")
        try home.folder.write("dead", to: dead)
        try home.folder.write("living", to: living)
        let holder = try Command(
            "python3",
            [
                "-c",
                """
                import fcntl, struct, sys, time
                file = open(sys.argv[1], "r+b")
                # F_OFD_SETLK, which Python has since 3.9
                fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 1 << 61, 1, 0))
                print("locked", flush=True)
                time.sleep(3600)
                """, home.folder(living),
            ]
        ).start()
        try await holder.expect("locked")
        try await home.run("backup", home.folder("copy"), "-q").expectSuccess()
        #expect(home.exists(home.folder(living)) && !home.exists(home.folder(dead)))
        #expect(home.exists(home.folder("copy.0123456789abc.new")))
        holder.send(SIGKILL)
        _ = try await holder.outcome()
        try await home.run("export", "atlas", home.folder("out"), "--in-clear", "-q").expectSuccess()
        #expect(!home.exists(home.folder(living)))
    }
}
