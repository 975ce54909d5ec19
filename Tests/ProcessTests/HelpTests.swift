import Foundation
import Testing
import VaultTestSupport

/// The help, word for word: `Tests/Fixtures/help/COMMAND.txt` is what `isogeo-vault COMMAND --help` prints.
///
/// A section that commands share is written down once, in `options/SECTION.txt`, and stands in theirs as `{SECTION}`.
@Suite(.serialized, .needsBinary)
struct HelpTests {
    private static let commands = [
        "import", "token", "list", "show", "rename", "remove", "default", "rotate", "trust", "forget", "export", "exec",
        "api",
        "check", "unlock", "lock", "key", "rekey", "status", "verify", "backup", "restore", "log", "doctor",
    ]
    /// What `key` can do; the transcript of `key add` is `key-add.txt`.
    private static let keyCommands = ["list", "add", "change", "remove"]

    private static let allTranscripts = ["isogeo-vault"] + commands + keyCommands.map { "key-\($0)" }

    private static let sharedSections = ["token", "connection", "vault"]

    private func written(_ name: String) throws -> String {
        try String(contentsOfFile: TestPaths.fixture("help/\(name).txt"), encoding: .utf8)
    }

    private func transcript(_ name: String) throws -> String {
        // `api` means a query by -q.
        let vault = try written("options/vault").replacing("  -q, --quiet ", with: "  --quiet     ")
        let own = try written(name).replacing("{vault, without -q}\n", with: vault)
        return try Self.sharedSections.reduce(own) { try $0.replacing("{\($1)}\n", with: written("options/\($1)")) }
    }

    @Test(arguments: [[], ["--help"], ["-h"], ["help"]]) func `the root's help is as written down`(arguments: [String])
        async throws
    {
        let home = try Home()
        try await home.command(arguments).run().expectSuccess(try transcript("isogeo-vault"))
    }

    @Test(arguments: commands) func `a command's help is as written down`(command: String) async throws {
        let home = try Home()
        for arguments in [[command, "--help"], [command, "-h"], ["help", command]] {
            try await home.command(arguments).run().expectSuccess(try transcript(command))
        }
    }

    @Test(arguments: keyCommands) func `the help of each command about keys is as written down`(command: String)
        async throws
    {
        let home = try Home()
        for arguments in [["key", command, "--help"], ["key", command, "-h"], ["help", "key", command]] {
            try await home.command(arguments).run().expectSuccess(try transcript("key-\(command)"))
        }
    }

    private func subcommands(in transcript: String) throws -> [String] {
        try #require(transcript.split(separator: "SUBCOMMANDS:\n").last).matches(of: #/(?m)^  ([a-z]+) /#)
            .map { String($0.1) }
    }

    @Test func `each command has its transcript, and each transcript its command`() throws {
        #expect(try subcommands(in: transcript("isogeo-vault")) == Self.commands)
        #expect(try subcommands(in: transcript("key")) == Self.keyCommands)
        let files = try FileManager.default.contentsOfDirectory(atPath: TestPaths.fixture("help"))
        #expect(files.sorted() == (Self.allTranscripts.map { "\($0).txt" } + ["options"]).sorted())
        let sections = try FileManager.default.contentsOfDirectory(atPath: TestPaths.fixture("help/options"))
        #expect(sections.sorted() == Self.sharedSections.map { "\($0).txt" }.sorted())
    }

    @Test func `a new common option changes one transcript`() throws {
        for name in Self.allTranscripts {
            let own = try written(name)
            #expect(own.contains("{vault") == !own.contains("SUBCOMMANDS:"), "\(name)")
            for section in Self.sharedSections { #expect(!own.contains("\n\(section.uppercased()):\n"), "\(name)") }
        }
    }

    @Test func `what can be copied from the help isn't broken over lines`() throws {
        for name in Self.allTranscripts {
            let lines = try transcript(name).split(separator: "\n").filter { !$0.hasPrefix("USAGE: ") }
            #expect(lines.allSatisfy { $0.count <= 80 }, "\(name)")
        }
        #expect(
            try transcript("import").contains(
                "\n  isogeo-vault import --protect key-file=vault.key client_secrets.json\n"
            )
        )
        #expect(try transcript("token").contains("\n      https://v1.api.isogeo.com/shares\n"))
    }

    @Test(arguments: [
        (["tokn"], "tokn", "Did you mean token?"),
        (["help", "nosuch"], "nosuch", "isogeo-vault help lists the commands."),
        (["key", "ad", "passphrase"], "key ad", "Did you mean key add?"),
        (["hepl"], "hepl", "Did you mean help?"),
    ]) func `a command that there isn't is called so`(arguments: [String], name: String, remedy: String) async throws {
        let home = try Home()
        try await home.command(arguments).run().expectFailure(64, "There is no command \(name).", remedy)
    }

    @Test func `the version is a line`() async throws {
        let home = try Home()
        let report = try await home.command(["--version"]).run()
        report.expectSuccess()
        #expect(report.outputText.wholeMatch(of: #/\d+\.\d+\.\d+\n/#) != nil)
    }
}
