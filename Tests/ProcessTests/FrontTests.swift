import Foundation
import Testing
import VaultTestSupport

/// The small part of the command, which gives cached tokens and becomes the main part for anything else.
@Suite(.needsBinary)
struct FrontTests {
    /// A copy of the small part alone: what it can't do itself fails.
    private struct Alone {
        let folder: TemporaryDirectory
        var program: String { folder("bin/isogeo-vault") }

        init() async throws {
            folder = try TemporaryDirectory()
            try FileManager.default.createDirectory(atPath: folder("bin"), withIntermediateDirectories: false)
            // By another process: a child that another test starts meanwhile would have the copy open for writing.
            let copied = try await Command("cp", [try #require(TestPaths.binary), program]).run()
            try #require(copied.exitCode == 0, "\(copied)")
        }

        func run(_ arguments: [String], in home: Home, with changes: [String: String?] = [:]) async throws
            -> ProcessReport
        {
            var command = try home.command(arguments, changes)
            command.program = program
            return try await command.run()
        }

        /// That a call is left to the main part.
        func expectToBecome(_ arguments: [String], in home: Home, with changes: [String: String?] = [:]) async throws {
            let report = try await run(arguments, in: home, with: changes)
            #expect(report.exitCode == 78 && report.output.isEmpty, "\(arguments) \(changes) \(report)")
            #expect(
                report.errorText == """
                    isogeo-vault: \(folder("bin"))/../libexec/isogeo-vault can't be started: No such file or directory. \
                    It is a part of isogeo-vault.
                      Install isogeo-vault again.

                    """
            )
        }
    }

    private static func homeWithToken() async throws -> (home: Home, server: TokenServer, token: String) {
        let server = try await TokenServer()
        let home = try await Home.withVault(askingAt: server.url)
        let token = try await home.run("token")
        try #require(token.exitCode == 0, "\(token)")
        return (home, server, token.outputText)
    }

    @Test func `a cached token needs no other part, whatever opens the vault without asking`() async throws {
        let (home, server, token) = try await Self.homeWithToken()
        let alone = try await Alone()
        let credentials = home.folder("credentials")
        try FileManager.default.createDirectory(
            atPath: credentials,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        try FileManager.default.copyItem(atPath: home.key, toPath: credentials + "/isogeo-vault.key")
        for (arguments, changes) in [
            (["token"], [:]), (["token", "atlas"], [:]), (["token"], ["ISOGEO_VAULT_APP": "atlas"]),
            (["token"], ["ISOGEO_VAULT": home.vault, "XDG_DATA_HOME": nil]),
            (["token"], ["ISOGEO_VAULT_KEY_FILE": nil, "ISOGEO_VAULT_SHARED_KEY_FILE": home.key]),
            (["token"], ["ISOGEO_VAULT_KEY_FILE": nil, "CREDENTIALS_DIRECTORY": credentials]),
            (["token", "--key-file", home.key, "-q"], ["ISOGEO_VAULT_KEY_FILE": nil]),
            (["token", "--vault", home.vault, "atlas"], ["XDG_DATA_HOME": nil]),
            (["token", "--min-ttl", "60", "--no-prompt"], [:]),
        ] as [([String], [String: String?])] {
            let report = try await alone.run(arguments, in: home, with: changes)
            #expect(report.exitCode == 0 && report.outputText == token && report.errors.isEmpty, "\(report)")
        }
        try await home.run("default", "atlas", "-q").expectSuccess()
        // The change left a mark, and the token.
        #expect(try await alone.run(["token"], in: home).outputText == token)
        #expect(try server.requests.count == 1)
    }

    @Test(.needsKernelKeyring) func `a session serves as well`() async throws {
        let (home, _, token) = try await Self.homeWithToken()
        try await home.run("unlock", "--shared-uid", "-q").expectSuccess()
        let report = try await Alone().run(["token"], in: home, with: ["ISOGEO_VAULT_KEY_FILE": nil])
        #expect(report.outputText == token && report.exitCode == 0, "\(report)")
        // Its key would stay in the kernel's keyring of this user.
        try await home.run("lock", "-q").expectSuccess()
    }

    /// As `SystemCallFilter=~@keyring` of systemd does by default.
    @Test(.needsSeccomp) func `a sandbox that kills at keyctl gets a token by key file and by passphrase file`()
        async throws
    {
        let (home, _, token) = try await Self.homeWithToken()
        let passphrase = try home.folder.write("a passphrase", to: "passphrase")
        try await home.run("key", "add", "passphrase", "--new-passphrase-file", passphrase, "-q").expectSuccess()
        let sandbox = Sandbox(rules: [(.keyctl, .kills)])
        for changes in [
            [:], ["ISOGEO_VAULT_KEY_FILE": nil, "ISOGEO_VAULT_PASSPHRASE_FILE": passphrase],
            ["ISOGEO_VAULT_KEY_FILE": nil, "ISOGEO_VAULT_SHARED_PASSPHRASE_FILE": passphrase],
        ] as [[String: String?]] {
            let report = try await sandbox.around(home.command(["token", "-q"], changes)).run()
            #expect(report.exitCode == 0 && report.outputText == token, "\(changes) \(report)")
        }
        // Without a named key, too, unless the vault has a session.
        let unnamed = try await sandbox.around(home.command(["token"], ["ISOGEO_VAULT_KEY_FILE": nil])).run()
        #expect(unnamed.exitCode == 77, "\(unnamed)")
    }

    @Test func `anything else is the main part's`() async throws {
        let (home, server, _) = try await Self.homeWithToken()
        let alone = try await Alone()
        for arguments in [
            [], ["list"], ["--version"], ["token", "--refresh"],
            ["token", "atlas", "--format", "json"],
            ["token", "rivers"], ["token", ""], ["token", "a\u{7}b"], ["tokens"],
        ] {
            try await alone.expectToBecome(arguments, in: home)
        }
        try home.folder.write("a passphrase", to: "passphrase")
        for changes in [
            ["ISOGEO_VAULT_KEY_FILE": nil], ["ISOGEO_VAULT_KEY_FILE": home.folder("none")],
            ["ISOGEO_VAULT_KEY_FILE": nil, "ISOGEO_VAULT_PASSPHRASE_FILE": home.folder("passphrase")],
            ["ISOGEO_VAULT_PASSPHRASE": "x"], ["HOME": nil], ["HOME": "relative"],
            ["ISOGEO_VAULT": home.folder("none")],
            ["ISOGEO_VAULT": "~/vault.db"], ["ISOGEO_VAULT_APP": "rivers"], ["SWIFT_BACKTRACE": "enable=yes"],
            ["ISOGEO_VAULT_KEY_FILE": nil, "CREDENTIALS_DIRECTORY": home.folder.path],
        ] as [[String: String?]] {
            try await alone.expectToBecome(["token"], in: home, with: changes)
        }
        let closed = try await home.shell(#"exec "$0" token <&-"#.replacing("$0", with: alone.program))
        #expect(closed.exitCode == 78, "\(closed)")
        #expect(try server.requests.count == 1)
    }

    @Test(
        arguments: [
            // What a writer left that died, an older state, a newer mark, an edited slot, a token that has ended.
            "journal", "db.execute('update header set changed = changed + 1')",
            "db.execute('update slot set created = 1')", "db.execute('update application set secret = metadata')",
            "db.execute('update token set expires = 1')", "db.execute('delete from token')",
            "db.execute('delete from application_tree')", "db.execute('create table theirs (x)')",
            "db.execute('pragma user_version = 9')", "mark", "mode",
        ]
    )
    func `what isn't as it was written is the main part's`(_ edit: String) async throws {
        let (home, _, token) = try await Self.homeWithToken()
        let alone = try await Alone()
        #expect(try await alone.run(["token"], in: home).outputText == token)
        switch edit {
        case "journal": try Data(repeating: 1, count: 600).write(to: URL(filePath: home.vault + "-journal"))
        case "mark": try FileManager.default.removeItem(atPath: home.folder("state/isogeo-vault"))
        case "mode":
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: home.vaultFolder)
        default: try await home.edit(edit)
        }
        try await alone.expectToBecome(["token", "atlas"], in: home)
    }

    @Test func `a result that can't be written is an error of the main part's`() async throws {
        let (home, _, token) = try await Self.homeWithToken()
        let full = try await home.shell(#""$vault" token >/dev/full"#)
        #expect(full.exitCode == 74 && full.errorText.contains("standard output"), "\(full)")
        let limited = try await home.shell(#"ulimit -f 0; "$vault" token >out"#)
        #expect(limited.exitCode == 74, "\(limited)")
        #expect(try await home.run("token").outputText == token)
    }

    @Test func `forty processes of both parts change and read one vault, and nothing is lost`() async throws {
        let (home, _, token) = try await Self.homeWithToken()
        let whole = try #require(TestPaths.wholeBinary)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                let file = try home.writeFile(of: Home.Client(named: "c\(number)"), to: "c\(number).json")
                group.addTask {
                    var command = try home.command(["import", file, "--name", "c\(number)", "-q"])
                    command.program = whole
                    let report = try await command.run()
                    #expect(report.exitCode == 0, "\(report)")
                }
                group.addTask {
                    let report = try await home.run("token", "atlas")
                    #expect(report.exitCode == 0 && report.outputText == token, "\(report)")
                }
            }
            try await group.waitForAll()
        }
        #expect(try await home.names() == Set((0..<20).map { "c\($0)" } + ["atlas"]))
        try await home.expectWhole()
    }
}
