import Foundation
import Testing
import VaultTestSupport

/// What a process is started with: streams that are closed, full or cut off, and an environment that means harm.
@Suite(.serialized, .needsBinary)
struct StreamsAndEnvironmentTests {
    @Test(arguments: ["0<&-", "1>&-", "2>&-", "0<&- 1>&-", "1>&- 2>&-", "0<&- 2>&-", "0<&- 1>&- 2>&-"])
    func `streams that are closed don't lead into the vault`(closed: String) async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let file = try home.writeFile(tokenURI: server.url)
        // Each writes to a stream that may be closed: results, which are lost then, and messages.
        let withResult = closed.contains("1>&-") ? 74 : 0
        for arguments in ["token", "token --refresh --json", "import '\(file)' --name other --replace --json", "frob"] {
            let report = try await home.shell(#"exec "$vault" \#(arguments) \#(closed)"#)
            #expect(report.exitCode == (arguments == "frob" ? 64 : withResult), "\(arguments): \(report)")
        }
        #expect(try await home.run("list").exitCode == 0)
        try await home.edit("assert db.execute('PRAGMA integrity_check').fetchall() == [('ok',)]")
    }

    @Test(arguments: [
        ["token"], ["token", "--json"], ["list"], ["status"], ["--help"], ["token", "--help"], ["--version"],
    ])
    func `a result that can't be written is a failure`(arguments: [String]) async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        var command = try home.command(arguments)
        command.descriptors[1] = try Descriptor(opening: "/dev/full", O_WRONLY)
        try await command.run().expectFailure(
            74,
            "The result can't be written: No space left on device.",
            "Check where standard output goes."
        )
        // The token that was granted isn't lost.
        try await home.run("token").expectSuccess()
        #expect(try server.requests(of: home.client).count == 1)
    }

    @Test func `a reader that has gone ends it like any filter`() async throws {
        let home = try await Home.withVault()
        var command = try home.command(["list"])
        command.descriptors[1] = try Descriptor.pipe().writing
        let report = try await command.run()
        #expect(report.ending == .killed(signal: Int(SIGPIPE)), "\(report)")
        #expect(report.errors.isEmpty)
    }

    @Test func `nobody to hear the messages is no failure`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile()
        let report = try await home.shell(#"exec "$vault" import "$1" --name b 2>/dev/full"#, file)
        #expect(report.exitCode == 0, "\(report)")
    }

    @Test func `quiet says nothing but errors and what is about safety`() async throws {
        let home = try await Home.withVault()
        try await home.run("import", try home.writeFile(), "--name", "b", "-q").expectSuccess("")
        #expect(try await home.run("token", "nothing", "-q").errorText.isEmpty == false)
        // Plain http is warned of without -q, and a slot that isn't the vault's with it, too.
        #expect(try await home.run("import", try home.writeFile(), "--name", "c").errorText.contains("warning: "))
        let random = "randomblob(16), 'passphrase', 1, x'', randomblob(16), randomblob(32), randomblob(72)"
        try await home.edit(#"db.execute("INSERT INTO slot VALUES (\#(random))")"#)
        let listed = try await home.run("list", "-q")
        #expect(listed.exitCode == 0 && listed.errorText.contains("warning: In this vault the slot "), "\(listed)")
    }

    @Test func `variables that would write secrets down, or have OpenSSL and curl read other files, have no effect`()
        async throws
    {
        var options = TokenServer.Options()
        options.authority = try await ThrowawayCA()
        let (server, authority) = (try await TokenServer(options), try #require(options.authority))
        let home = try Home()
        let log = home.folder("keys.log")
        // Opening it waits for ever.
        let trap = home.folder("trap")
        try #require(unsafe mkfifo(trap, 0o600) == 0)
        let hostile: [String: String?] = [
            "SSLKEYLOGFILE": log, "OPENSSL_CONF": trap, "ISOGEO_VAULT_KEY_FILE": home.key, "G_MESSAGES_DEBUG": "all",
            "CURL_HOME": home.folder("run"), "SSL_CERT_FILE": "/dev/null",
        ]
        try home.folder.write("proxy = http://127.0.0.1:9\ninsecure\n", to: "run/.curlrc")
        let made = try await home.run(
            "import",
            try home.writeFile(tokenURI: server.url),
            "--ca-file",
            authority.certificate,
            "--protect",
            "key-file=\(home.key)",
            with: hostile
        )
        #expect(made.exitCode == 0, "\(made)")
        try await home.run("token", with: hostile).expectSuccess()
        #expect(!FileManager.default.fileExists(atPath: log))
        #expect(try server.requests.count == 1)
    }

    @Test func `a proxy is never told what goes to this computer`() async throws {
        let (server, proxy) = (try await TokenServer.shared.value, try await TokenServer())
        let home = try await Home.withVault(askingAt: server.url)
        let address = "http://127.0.0.1:\(proxy.port)"
        let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        let token = try await home.run("token", with: Dictionary(uniqueKeysWithValues: names.map { ($0, address) }))
        token.expectSuccess()
        #expect(try proxy.requests.isEmpty)
        #expect(try server.requests(of: home.client).count == 1)
    }

    @Test func `a netrc file isn't read`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        try home.folder.write("machine localhost login other password other\n", to: ".netrc")
        try await home.run("token").expectSuccess()
        #expect(try server.requests(of: home.client).count == 1)
    }

    @Test func `while it waits it leaves no core file and can't be looked into`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        var command = try home.command([])
        (command.program, command.arguments) = (
            "sh", ["-c", #"ulimit -c unlimited; exec "$0" token"#, command.program]
        )
        let process = try command.start()
        #expect(try await server.waitForRequests(1))
        let limits = try String(contentsOfFile: "/proc/\(process.pid)/limits", encoding: .utf8)
        #expect(limits.firstMatch(of: #/Max core file size +0 /#) != nil, "\(limits)")
        if geteuid() != 0 {
            // proc(5): what isn't dumpable is root's, whatever user runs it.
            let owner = try FileManager.default.attributesOfItem(atPath: "/proc/\(process.pid)/mem")[.ownerAccountID]
            #expect(owner as? Int == 0)
            #expect(throws: (any Error).self) { try Descriptor(opening: "/proc/\(process.pid)/mem", O_RDONLY) }
            #expect(throws: (any Error).self) { try Descriptor(opening: "/proc/\(process.pid)/environ", O_RDONLY) }
        }
        try server.release()
        #expect(try await process.outcome().exitCode == 0)
    }

    @Test func `a crash is told to nobody, whatever the environment says`() async throws {
        let home = try await Home.withVault()
        // Any program will do for Swift's runtime. It would catch the signal, and this one answers with nothing.
        let variables = ["SWIFT_BACKTRACE": "enable=yes,interactive=no,swift-backtrace=/bin/true"]
        let arguments = ["list", "--passphrase-command", "echo $$ >&2; exec sleep 3600"]
        let process = try home.command(arguments, variables).start()
        let said = await process.wait { $0.errorText.hasSuffix("\n") }
        let sleeper = try #require(pid_t(said.errorText.dropLast()))
        defer { kill(sleeper, SIGKILL) }
        let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigCgt:\t") })
        let caught = try #require(UInt64(line.dropFirst(8), radix: 16))
        for signal in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
            #expect(caught & 1 << UInt64(signal - 1) == 0, "signal \(signal) is caught")
        }
        process.send(SIGSEGV)
        let report = try await process.outcome()
        #expect(report.ending == .killed(signal: Int(SIGSEGV)), "\(report)")
    }

    @Test func `no argument of a process holds a secret`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        let process = try home.command(["token"]).start()
        #expect(try await server.waitForRequests(1))
        let arguments = try await Command("ps", ["-o", "args=", "-p", "\(process.pid)"]).run()
        #expect(arguments.outputText.hasSuffix("token\n"))
        try server.release()
        #expect(try await process.outcome().exitCode == 0)
    }
}
