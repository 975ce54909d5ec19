import Foundation
import Testing
import VaultTestSupport

/// What a command leaves in memory at its end, at the grain of a vector register: no twelve bytes in a row of a secret.
///
/// The process stands still before it ends, becomes another program or waits for one, each of its threads in a signal
/// handler, for which the kernel has written the thread's registers onto its stack.
@Suite(.serialized, .needsBinary, .privileged, .needsPreload(.stopAtEnd))
struct CommandMemoryTests {
    /// A command, and what it is given.
    ///
    /// A word in capitals is something of `World`'s.
    struct Row: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        var exitCode = 0
        /// What is done before, by the same vault.
        var before: [[String]] = []
        var environment: [String: String] = [:]
        /// Whether the file of the accepting server goes to standard input.
        var readsInput = false
        /// Whether the process still has to hand its secret over: it stands in guarded memory.
        var handsOver = false
        /// Whether it requests a token: over http and https.
        var isRequest = true

        init(_ arguments: String, exit exitCode: Int = 0, _ change: (inout Row) -> Void = { _ in }) {
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.exitCode = exitCode
            change(&self)
        }

        var testDescription: String { arguments.joined(separator: " ") + (environment.isEmpty ? "" : " (environment)") }
    }

    static let withCredential = ["ISOGEO_CLIENT_ID": "ID", "ISOGEO_CLIENT_SECRET": "SECRET"]
    static let byPassphrase = [["key", "add", "passphrase", "--new-passphrase-file", "PASSPHRASE"]]

    static let rows: [Row] = [
        Row("token"), Row("token --refresh"),
        Row("check --api-base BASE", exit: 76), Row("api --api-base BASE /", exit: 76),
        Row("token --from ACCEPTED CA"), Row("token --from REFUSED CA", exit: 67),
        Row("token --from GARBLED CA", exit: 76), Row("token --from DROPPED CA", exit: 75),
        Row("token --from QUOTED CA", exit: 76), Row("token --from NOBODY", exit: 75),
        Row("token --from-environment --token-uri ACCEPTING CA") { $0.environment = withCredential },
        Row("token --from-environment --token-uri REFUSING CA", exit: 67) { $0.environment = withCredential },
        Row("import --replace --check ACCEPTED CA"), Row("import --replace --check REFUSED CA", exit: 67),
        Row("import --replace --check - CA") { $0.readsInput = true },
        Row("rotate atlas NEWACCEPTED CA"), Row("rotate atlas NEWREFUSED CA", exit: 67),
        Row("exec --refresh -- true"), Row("exec --sdk -- true") { $0.handsOver = true },
        Row("exec --client-secrets X -- true") { $0.handsOver = true },
        Row("exec --client-secrets X --private-file -- true") { $0.environment = ["XDG_RUNTIME_DIR": "SHM"] },
        Row("import --replace ACCEPTED") { $0.isRequest = false },
        Row("import --replace -") { ($0.readsInput, $0.isRequest) = (true, false) },
        Row("import --replace --from-environment --token-uri ACCEPTING") {
            ($0.environment, $0.isRequest) = (withCredential, false)
        },
        Row("export atlas OUT --in-clear") { $0.isRequest = false }, Row("list") { $0.isRequest = false },
        Row("show atlas") { $0.isRequest = false }, Row("verify") { $0.isRequest = false },
        Row("backup OUT") { $0.isRequest = false }, Row("unlock --shared-uid") { $0.isRequest = false },
        Row("key add key-file=KEY2") { $0.isRequest = false },
        Row("key add passphrase --new-passphrase-file PASSPHRASE") { $0.isRequest = false },
        Row("key add recovery --output OUT") { $0.isRequest = false },
        Row("list --recovery OUT") {
            ($0.before, $0.isRequest) = ([["key", "add", "recovery", "--output", "OUT"]], false)
        },
        Row("token --refresh --passphrase-file PASSPHRASE") { ($0.before, $0.isRequest) = (byPassphrase, false) },
        Row("list --passphrase-file WRONG", exit: 77) { ($0.before, $0.isRequest) = (byPassphrase, false) },
        Row("rekey --keep-passphrase-file PASSPHRASE") { ($0.before, $0.isRequest) = (byPassphrase, false) },
    ]

    @Test(arguments: rows) func `root: no command leaves twelve bytes of a secret in a row`(row: Row) async throws {
        for isTLS in row.isRequest ? [false, true] : [false] {
            let servers = try await isTLS ? World.https.value : World.http.value
            let world = try await World(servers, quotes: row.arguments.contains("QUOTED"))
            for arguments in row.before {
                let done = try await world.command(arguments).run()
                try #require(done.exitCode == 0, "\(done)")
            }
            var command = try world.command(row.arguments, row.environment)
            if row.readsInput { command.input = .bytes(try world.home.folder.read("ACCEPTED")) }
            let (search, report) = try await world.searchAtTheEnd(of: command)
            #expect(report.exitCode == row.exitCode, "\(report)")
            #expect(search.hits.contains { $0.pattern == "the witness" }, "the search finds nothing at all")
            for hit in search.hits where hit.pattern != "the witness" {
                if row.handsOver, hit.pattern == "the secret", hit.mapping.isGuarded { continue }
                Issue.record("\(hit)")
            }
        }
    }

    /// A vault, servers of each temper, and the files that name them.
    struct World {
        let servers: Servers
        var home: Home
        let replacement = Canary()
        let passphrase = Canary()
        private let witness = Canary()
        /// On tmpfs.
        private let memoryFolder: TemporaryDirectory

        /// Servers are slow to start: all rows share these.
        struct Servers: Sendable {
            let authority: ThrowawayCA?
            let accepting: TokenServer, refusing: TokenServer, garbling: TokenServer, dropping: TokenServer

            init(_ authority: ThrowawayCA?) async throws {
                func server(_ answers: String?) async throws -> TokenServer {
                    var options = TokenServer.Options()
                    (options.authority, options.answers) = (authority, answers)
                    return try await TokenServer(options)
                }
                self.authority = authority
                accepting = try await server(nil)
                refusing = try await server(
                    #"[{"status": 401, "headers": {}, "body": "{\"error\": \"invalid_client\"}"}]"#
                )
                garbling = try await server(#"[{"status": 200, "headers": {}, "body": "<html>"}]"#)
                dropping = try await server(#"[{"drop": true}]"#)
            }
        }

        static let http = Task { try await Servers(nil) }
        static let https = Task { try await Servers(ThrowawayCA()) }

        /// A server that sends back what it was sent.
        private let quoting: TokenServer?

        init(_ servers: Servers, quotes: Bool) async throws {
            self.servers = servers
            home = try Home()
            memoryFolder = try TemporaryDirectory(in: "/dev/shm")
            var options = TokenServer.Options()
            options.authority = servers.authority
            options.answers = """
                [{"status": 400, "headers": {}, "body": "{\\"error\\": \\"invalid_request\\", \\"error_description\\": \
                \\"\(home.client.secret.text) \(home.client.basic)\\"}"}]
                """
            quoting = quotes ? try await TokenServer(options) : nil
            let client = home.client
            for (name, url, secret) in [
                ("ACCEPTED", servers.accepting.url, nil), ("REFUSED", servers.refusing.url, nil),
                ("GARBLED", servers.garbling.url, nil), ("DROPPED", servers.dropping.url, nil),
                ("QUOTED", quoting?.url ?? "", nil), ("NOBODY", "http://localhost:9/token", nil),
                ("NEWACCEPTED", servers.accepting.url, replacement), ("NEWREFUSED", servers.refusing.url, replacement),
            ] as [(String, String, Canary?)] {
                try home.folder.write(client.file(tokenURI: url, secret: secret), to: name)
            }
            try home.folder.write(passphrase.text + "\n", to: "PASSPHRASE")
            try home.folder.write(replacement.text + "\n", to: "WRONG")
            let made = try await command(["import", "ACCEPTED", "CA", "--protect", "key-file=\(home.key)"]).run()
            try #require(made.exitCode == 0, "\(made)")
            home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
            home.environment["WITNESS"] = witness.text
        }

        /// What a word in capitals stands for.
        private func value(of word: String) -> [String] {
            switch word {
            case "CA": servers.authority.map { ["--ca-file", $0.certificate] } ?? []
            case "BASE": [servers.accepting.origin]
            case "ACCEPTING": [servers.accepting.url]
            case "REFUSING": [servers.refusing.url]
            case "ID": [home.client.id]
            case "SECRET": [home.client.secret.text]
            case "SHM": [memoryFolder.path]
            case "KEY2": [home.folder("KEY2")]
            case _ where word.allSatisfy(\.isUppercase): [home.folder(word)]
            case _ where word.hasSuffix("=KEY2"): [word.dropLast("KEY2".count) + home.folder("KEY2")]
            default: [word]
            }
        }

        func command(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Command {
            // The name of the variable in `--client-secrets X` is none of ours.
            var command = try home.command(arguments.flatMap { $0 == "X" ? [$0] : value(of: $0) })
            for (name, word) in environment { command.environment[name] = value(of: word)[0] }
            // No other key than what an option names.
            if arguments.contains("--passphrase-file") || arguments.contains("--recovery") {
                command.environment["ISOGEO_VAULT_KEY_FILE"] = nil
            }
            return command
        }

        /// All that must not be in memory; of the header's pair only what depends on the secret.
        private var patterns: [MemorySearch.Pattern] {
            get throws {
                var patterns = [
                    MemorySearch.Pattern("the witness", witness.bytes),
                    MemorySearch.Pattern("the passphrase", passphrase.bytes),
                ]
                for (name, secret) in [("secret", home.client.secret), ("new secret", replacement)] {
                    let pair = Data("\(home.client.id):\(secret.text)".utf8).base64EncodedString()
                    let ofSecret = pair.utf8.dropFirst((home.client.id.utf8.count + 1) * 8 / 6)
                    patterns.append(.init("the \(name)", secret.bytes))
                    patterns.append(.init("the \(name)'s header", ofSecret.prefix { $0 != UInt8(ascii: "=") }))
                }
                for name in ["key", "KEY2"] {
                    guard let digits = try? home.folder.read(name).prefix(64), digits.count == 64 else { continue }
                    let bytes = stride(from: 0, to: 64, by: 2).compactMap {
                        UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
                    }
                    patterns += [.init("the digits of \(name)", digits), .init("the bytes of \(name)", bytes)]
                }
                if let code = try? home.folder.read("OUT"), code.count < 100 {
                    patterns.append(.init("the recovery code", code.prefix { $0 > 0x20 }))
                }
                return patterns
            }
        }

        /// Runs the command, and searches its memory when it has done its work.
        func searchAtTheEnd(of command: Command) async throws -> (MemorySearch, ProcessReport) {
            let stop = try TemporaryDirectory()
            var command = command
            command.environment["LD_PRELOAD"] = Preload.stopAtEnd.path
            command.environment["ISOGEO_VAULT_TEST_STOP"] = stop.path
            let process = try command.start()
            let deadline = ContinuousClock.now + Patience.end
            while !FileManager.default.fileExists(atPath: stop("stopped")), process.report.ending == nil,
                .now < deadline
            {
                try await Task.sleep(for: .milliseconds(5))
            }
            try #require(FileManager.default.fileExists(atPath: stop("stopped")), "\(process.report)")
            let search = try MemorySearch(of: process.pid, for: try patterns, grain: .register)
            try stop.write("", to: "go")
            return (search, try await process.outcome())
        }
    }
}
