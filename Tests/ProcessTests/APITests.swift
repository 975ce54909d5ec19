import Foundation
import Testing
import VaultTestSupport

/// `api`: what the API says on standard output, and the token nowhere else.
@Suite(.serialized, .needsBinary)
struct APITests {
    @Test func `the answer is on standard output as it came, and the token in the header`() async throws {
        let body = "[{\"a\": \"é\"}]\n\u{1B}[31m no newline"
        let world = try await APIHome(.token, .json(200, body))
        let home = world.home
        try await home.run("api", "/resources/search?_limit=3", "-q", "q=a b&c=d/é~*", "-q", "s=").expectSuccess(body)
        let read = try #require(try world.reads.first)
        #expect(read.path == "/api/resources/search?_limit=3&q=a%20b%26c%3Dd%2F%C3%A9~%2A&s=")
        let token = try await home.run("token").outputText.dropLast()
        #expect(read.values(of: "authorization") == ["Bearer \(token)"])
        #expect(read.values(of: "host") == ["localhost:\(world.server.port)"])
        // What was read needs no other token.
        try await home.run("api", "/shares", "--app", "atlas").expectSuccess(body)
        #expect(try world.tokenRequests == 1)
    }

    @Test func `a cached token that is refused costs one new token, and is refused for good then`() async throws {
        let world = try await APIHome(
            .token,
            .json(401, "{}"),
            .token,
            .json(200, "[]"),
            .json(401, ""),
            .token,
            .json(401, "")
        )
        try await world.home.run("token").expectSuccess()
        try await world.home.run("api", "/shares").expectSuccess("[]")
        #expect(try world.tokenRequests == 2)
        let reads = try world.reads
        #expect(reads.count == 2 && reads[0].values(of: "authorization") != reads[1].values(of: "authorization"))
        // What is kept now is the new one.
        let kept = try await world.home.run("token").outputText.dropLast()
        #expect(reads[1].values(of: "authorization") == ["Bearer \(kept)"])

        try await world.home.run("api", "/shares").expectFailure(
            67,
            "The API at \(world.origin) refuses a new token from \(world.origin) (status 401).",
            "Check that both belong together: isogeo-vault show atlas"
        )
        #expect(try world.tokenRequests == 3)
        #expect(try world.reads.count == 4)
    }

    @Test func `a token that was asked for just now isn't asked for again`() async throws {
        let world = try await APIHome(.token, .json(401, #"{"error": "invalid_token"}"#))
        let report = try await world.home.run("api", "/shares")
        #expect(report.exitCode == 67 && report.errorText.contains("(status 401, invalid_token)"), "\(report)")
        #expect(try world.tokenRequests == 1)
        #expect(try world.reads.count == 1)
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func `no redirect is followed`(status: Int) async throws {
        let target = try await TokenServer()
        let location = "http://127.0.0.1:\(target.port)/api/shares"
        let world = try await APIHome(.token, .json(status, "", headers: ["Location": location]))
        try await world.home.run("api", "/shares").expectFailure(
            76,
            "The API at \(world.origin) redirects to 127.0.0.1:\(target.port), where the token isn't sent (status \(status)).",
            "Check path and address: isogeo-vault show atlas"
        )
        #expect(try target.requests.isEmpty)
    }

    @Test(arguments: [
        (400, 76), (403, 76), (404, 76), (407, 76), (422, 76), (408, 75), (429, 75), (500, 75), (503, 75),
    ])
    func `a failure has its exit code, the API's own words, and no result`(status: Int, code: Int) async throws {
        let words = #"{"error": "odd", "message": "\u001b[2J bell\u0007 \#(String(repeating: "w", count: 9000))"}"#
        let world = try await APIHome(.token, .json(status, words), .json(status, "<html>not for people</html>"))
        let told = try await world.home.run("api", "/shares")
        #expect(told.exitCode == code && told.output.isEmpty, "\(told)")
        #expect(told.errorText.contains("(status \(status), odd:  [2J bell"), "\(told)")
        #expect(!told.errors.contains(0x1B) && !told.errors.contains(0x07) && told.errors.count < 1000)
        let untold = try await world.home.run("api", "/shares")
        #expect(untold.exitCode == code && !untold.errorText.contains("html"), "\(untold)")
    }

    @Test func `what the API says of the token isn't shown`() async throws {
        let echoed = #"{"message": "bad token TOKEN"}"#
        let grant = #"{"access_token": "canary-of-the-token-itself", "token_type": "bearer", "expires_in": 3599}"#
        let world = try await APIHome(
            .json(200, grant),
            .json(403, echoed.replacing("TOKEN", with: "canary-of-the-token-itself"))
        )
        let report = try await world.home.run("api", "/shares")
        #expect(
            report.errorText.contains("its words aren't shown, because they hold something like the secret"),
            "\(report)"
        )
        #expect(!report.errorText.contains("canary"), "\(report)")
    }

    @Test(arguments: [
        "shares", "//evil.example/shares", "https://evil.example/shares", "/../shares", "/a/%2e%2E/b", "/a\\b", "/a b",
        "/é", "/%zz", "/a#b", "", "/./x",
    ]) func `a path that could mean something else is refused, and nothing asked`(path: String) async throws {
        let world = try await APIHome(.token)
        #expect(try await world.home.run("api", path).exitCode == 64)
        #expect(try world.server.requests.isEmpty)
    }

    @Test func `a path that is refused is told with the character, and a quiet -q with what it means here`()
        async throws
    {
        let world = try await APIHome(.token)
        let report = try await world.home.run("api", "/a|b")
        #expect(report.errorText.hasPrefix("isogeo-vault: The path contains what an address can't: |.\n"), "\(report)")
        for arguments in [["/shares", "-q"], ["/shares", "-q", "x"]] {
            let report = try await world.home.command(["api"] + arguments).run()
            #expect(report.exitCode == 64 && report.errorText.contains("quiet is --quiet here."), "\(report)")
        }
        #expect(try world.server.requests.isEmpty)
    }

    @Test func `where the API is must be known, and be https or this computer`() async throws {
        let home = try await Home.withVault(askingAt: "https://tokens.example/oauth/token")
        try await home.run("api", "/shares").expectFailure(
            78,
            "The API address of atlas is unknown; its tokens come from https://tokens.example.",
            "Say it with --api-base URL, or for good: isogeo-vault rotate atlas client_secrets.json "
                + "--token-uri https://tokens.example/oauth/token --api-base URL"
        )
        try await home.run("api", "/shares", "--api-base", "http://api.example").expectFailure(
            64,
            "The API is plain http, which would send the token in clear.",
            "Give its https address with --api-base; plain http is only for this computer itself."
        )
        for base in ["http://api.example", "ftp://api.example", "https://a@b.example", "https://x.example/?q"] {
            #expect(try await home.run("api", "/shares", "--api-base", base).exitCode == 64)
            let file = try home.writeFile()
            #expect(try await home.run("import", file, "--replace", "--api-base", base).exitCode == 64)
        }
        #expect(try await home.run("show", "--json").json["api_base"] == nil)
        let isogeo = try await Home.withVault(askingAt: "https://id.api.isogeo.com/oauth/token")
        #expect(try await isogeo.run("show", "--json").json["api_base"] as? String == "https://v1.api.isogeo.com")
    }

    @Test func `a new secret leaves the API where it is`() async throws {
        let world = try await APIHome(.token, .token, .json(200, "[]"))
        let file = try world.home.writeFile(tokenURI: world.server.url)
        try await world.home.run("rotate", "atlas", file, "-q").expectSuccess()
        #expect(try await world.home.run("show", "--json").json["api_base"] as? String == world.origin + "/api")
        try await world.home.expectWhole()
    }

    @Test func `tokens of another platform don't go to the old one's API`() async throws {
        let (world, other) = (try await APIHome(.token, .json(200, "[]")), try await TokenServer())
        let file = try world.home.writeFile(tokenURI: other.url)
        let rotated = try await world.home.run("rotate", "atlas", file)
        #expect(rotated.exitCode == 0, "\(rotated)")
        #expect(
            rotated.errorText.hasSuffix(
                "isogeo-vault: The API address \(world.origin)/api was removed: it belongs to the old platform. Give the "
                    + "new one with --api-base, unless it is Isogeo's own.\n"
            )
        )
        #expect(try await world.home.run("show", "--json").json["api_base"] == nil)
        #expect(try await world.home.run("api", "/shares").exitCode == 78)
        #expect(try world.reads.isEmpty)
    }

    @Test func `a terminal is shown what it would obey`() async throws {
        let world = try await APIHome(.token, .json(200, "{\"a\":\t\"é\u{1B}]0;x\u{7}\u{9B}2J\"}\n"))
        let terminal = try world.home.command(["api", "/shares"]).startOnTerminal()
        let report = try await terminal.process.outcome()
        #expect(report.outputText.contains(#""é\u{1b}]0;x\u{7}\u{9b}2J"}"#), "\(report)")
        #expect(!report.output.contains(0x1B) && !report.output.contains(7))
    }

    @Test func `an answer that breaks off is a failure, whatever came of it`() async throws {
        let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2"
        let world = try await APIHome(.token, .raw(cut))
        let report = try await world.home.run("api", "/shares")
        #expect(report.exitCode == 75 && report.outputText == "[1, 2", "\(report)")
    }

    @Test func `no proxy sees what goes to this computer`() async throws {
        let (world, proxy) = (try await APIHome(.token, .json(200, "[]")), try await TokenServer())
        let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        let address = "http://127.0.0.1:\(proxy.port)"
        let report = try await world.home.run(
            "api",
            "/shares",
            with: Dictionary(uniqueKeysWithValues: names.map { ($0, address) })
        )
        report.expectSuccess("[]")
        #expect(try proxy.requests.isEmpty)
    }

    @Test func `the API must prove its name as the token endpoint does`() async throws {
        let authority = try await ThrowawayCA()
        let world = try await APIHome(
            .token,
            .json(200, "[]"),
            authority: authority,
            options: ["--ca-file", authority.certificate]
        )
        try await world.home.run("api", "/shares").expectSuccess("[]")
        let other = try await APIHome(.json(200, "[]"), authority: try await ThrowawayCA())
        let report = try await world.home.run("api", "/shares", "--api-base", other.origin)
        #expect(report.exitCode == 76 && report.output.isEmpty, "\(report)")
        #expect(try other.server.requests.isEmpty)
    }

    @Test func `a reader that has gone ends it like any filter, and a full disk is a failure`() async throws {
        let world = try await APIHome(.token, .json(200, "[]"))
        var command = try world.home.command(["api", "/shares"])
        command.descriptors[1] = try Descriptor.pipe().writing
        #expect(try await command.run().ending == .killed(signal: Int(SIGPIPE)))
        command.descriptors[1] = try Descriptor(opening: "/dev/full", O_WRONLY)
        #expect(try await command.run().exitCode == 74)
    }

    @Test func `an answer of a quarter of a gibibyte goes through in little memory`() async throws {
        var command = Command(TestPaths.checkout + "/Tests/Servers/big-api")
        command.input = .open
        let server = try command.start()
        let said = await server.wait { $0.output.last == 0x0A }
        let port = try #require(Int(said.outputText.dropFirst("port=".count).dropLast()))
        let home = try await Home.withVault(askingAt: "http://localhost:\(port)/oauth/token")
        let size = 256 << 20
        let python = """
            import re, subprocess, sys
            vault, release, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
            arguments = [vault, "api", "/big", "-q", f"size={size}", "-q", f"until={release}", "--api-base", sys.argv[4]]
            process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
            count = 0
            while count < size - 1:
                count += len(process.stdout.read1(1 << 20))
            status = open(f"/proc/{process.pid}/status").read()
            open(release, "w").close()
            count += len(process.stdout.read())
            print(count, process.wait(), re.search(r"VmHWM:\\s*(\\d+)", status)[1])
            """
        var run = try home.command([])
        let base = "http://localhost:\(port)/api"
        (run.program, run.arguments) = (
            "python3", ["-c", python, run.program, home.folder("release"), "\(size)", base]
        )
        let report = try await run.run()
        let numbers = report.outputText.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(numbers.count == 3, "\(report)")
        #expect(numbers[0] == size && numbers[1] == 0)
        #expect(numbers[2] < 64 << 10, "\(numbers[2]) KiB of memory at most")
        server.closeInput()
    }
}
