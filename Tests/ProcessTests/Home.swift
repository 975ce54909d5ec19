import Foundation
import Testing
import VaultTestSupport

/// The world of one test: a home, a client with a secret that nothing else looks like, and the command line there.
///
/// Whatever the command says is searched for the secret, in each of its shapes.
struct Home: Sendable {
    let folder: TemporaryDirectory
    let client: Client
    /// What the command finds in its environment, and nothing else.
    var environment: [String: String]

    /// A group application as Isogeo would make it.
    struct Client: Sendable {
        let id: String
        let secret: Canary

        init(id: String? = nil, secret: Canary = Canary(), named name: String = "atlas") {
            self.id = id ?? "\(name)-" + UUID().uuidString.lowercased()
            self.secret = secret
        }

        /// The Basic header's value.
        var basic: String { "Basic " + Data("\(id):\(secret.text)".utf8).base64EncodedString() }

        /// Its client_secrets.json, with another secret where one is given.
        func file(tokenURI: String, secret other: Canary? = nil) -> String {
            #"{"web": {"client_id": "\#(id)", "client_secret": "\#((other ?? secret).text)", "token_uri": "\#(tokenURI)"}}"#
        }
    }

    /// Makes it in `base`; nil is the folder for temporary files.
    init(client: Client = Client(), in base: String? = nil) throws {
        self.client = client
        folder = try TemporaryDirectory(in: base)
        for name in ["share", "run", "state"] {
            let attributes = [FileAttributeKey.posixPermissions: 0o700]
            try FileManager.default.createDirectory(
                atPath: folder(name),
                withIntermediateDirectories: false,
                attributes: attributes
            )
        }
        environment = Command.plainEnvironment
        environment["HOME"] = folder.path
        environment["XDG_DATA_HOME"] = folder("share")
        environment["XDG_RUNTIME_DIR"] = folder("run")
        environment["XDG_STATE_HOME"] = folder("state")
    }

    /// A home with a vault that holds one application, `atlas`, and opens by the environment's key file.
    static func withVault(
        askingAt tokenURI: String = "http://localhost:9/token",
        in base: String? = nil
    ) async throws -> Home {
        var home = try Home(in: base)
        let file = try home.writeFile(tokenURI: tokenURI)
        let made = try await home.run("import", file, "--protect", "key-file=\(home.key)")
        try #require(made.exitCode == 0, "\(made)")
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        return home
    }

    var vaultFolder: String { folder("share/isogeo-vault") }
    var vault: String { vaultFolder + "/vault.db" }
    var key: String { folder("key") }

    /// Writes the client's file and tells its path.
    func writeFile(tokenURI: String = "http://localhost:9/token", secret: Canary? = nil) throws -> String {
        try folder.write(client.file(tokenURI: tokenURI, secret: secret), to: "client_secrets.json")
    }

    /// The command line, ready to be run; an empty value takes a variable away.
    func command(_ arguments: [String], _ changes: [String: String?] = [:]) throws -> Command {
        var environment = environment
        for (name, value) in changes { environment[name] = value }
        return Command(try #require(TestPaths.binary), arguments, environment: environment, folder: folder.path)
    }

    /// Runs the command line to its end.
    func run(
        _ arguments: String...,
        with changes: [String: String?] = [:],
        input: String = "",
        descriptors: [CInt: Descriptor] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ProcessReport {
        var command = try command(arguments, changes)
        command.input = .bytes(Array(input.utf8))
        command.descriptors = descriptors
        let report = try await command.run()
        client.secret.expectAbsent(in: report, sourceLocation: sourceLocation)
        return report
    }

    /// Runs a line of the shell in which `"$vault"` is the command line.
    func shell(_ line: String, _ arguments: String..., with changes: [String: String?] = [:]) async throws
        -> ProcessReport
    {
        var command = try command([], changes)
        command.environment["vault"] = command.program
        (command.program, command.arguments) = ("sh", ["-c", line, "sh"] + arguments)
        let report = try await command.run()
        client.secret.expectAbsent(in: report)
        return report
    }

    /// Runs Python on the vault's database, opened as `db`.
    func edit(_ python: String) async throws {
        let script = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\n\(python)\ndb.commit()\ndb.close()\n"
        let report = try await Command("python3", ["-c", script, vault]).run()
        try #require(report.exitCode == 0, "\(report)")
    }
}

extension TokenServer {
    /// One for all who want nothing but tokens: it takes every credential, and each asks for its own requests.
    static let shared = Task { try await TokenServer() }

    /// The requests that a client made.
    func requests(of client: Home.Client) throws -> [Request] {
        try requests.filter { $0.values(of: "authorization") == [client.basic] }
    }
}

extension ProcessReport {
    /// Records an issue unless it failed with this code, this sentence and this remedy, and gave no result.
    ///
    /// - Parameters:
    ///   - code: the exit code.
    ///   - sentence: what happened.
    ///   - remedy: what to do now.
    ///   - warnings: what was said before, without `isogeo-vault: `.
    ///   - sourceLocation: where the issue is reported.
    func expectFailure(
        _ code: Int,
        _ sentence: String,
        _ remedy: String,
        after warnings: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let said = (warnings + ["\(sentence)\n  \(remedy)"]).map { "isogeo-vault: \($0)\n" }.joined()
        #expect(exitCode == code, "\(self)", sourceLocation: sourceLocation)
        #expect(errorText == said, sourceLocation: sourceLocation)
        #expect(outputText == "", sourceLocation: sourceLocation)
    }

    /// Records an issue unless it ended well, with this output and nothing on standard error but `errors`.
    func expectSuccess(
        _ output: String? = nil,
        errors: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(exitCode == 0, "\(self)", sourceLocation: sourceLocation)
        if let output { #expect(outputText == output, sourceLocation: sourceLocation) }
        #expect(errorText == errors, sourceLocation: sourceLocation)
    }

    /// The result as one JSON object.
    var json: [String: Any] {
        get throws { try JSONSerialization.jsonObject(with: Data(output)) as? [String: Any] ?? [:] }
    }
}
