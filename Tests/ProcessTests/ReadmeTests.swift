import Foundation
import Testing
import VaultTestSupport

/// The README's examples, as a reader types them; around them are only files, environment and servers of this machine.
struct ReadmeTests {
    private let readme: Document

    init() throws { readme = try Document("README.md") }

    @Test func `each code block is one that a test runs`() throws {
        let known = [
            "sh checkout", "console session", "console daily", "sh key-file", "python", "crontab", "swift package",
            "swift main", "sh programs",
        ]
        for block in readme.blocks { #expect(known.contains(block.info), "nothing runs a block of \(block.info)") }
        for info in known { #expect(!readme.blocks(info).isEmpty, "no block of \(info)") }
    }

    @Test func `the scripts that it names know the options that it names`() async throws {
        let lines = readme.blocks("sh checkout").flatMap(\.lines)
        try #require(lines.contains { $0.contains(" --") })
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            let help = try await Command(words[0], ["--help"], folder: TestPaths.checkout).run()
            #expect(help.exitCode == 0, "\(help)")
            for option in words where option.hasPrefix("--") {
                #expect(help.outputText.contains(option), "\(words[0]) has no \(option)")
            }
        }
    }

    @Test(.needsBinary) func `the session on a terminal goes as it is shown`() async throws {
        let desk = try await Desk()
        let transcript = Transcript(try #require(readme.blocks("console session").first))
        let bash = desk.command("bash", ["-eu", "-o", "pipefail", "-c", transcript.script])
        let terminal = try bash.startOnTerminal()
        for prompt in transcript.prompts {
            try await terminal.expect(prompt)
            terminal.type("correct horse battery staple\n")
        }
        let report = try await terminal.process.outcome()
        #expect(report.exitCode == 0, "\(report)")

        let shown = desk.asInReadme(terminal.screen)
        transcript.expect(shown)
        #expect(try desk.tokenRequests == 1)
        #expect(try desk.authorizations.count == 1)
        #expect(shown.contains { line in (try? desk.authorizations) == ["Bearer \(line)"] })
    }

    @Test(.needsBinary) func `daily life goes as it is shown`() async throws {
        let desk = try await Desk()
        let shell = try #require(readme.blocks("sh key-file").first)
        let made = try await desk.command("bash", ["-eu", "-c", shell.text]).run()
        #expect(made.exitCode == 0, "\(made)")
        try desk.writeClientSecrets("new_secrets.json")

        let transcript = Transcript(try #require(readme.blocks("console daily").first))
        var bash = desk.command("bash", ["-eu", "-o", "pipefail", "-c", transcript.script])
        bash.environment["ISOGEO_VAULT_KEY_FILE"] = desk.home("isogeo-vault.key")
        let terminal = try bash.startOnTerminal()
        let report = try await terminal.process.outcome()
        #expect(report.exitCode == 0, "\(report)")
        let shown = desk.asInReadme(terminal.screen)
        transcript.expect(shown)
        // One token for the key file's example, one as the proof of the new secret.
        #expect(try desk.tokenRequests == 2)

        let code = try #require(shown.first { $0.wholeMatch(of: /([0-9A-Z]{5}-){12}[0-9A-Z]{5}/) != nil })
        try desk.home.write(code.lowercased().replacing("-", with: " ") + "\n", to: "code.txt")
        let line = try #require(readme.text.firstMatch(of: /`(isogeo-vault list --recovery [^`]+)`/)).1
        let listed = try await desk.command("bash", ["-eu", "-c", String(line)]).run()
        #expect(listed.exitCode == 0 && listed.outputText.contains("city-maps"), "\(listed)")
    }

    @Test(.needsBinary) func `a key file serves shell, Python and cron`() async throws {
        let desk = try await Desk()
        let shell = try #require(readme.blocks("sh key-file").first)
        let made = try await desk.command("bash", ["-eu", "-c", shell.text]).run()
        #expect(made.exitCode == 0, "\(made)")
        let token = made.outputText.trimmingCharacters(in: .whitespacesAndNewlines)
        try #require(!token.isEmpty)

        var python = desk.command("python3", ["-c", try #require(readme.blocks("python").first).text])
        python.environment["ISOGEO_VAULT_KEY_FILE"] = desk.home("isogeo-vault.key")
        let asked = try await python.run()
        #expect(asked.exitCode == 0, "\(asked)")
        #expect(asked.outputText == "0 catalogues are shared with this application\n")

        // The API of a server on this computer has to be said; with Isogeo's, the line is run in `UnattendedTests`.
        try await desk.makeAPIKnown()
        for job in try Crontab(#require(readme.blocks("crontab").first), binaries: desk.binaries).jobs {
            // As cron does it: sh, a home, the table's own variables, and nothing else.
            var command = Command("/bin/sh", ["-c", job.line], environment: job.environment, folder: desk.home.path)
            command.environment["HOME"] = desk.home.path
            let ran = try await command.run()
            #expect(ran.exitCode == 0 && ran.output.isEmpty, "\(ran)")
            #expect(try desk.home.read("shares.json") == Array("[]\n".utf8))

            try FileManager.default.removeItem(atPath: desk.home("isogeo-vault.key"))
            let locked = try await command.run()
            #expect(locked.exitCode == 77 && locked.output.isEmpty, "\(locked)")
            #expect(try desk.home.read("shares.json") == Array("[]\n".utf8))
        }
        #expect(try desk.authorizations.count == 2 && desk.authorizations.first == "Bearer \(token)")
        #expect(try desk.tokenRequests == 2)
    }

    @Test(.needsBinary) func `check, api and exec serve other programs as shown`() async throws {
        let world = try await APIHome(.token, .json(200, "[]"), .json(200, "found\n"))
        let home = world.home
        for (name, text) in [
            ("export.sh", #"#!/bin/sh\necho "${#ISOGEO_ACCESS_TOKEN}""#.replacing(#"\n"#, with: "\n")),
            ("sync.py", "import os\nprint(len(os.environ['ISOGEO_API_GROUP_CLIENT_SECRET']))"),
        ] {
            #expect(unsafe chmod(try home.folder.write(text, to: name), 0o700) == 0)
        }
        let script = try #require(readme.blocks("sh programs").first).text
        let setUp = #"mkdir bin; ln -s "$vault" bin/isogeo-vault; PATH=$PWD/bin:$PATH; set -e"#
        let report = try await home.shell(setUp + "\n" + script)
        #expect(report.exitCode == 0, "\(report)")
        #expect(report.outputText == "atlas: valid, but nothing is shared with it yet.\nfound\n64\n48\n", "\(report)")
        #expect(try world.tokenRequests == 1)
    }

    @Test func `the Swift program is the one in Examples, which Scripts docs compiles`() throws {
        let example = TestPaths.checkout + "/Examples/GetToken/"
        let program = try String(contentsOfFile: example + "Sources/GetToken/main.swift", encoding: .utf8)
        #expect(readme.blocks("swift main").map(\.text) == [program])
        let manifest = try String(contentsOfFile: example + "Package.swift", encoding: .utf8)
        for line in try #require(readme.blocks("swift package").first).lines {
            let line = line.replacing("../isogeo-vault", with: "../..").trimmingCharacters(in: .whitespaces)
            #expect(manifest.contains(line), "the manifest has no \(line)")
        }
    }

    @Test(.needsBinary) func `the exit codes are those of the help`() async throws {
        let binary = try #require(TestPaths.binary)
        let help = try await Command(binary, ["--help"]).run().outputText.replacing("\n", with: " ")
        let listed = try #require(help.firstMatch(of: /Exit codes: (.*?)\./)).1.split(separator: ";")
        let codes = listed.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
        let rows = readme.text.matches(of: /\n\| (\d+) \| ([^|]*)\|/)
        #expect(codes.count > 10)
        #expect(rows.compactMap { Int($0.1) } == codes)
    }

    @Test func `the exit codes have the names that the library gives them`() throws {
        let source = try Document("Sources/IsogeoVault/VaultError.swift").text
        let declared = source.matches(of: /Code\(name: "([a-z-]+)", exitStatus: (\d+)\)/).map { "\($0.2) \($0.1)" }
        let rows = readme.text.matches(of: /\n\| (\d+) \| ([^|]*)\|/)
        let named = rows.flatMap { row in row.2.matches(of: /`([a-z-]+)`/).map { "\(row.1) \($0.1)" } }
        #expect(declared.count > 10)
        #expect(named == declared)
    }

    @Test func `no document links to a file that isn't there`() throws {
        for name in ["README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"] {
            for link in try Document(name).text.matches(of: /\]\(([^)#]+)[^)]*\)/) where !link.1.contains("://") {
                #expect(FileManager.default.fileExists(atPath: "\(TestPaths.checkout)/\(link.1)"), "\(name): \(link.1)")
            }
        }
    }

    @Test func `each test that SECURITY names is there`() throws {
        let text = try Document("SECURITY.md").text
        let named = text.matches(of: /(?m)^  - `([A-Za-z]+\/[A-Za-z+]+)` › (.+)$/)
        #expect(named.count > 200)
        #expect(named.count == text.count { $0 == "›" }, "a line names a test in another form")
        let promises = try #require(text.firstMatch(of: /(?s)\n## Promises.*?(?=\n## )/)).0.split(separator: "\n- ")
        for promise in promises.dropFirst() {
            #expect(promise.contains("\n  - `"), "no test shows: \(promise)")
        }
        for test in named {
            let source = "\(TestPaths.checkout)/Tests/\(test.1).swift"
            let tests = try? String(contentsOfFile: source, encoding: .utf8)
            #expect(tests?.contains("func `\(test.2)`") == true, "\(test.1) has no test \(test.2)")
        }
    }
}

/// A home with a `client_secrets.json`, and what stands in for Isogeo: a token server, and an API for curl and Python.
final class Desk {
    let home: TemporaryDirectory
    /// A folder with the command under the name that people type.
    let binaries: String
    private let tools: TemporaryDirectory
    private let tokens: TokenServer
    private let api: TokenServer
    private let authority: ThrowawayCA

    init() async throws {
        home = try TemporaryDirectory()
        tools = try TemporaryDirectory()
        binaries = tools.path
        tokens = try await TokenServer()
        var options = TokenServer.Options()
        authority = try await ThrowawayCA()
        options.authority = authority
        options.answers = #"[{"status": 200, "headers": {"Content-Type": "application/json"}, "body": "[]\n"}]"#
        api = try await TokenServer(options)
        try FileManager.default.createSymbolicLink(
            atPath: tools("isogeo-vault"),
            withDestinationPath: try #require(TestPaths.binary)
        )
        try writeClientSecrets("client_secrets.json")
        // Requests to Isogeo's API go to our server, whose certificate no system knows.
        try home.write("connect-to = v1.api.isogeo.com:443:127.0.0.1:\(api.port)\ninsecure\n", to: ".curlrc")
        try tools.write(
            """
            import socket, ssl
            ask = socket.getaddrinfo
            socket.getaddrinfo = lambda host, port, *rest, **more: ask("127.0.0.1", \(api.port), *rest, **more)
            ssl._create_default_https_context = ssl._create_unverified_context
            """,
            to: "sitecustomize.py"
        )
    }

    /// A file as Isogeo sends it, with a secret of its own.
    func writeClientSecrets(_ name: String) throws {
        try home.write(
            """
            {"web": {
                "client_id": "city-maps-0f8fad5b-d9cb-469f-a165-70867728950e",
                "client_secret": "\(Canary().text)",
                "auth_uri": "https://id.api.isogeo.com/oauth/authorize",
                "token_uri": "\(tokens.url)"
            }}
            """,
            to: name
        )
    }

    /// A program of the person at this desk.
    func command(_ program: String, _ arguments: [String]) -> Command {
        var environment = Command.plainEnvironment
        environment["PATH"] = binaries + ":" + (environment["PATH"] ?? "")
        environment["HOME"] = home.path
        environment["PYTHONPATH"] = tools.path
        return Command(program, arguments, environment: environment, folder: home.path)
    }

    /// Says to the vault of the key file where the API is, at the price of a token: its place goes by the token
    /// endpoint's, and ours isn't Isogeo's.
    func makeAPIKnown(vault: String? = nil, key: String = "isogeo-vault.key") async throws {
        let place = vault.map { ["--vault", $0] } ?? []
        let rotated = try await command(
            binaries + "/isogeo-vault",
            ["rotate", "city-maps", "client_secrets.json", "--key-file", home(key), "--api-base", api.origin]
                + ["--ca-file", authority.certificate] + place
        ).run()
        guard rotated.exitCode == 0 else { throw ServerError.notStarted("rotate", rotated) }
    }

    /// The lines of a screen as they were with Isogeo's server, at Ada's desk.
    func asInReadme(_ screen: String) -> [String] {
        screen.replacing("\r\n", with: "\n")
            .replacing(
                /isogeo-vault: warning: (\S+: )?The token endpoint is plain http, on this computer\.\n/,
                with: ""
            )
            .replacing(tokens.url.replacing("/oauth/token", with: ""), with: "https://id.api.isogeo.com")
            .replacing(home.path, with: "/home/ada")
            .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// The token endpoint.
    var tokenURL: String { tokens.url }

    var tokenRequests: Int { get throws { try tokens.requests.count } }

    /// What the API was shown.
    var authorizations: [String] { get throws { try api.requests.flatMap { $0.values(of: "Authorization") } } }
}

/// A Markdown file of the checkout.
struct Document {
    struct Block {
        /// What stands behind the three backticks.
        let info: String
        let text: String

        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    let text: String

    init(_ name: String) throws { text = try String(contentsOfFile: "\(TestPaths.checkout)/\(name)", encoding: .utf8) }

    var blocks: [Block] {
        text.matches(of: /(?ms)^```([^\n]+)\n(.*?)^```$/).map { Block(info: String($0.1), text: String($0.2)) }
    }

    func blocks(_ info: String) -> [Block] { blocks.filter { $0.info == info } }
}

/// A session: what is typed behind `$ `, and what is shown.
private struct Transcript {
    let script: String
    let output: [String]

    init(_ block: Document.Block) {
        script = block.lines.filter { $0.hasPrefix("$ ") }.map { $0.dropFirst(2) }.joined(separator: "\n")
        output = block.lines.filter { !$0.hasPrefix("$ ") }.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// Compares what is shown with what was to be shown, line by line.
    func expect(_ shown: [String]) {
        #expect(shown.count == output.count, "\(shown)")
        for (line, expected) in zip(shown, output) {
            #expect(matches(line, expected), "shown is \(line), the README has \(expected)")
        }
    }

    /// What is answered with the passphrase.
    var prompts: [String] { output.filter { $0.hasSuffix(":") } }
}

/// A table as crontab(5) has it: variables, and lines of five fields and a command.
struct Crontab {
    private(set) var jobs: [(environment: [String: String], line: String)] = []

    // `binaries` stands before the table's own `PATH`.
    init(_ block: Document.Block, binaries: String? = nil) throws {
        var environment: [String: String] = [:]
        for line in block.lines {
            if let variable = line.wholeMatch(of: /(\w+)=(.*)/) {
                environment[String(variable.1)] = String(variable.2)
                continue
            }
            let job = try #require(line.wholeMatch(of: /(?:[0-9*]+ ){5} *(\S.*)/), "no line of a crontab: \(line)")
            // cron makes line ends of them.
            try #require(!job.1.contains("%"))
            environment["PATH"] = (binaries.map { $0 + ":" } ?? "") + (environment["PATH"] ?? "/usr/bin:/bin")
            jobs.append((environment, String(job.1)))
        }
        try #require(!jobs.isEmpty)
    }
}

/// Whether `line` is `pattern`, in which … stands for anything.
private func matches(_ line: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "…", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return line == pattern }
    guard line.hasPrefix(first), line.hasSuffix(last), line.count >= first.count + last.count else { return false }
    var rest = line.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() {
        guard let found = rest.firstRange(of: part) else { return false }
        rest = rest[found.upperBound...]
    }
    return true
}
