import Foundation
import IsogeoVault
import Testing
import VaultCrypto
import VaultTestSupport

/// The whole memory of the command line, after its work and before its end, and while an answer is awaited.
@Suite(.serialized, .needsBinary, .privileged)
struct ProcessMemoryTests {
    /// What must be nowhere but in locked pages.
    private func patterns(of home: Home) throws -> [MemorySearch.Pattern] {
        var patterns = [
            MemorySearch.Pattern("the secret", home.client.secret.bytes),
            MemorySearch.Pattern("the Basic header", home.client.basic.utf8.dropFirst("Basic ".count)),
            MemorySearch.Pattern("its second half", home.client.basic.utf8.suffix(48)),
        ]
        if FileManager.default.fileExists(atPath: home.key) {
            let digits = try home.folder.read("key")
            let bytes = stride(from: 0, to: 64, by: 2).compactMap {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
            }
            patterns += [.init("the key file's digits", digits.prefix(64)), .init("the key file's key", bytes)]
        }
        return patterns
    }

    private func home(_ server: TokenServer, _ authority: ThrowawayCA) async throws -> Home {
        var home = try Home()
        let file = try home.writeFile(tokenURI: server.url)
        let made = try await home.run(
            "import",
            file,
            "--ca-file",
            authority.certificate,
            "--protect",
            "key-file=\(home.key)"
        )
        try #require(made.exitCode == 0, "\(made)")
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        return home
    }

    /// A command that has done all its work, and waits for a reader of its result.
    private struct Waiting {
        let process: RunningProcess
        private let pipe: Descriptor

        init(_ process: RunningProcess, _ pipe: Descriptor) {
            self.process = process
            self.pipe = pipe
        }
    }

    /// Starts the command and waits until it can't get rid of its result, or of what it says on stream 2.
    private func startToTheResult(_ command: Command, stream: CInt = 1) async throws -> Waiting {
        var command = command
        let pipe = try Descriptor.fullPipe()
        command.descriptors[stream] = pipe.writing
        let process = try command.start()
        let deadline = ContinuousClock.now + Patience.end
        while !isWritingToPipe(process.pid), process.report.ending == nil, .now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        try #require(isWritingToPipe(process.pid), "\(process.report)")
        return Waiting(process, pipe.reading)
    }

    private func isWritingToPipe(_ process: pid_t) -> Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return threads.contains { thread in
            let place = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/wchan", encoding: .utf8)
            return place?.contains("pipe_write") == true
        }
    }

    private func expectNoCopies(in command: Command, stream: CInt = 1, _ patterns: [MemorySearch.Pattern])
        async throws
    {
        let waiting = try await startToTheResult(command, stream: stream)
        _ = try expectNoCopies(waiting.process.pid, patterns)
        withExtendedLifetime(waiting) {}
    }

    /// Searches, and records an issue for each copy that could reach swap.
    private func expectNoCopies(
        _ process: pid_t,
        _ patterns: [MemorySearch.Pattern],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> MemorySearch {
        let search = try MemorySearch(of: process, for: patterns, grain: .register)
        #expect(search.bytesRead > 1 << 20, sourceLocation: sourceLocation)
        for hit in search.hitsOutsideLockedMemory { Issue.record("\(hit)", sourceLocation: sourceLocation) }
        return search
    }

    @Test(arguments: [["import", "--replace", "--json", "FILE"], ["token"], ["token", "--json"], ["list"]])
    func `root: after its work the command holds no copy of any secret`(arguments: [String]) async throws {
        var options = TokenServer.Options()
        options.authority = try await ThrowawayCA()
        let (server, authority) = (try await TokenServer(options), try #require(options.authority))
        let home = try await home(server, authority)
        let arguments = arguments.map { $0 == "FILE" ? home.folder("client_secrets.json") : $0 }
        let command = try home.command(
            arguments + (arguments[0] == "import" ? ["--ca-file", authority.certificate] : [])
        )
        try await expectNoCopies(in: command, try patterns(of: home))
    }

    @Test(arguments: Preload.allocators.filter { $0.path != nil })
    func `root: with another allocator loaded the command holds no copy of any secret`(allocator: Preload)
        async throws
    {
        var options = TokenServer.Options()
        options.authority = try await ThrowawayCA()
        let (server, authority) = (try await TokenServer(options), try #require(options.authority))
        var home = try await home(server, authority)
        home.environment["LD_PRELOAD"] = allocator.path
        let file = home.folder("client_secrets.json")
        let imports = ["import", "--replace", "--json", file, "--ca-file", authority.certificate]
        for arguments in [["token"], ["token", "--refresh"], imports] {
            try await expectNoCopies(in: try home.command(arguments), try patterns(of: home))
        }
        #expect(try server.requests.count == 2)
    }

    @Test func `root: the import that makes the vault holds no copy of any secret`() async throws {
        let home = try Home()
        let file = try home.writeFile()
        let command = try home.command(["import", file, "--json", "--protect", "key-file=\(home.key)"])
        try await expectNoCopies(in: command, try patterns(of: home))
    }

    @Test func `root: an import from standard input holds no copy of any secret`() async throws {
        let home = try Home()
        var command = try home.command(["import", "-", "--json", "--protect", "key-file=\(home.key)"])
        command.input = .bytes(Array(home.client.file(tokenURI: "http://localhost:9/token").utf8))
        try await expectNoCopies(in: command, try patterns(of: home))
    }

    @Test func `root: while the answer is awaited the secret is in locked memory alone`() async throws {
        var options = TokenServer.Options()
        options.authority = try await ThrowawayCA()
        options.holdsAnswers = true
        let (server, authority) = (try await TokenServer(options), try #require(options.authority))
        let home = try await home(server, authority)
        let process = try home.command(["token"]).start()
        #expect(try await server.waitForRequests(1))
        let search = try expectNoCopies(process.pid, try patterns(of: home))
        // The search does see this process: the header stands where it may.
        #expect(search.hits.contains { $0.pattern == "the Basic header" && $0.mapping.isExcludedFromDumps })
        try server.release()
        #expect(try await process.outcome().exitCode == 0)
    }

    @Test(
        arguments: [
            (#"[{"status": 503, "headers": {}, "body": "{}"}, null]"#, 1),
            (#"[{"status": 401, "headers": {}, "body": "{\"error\": \"invalid_client\"}"}]"#, 2),
            (#"[{"status": 200, "headers": {}, "body": "<html>"}]"#, 2),
        ] as [(String, CInt)]
    )
    func `root: a request that fails leaves no copy of any secret`(answers: String, stream: CInt) async throws {
        var options = TokenServer.Options()
        options.authority = try await ThrowawayCA()
        options.answers = answers
        let (server, authority) = (try await TokenServer(options), try #require(options.authority))
        let home = try await home(server, authority)
        try await expectNoCopies(in: try home.command(["token"]), stream: stream, try patterns(of: home))
        #expect(try server.requests.count == (stream == 1 ? 2 : 1))
    }

    @Test func `root: a passphrase that was typed is in locked memory alone`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let (home, passphrase) = (try Home(), Canary())
        let path = try home.folder.write(passphrase.text, to: "passphrase")
        let made = try await home.run("import", try home.writeFile(tokenURI: server.url), "--passphrase-file", path)
        try #require(made.exitCode == 0, "\(made)")
        let terminal = try home.command(["token"]).startOnTerminal()
        try await terminal.expect("Passphrase of the vault: ")
        #expect(await terminal.waitForEcho(false))
        terminal.type(passphrase.text + "\n")
        #expect(try await server.waitForRequests(1))
        let sought = try patterns(of: home) + [.init("the passphrase", passphrase.bytes)]
        _ = try expectNoCopies(terminal.process.pid, sought)
        try server.release()
        #expect(try await terminal.process.outcome().exitCode == 0)
    }

    // A keyring without a password shows what to look for: its file has the key in clear.
    @Test(.needsKeyring) func `root: the key that the desktop keyring gave is nowhere once it has served`() async throws
    {
        let server = try await TokenServer.shared.value
        let plain = try Home()
        let keyring = try await plain.startKeyring(.plain)
        let home = plain.on(keyring)
        let file = try home.writeFile(tokenURI: server.url)
        let made = try await home.run("import", file, "--protect", "keyring")
        try #require(made.exitCode == 0, "\(made)")
        let stored = String(decoding: try home.folder.read("share/keyrings/Default_keyring.keyring"), as: UTF8.self)
        let digits = try #require(stored.firstMatch(of: /secret=([0-9a-f]{64})/)).1
        let bytes = digits.indices.enumerated().compactMap { number, index in
            number.isMultiple(of: 2) ? UInt8(digits[index...].prefix(2), radix: 16) : nil
        }
        let sought =
            try patterns(of: home) + [.init("the keyring's digits", digits.utf8), .init("the keyring's key", bytes)]
        for arguments in [["token"], ["import", file, "--replace", "--json"]] {
            try await expectNoCopies(in: try home.command(arguments), sought)
        }
        try await keyring.stop()
    }

    enum Source: String, CaseIterable { case file, descriptor, command, variable }

    @Test(arguments: Source.allCases)
    func `root: a passphrase is in locked memory alone`(source: Source) async throws {
        let server = try await TokenServer.shared.value
        let home = try Home()
        let passphrase = Canary()
        let path = try home.folder.write(passphrase.text + "\n", to: "passphrase")
        let made = try await home.run("import", try home.writeFile(tokenURI: server.url), "--passphrase-file", path)
        try #require(made.exitCode == 0, "\(made)")
        var command: Command
        switch source {
        case .file: command = try home.command(["token", "--passphrase-file", path])
        case .descriptor:
            command = try home.command(["token", "--passphrase-fd", "3"])
            command.descriptors[3] = try Descriptor(opening: path, O_RDONLY)
        case .command: command = try home.command(["token", "--passphrase-command", "cat '\(path)'"])
        case .variable: command = try home.command(["token"], ["ISOGEO_VAULT_PASSPHRASE": passphrase.text])
        }
        try await expectNoCopies(in: command, try patterns(of: home) + [.init("the passphrase", passphrase.bytes)])
    }

    @Test func `root: a secret in ordinary memory of the command is found`() async throws {
        let home = try await Home.withVault()
        let canary = Canary()
        let command = try home.command(["list"], ["CANARY": canary.text])
        let waiting = try await startToTheResult(command)
        let search = try MemorySearch(of: waiting.process.pid, for: [.init("canary", canary.bytes)])
        #expect(search.hitsOutsideLockedMemory.isEmpty == false)
    }
}
