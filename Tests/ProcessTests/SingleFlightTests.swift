import Foundation
import Testing
import VaultTestSupport

/// However many processes ask at once, the server is asked once: for a token, and for a refusal.
@Suite(.serialized, .needsBinary)
struct SingleFlightTests {
    /// Starts the command so often at once and gives what each came to.
    private func run(_ count: Int, _ home: Home, _ arguments: @escaping @Sendable (Int) -> [String]) async throws
        -> [ProcessReport]
    {
        let reports = try await withThrowingTaskGroup { group in
            for number in 0..<count {
                group.addTask { try await home.command(arguments(number)).run() }
            }
            return try await group.reduce(into: [ProcessReport]()) { $0.append($1) }
        }
        for report in reports { home.client.secret.expectAbsent(in: report) }
        return reports
    }

    /// Starts the command so often, lets the server answer once one has asked and all others wait for it, and gives
    /// what each came to.
    private func runAtOnce(_ count: Int, _ home: Home, _ server: TokenServer, _ arguments: String...) async throws
        -> [ProcessReport]
    {
        // Their time-out is for the answer, which takes as long as the last of them to come.
        let processes = try (0..<count).map { _ in try home.command(arguments + ["--timeout", "300"]).start() }
        #expect(try await server.waitForRequests(1))
        // Who waits for another looks again and again whether it is their turn, every 50 ms at least.
        let end = ContinuousClock.now + Patience.end
        while processes.count(where: { $0.pauses >= 50 }) < count - 1, .now < end {
            try await Task.sleep(for: .milliseconds(50))
        }
        try server.release()
        var reports: [ProcessReport] = []
        for process in processes { reports.append(try await process.outcome()) }
        for report in reports { home.client.secret.expectAbsent(in: report) }
        return reports
    }

    private func server(_ client: Home.Client? = nil, answers: String? = nil, holdsAnswers: Bool = false) async throws
        -> TokenServer
    {
        var options = TokenServer.Options()
        options.holdsAnswers = holdsAnswers
        if let client { options.client = (client.id, client.secret.text) }
        options.answers = answers
        return try await TokenServer(options)
    }

    @Test func `eighty processes on a cold cache make one request and get one token`() async throws {
        let server = try await server()
        let home = try await Home.withVault(askingAt: server.url)
        let reports = try await run(80, home) { _ in ["token"] }
        #expect(reports.allSatisfy { $0.exitCode == 0 && $0.errors.isEmpty && $0.output.count == 65 }, "\(reports)")
        #expect(Set(reports.map(\.outputText)).count == 1)
        #expect(try server.requests.count == 1 && server.answered == 1)
    }

    @Test func `eighty processes with a wrong secret make one request`() async throws {
        let server = try await server(Home.Client(), holdsAnswers: true)
        let home = try await Home.withVault(askingAt: server.url)
        // At once, or the last ones might come when the refusal is forgotten.
        let reports = try await runAtOnce(80, home, server, "token")
        #expect(reports.allSatisfy { $0.exitCode == 67 && $0.output.isEmpty }, "\(reports)")
        #expect(Set(reports.map(\.errorText)).count == 1)
        #expect(try server.requests.count == 1 && server.answered == 1)
    }

    @Test func `eighty processes that refresh while the server thinks share what it says`() async throws {
        let server = try await server(holdsAnswers: true)
        let home = try await Home.withVault(askingAt: server.url)
        let reports = try await runAtOnce(80, home, server, "token", "--refresh")
        #expect(reports.allSatisfy { $0.exitCode == 0 && $0.errors.isEmpty }, "\(reports)")
        #expect(try server.requests.count == 1)
        #expect(Set(reports.map(\.outputText)).count == 1)
    }

    @Test func `processes whose server is dead all end, and share what they learn`() async throws {
        let home = try await Home.withVault(askingAt: "http://localhost:9/token")
        let reports = try await run(TestPaths.isLongRun ? 80 : 20, home) { _ in ["token"] }
        #expect(reports.allSatisfy { $0.exitCode == 75 && $0.output.isEmpty }, "\(reports)")
        #expect(reports.allSatisfy { !$0.errorText.contains("process") }, "one waited for a lease in vain: \(reports)")
    }

    @Test func `each application is asked for once, and none waits for another`() async throws {
        let server = try await server()
        let home = try await Home.withVault(askingAt: server.url)
        let (applications, processes) = TestPaths.isLongRun ? (50, 200) : (8, 32)
        for number in 1..<applications {
            try await home.run("import", "-q", try home.writeFile(tokenURI: server.url), "--name", "a\(number)")
                .expectSuccess()
        }
        let reports = try await run(processes, home) { number in
            let application = number % applications
            return ["token", application == 0 ? "atlas" : "a\(application)"]
        }
        #expect(reports.allSatisfy { $0.exitCode == 0 && $0.errors.isEmpty }, "\(reports)")
        #expect(Set(reports.map(\.outputText)).count == applications)
        #expect(try server.requests.count == applications && server.answered == applications)
    }

    @Test func `after the one who asks was killed, the next caller gets a token`() async throws {
        let server = try await server()
        let home = try await Home.withVault(askingAt: server.url)
        for _ in 0..<(TestPaths.isLongRun ? 100 : 5) {
            let holder = try home.command(["token", "--refresh"]).start()
            async let waiting = home.run("token", "--refresh")
            try await Task.sleep(for: .microseconds(Int.random(in: 0...40_000)))
            holder.send(SIGKILL)
            _ = try await holder.outcome()
            let report = try await waiting
            #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
            try await home.run("token").expectSuccess()
        }
        try await home.expectWhole()
    }

    @Test func `whoever is killed while the server thinks is followed by one who asks`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        let holder = try home.command(["token", "--timeout", "300"]).start()
        #expect(try await server.waitForRequests(1))
        let next = try home.command(["token", "--timeout", "300"]).start()
        try await Task.sleep(for: .milliseconds(100))
        #expect(try server.requests.count == 1)
        holder.send(SIGKILL)
        _ = try await holder.outcome()
        #expect(try await server.waitForRequests(2))
        try server.release()
        let report = try await next.outcome()
        #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
    }

    @Test func `a refusal is remembered, and passed over by whoever refreshes`() async throws {
        let server = try await server(answers: #"[{"status": 401}, null]"#)
        let home = try await Home.withVault(askingAt: server.url)
        for _ in 0..<3 {
            let report = try await home.run("token")
            #expect(report.exitCode == 67 && report.errorText.contains("status 401"), "\(report)")
        }
        #expect(try server.requests.count == 1)
        try await home.run("token", "--refresh").expectSuccess()
        try await home.run("token").expectSuccess()
        #expect(try server.requests.count == 2)
        try await home.expectWhole()
    }

    @Test func `a server that says when to come back is asked no earlier`() async throws {
        let server = try await server(answers: #"[{"status": 429, "headers": {"Retry-After": "3600"}}, null]"#)
        let home = try await Home.withVault(askingAt: server.url)
        for _ in 0..<2 {
            let report = try await home.run("token")
            #expect(report.exitCode == 75 && report.errorText.contains("not before "), "\(report)")
        }
        #expect(try server.requests.count == 1)
    }

    @Test func `offline prints what is cached and asks nobody`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("token", "--offline").expectFailure(
            66,
            "The vault has no usable token, and the server may not be asked for one.",
            "Ask for one without --offline, once."
        )
        let token = try await home.run("token")
        try await home.run("token", "--offline").expectSuccess(token.outputText)
        #expect(try await home.run("token", "--offline", "--min-ttl", "3700").exitCode == 76)
        #expect(try await home.run("token", "--offline", "--refresh").exitCode == 64)
        #expect(try server.requests(of: home.client).count == 1)
    }

    @Test func `parameters are sent in their order, and are another token`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let plain = try await home.run("token")
        let other = try await home.run("token", "--param", "audience=a=b", "--param", "x=")
        #expect(other.exitCode == 0 && other.output != plain.output)
        try await home.run("token", "--param", "audience=a=b", "--param", "x=").expectSuccess(other.outputText)
        let bodies = try server.requests(of: home.client).map(\.body)
        #expect(bodies == ["grant_type=client_credentials", "grant_type=client_credentials&audience=a%3Db&x="])
        for wrong in ["audience", "=x", "scope=a", "client_secret=x", "grant_type=password"] {
            let report = try await home.run("token", "--param", wrong)
            #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
        }
        let file = try home.writeFile(tokenURI: server.url)
        #expect(try await home.run("token", "--from", file, "--param", "audience=z").exitCode == 0)
        #expect(try server.requests(of: home.client).last?.body == "grant_type=client_credentials&audience=z")
    }

    @Test func `a process that is stopped is named, and waited for no longer than the call may take`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        let holder = try home.command(["token", "--timeout", "300"]).start()
        #expect(try await server.waitForRequests(1))
        holder.send(SIGSTOP)
        let report = try await home.run("token", "--timeout", "2")
        #expect(report.exitCode == 75 && report.errorText.contains("is doing the same and hasn't"), "\(report)")
        #expect(try server.requests.count == 1)
        holder.send(SIGCONT)
        try server.release()
        #expect(try await holder.outcome().exitCode == 0)
    }

    @Test func `a vault that gets a new key while a process waits is opened again`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        let holder = try home.command(["token", "--timeout", "300"]).start()
        #expect(try await server.waitForRequests(1))
        let calls = [["token"], ["exec", "--", "printenv", "ISOGEO_ACCESS_TOKEN"]]
        let waiting = try calls.map { try home.command([$0[0], "--timeout", "300"] + $0.dropFirst()).start() }
        // Whoever opens the vault later than this sees the new key, which proves nothing and fails nothing.
        try await Task.sleep(for: .milliseconds(500))
        try await home.run("rekey", "-q").expectSuccess()
        holder.send(SIGKILL)
        _ = try await holder.outcome()
        #expect(try await server.waitForRequests(2))
        try server.release()
        for process in waiting {
            let report = try await process.outcome()
            #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
        }
    }
}

extension RunningProcess {
    /// How often its threads have given their processor away to wait for something.
    fileprivate var pauses: Int {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return threads.reduce(0) { sum, thread in
            let status = try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/status", encoding: .utf8)
            let line = status?.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            return sum + (line?.split(separator: "\t").last.flatMap { Int($0) } ?? 0)
        }
    }
}
