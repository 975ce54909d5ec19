import Foundation
import Testing
import VaultTestSupport

@Suite(.serialized, .needsBinary)
struct ConnectionOptionsTests {
    @Test func `an application's proxy is shown, and kept when its secret is rotated`() async throws {
        let server = try await FaultServer([
            "endpoint": .init(.token, tls: .init()), "proxy": .init([.read, .tunnel]),
            "other": .init([.read, .tunnel]),
        ])
        let uri = "https://localhost:\(server.port("endpoint"))/token"
        let proxy = "http://127.0.0.1:\(server.port("proxy"))"
        let home = try await Home.withVault(askingAt: uri)
        let certificates = ["--ca-file", server.authority.certificate]
        let file = try home.writeFile(tokenURI: uri)
        let imported = try await home.command(["import", file, "--replace", "--proxy", proxy + "/"] + certificates)
            .run()
        #expect(imported.exitCode == 0, "\(imported)")
        #expect(try await home.run("show").outputText.contains("proxy           \(proxy)\n"))
        #expect(try await home.run("show", "--json").json["proxy"] as? String == proxy)

        let new = Canary()
        let newFile = try home.writeFile(tokenURI: uri, secret: new)
        let rotated = try await home.run("rotate", "atlas", newFile, "-q")
        rotated.expectSuccess()
        #expect(try server.requests("proxy") == 1)
        #expect(try await home.run("show", "--json").json["proxy"] as? String == proxy)
        #expect(try await home.run("show", "--json").json["ca_file"] as? String == server.authority.certificate)

        let other = "http://127.0.0.1:\(server.port("other"))"
        try await home.run("rotate", "atlas", newFile, "-q", "--proxy", other).expectSuccess()
        #expect(try server.requests("other") == 1)
        #expect(try await home.run("show", "--json").json["proxy"] as? String == other)
        // A vault whose application has a proxy is whole, and is opened again.
        try await home.expectWhole()
        let exported = try await home.run("export", "atlas", home.folder("out.json"), "--in-clear")
        #expect(exported.errorText.contains("--proxy \(other)"), "\(exported)")
        try await server.stop()
    }

    @Test func `certificates that are given for one call are for that call`() async throws {
        let server = try await FaultServer(["endpoint": .init(.token, tls: .init())])
        let home = try await Home.withVault(askingAt: "https://localhost:\(server.port("endpoint"))/token")
        try await home.run("token", "--refresh", "--ca-file", server.authority.certificate).expectSuccess("t\n")
        #expect(try await home.run("show", "--json").json["ca_file"] == nil)
        let untrusted = try await home.run("token", "--refresh")
        #expect(untrusted.exitCode == 76 && untrusted.output.isEmpty, "\(untrusted)")
        try await server.stop()
    }

    @Test func `limits are for proofs as well`() async throws {
        let server = try await FaultServer(["silent": .init([.read, .hold])])
        let home = try await Home.withVault()
        let uri = "http://127.0.0.1:\(server.port("silent"))/token"
        let file = try home.writeFile(tokenURI: uri)
        for arguments in [["import", file, "--check", "--replace"], ["rotate", "atlas", file]] {
            let report = try await home.command(arguments + ["--timeout", "5", "-q"]).run()
            #expect(report.exitCode == 75, "\(report)")
            #expect(report.errorText.contains("didn't answer in time"), "\(report)")
        }
        #expect(try server.requests("silent") == 2)
        try await server.stop()
    }

    @Test func `an API that is silent is waited for as long as was said`() async throws {
        let begun = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2"
        let server = try await FaultServer([
            "tokens": .init(.token), "silent": .init([.read, .hold]),
            "stalled": .init([.read, .send(Array(begun.utf8)), .hold]),
        ])
        let home = try await Home.withVault(askingAt: "http://127.0.0.1:\(server.port("tokens"))/token")
        try await home.run("token").expectSuccess()
        for (name, sentence) in [
            ("silent", "The API didn't answer in time."), ("stalled", "The API's answer stopped arriving."),
        ] {
            let base = "http://127.0.0.1:\(server.port(name))"
            // Without options a call waits for half a minute, and so longer than one that starts after it.
            let patient = try home.command(["api", "/x", "--api-base", base]).start()
            let report = try await home.run("api", "/x", "--timeout", "5", "--api-base", base)
            #expect(patient.report.ending == nil)
            patient.send(SIGKILL)
            home.client.secret.expectAbsent(in: try await patient.outcome())
            #expect(report.exitCode == 75 && report.errorText.hasPrefix("isogeo-vault: \(sentence)"), "\(report)")
        }
        try await server.stop()
    }

    @Test func `what is not said again stays when an application is replaced`() async throws {
        let authority = try await ThrowawayCA()
        let home = try await Home.withVault(askingAt: "https://tokens.example/oauth/token")
        let file = try home.writeFile(tokenURI: "https://tokens.example/oauth/token", secret: Canary())
        let again = ["import", file, "--replace", "-q"]
        let proxy = "http://127.0.0.1:3128"
        let first =
            again + [
                "--api-base", "https://api.example/v1", "--proxy", proxy, "--ca-file", authority.certificate,
                "--basic-encoding", "form",
            ]
        func values() async throws -> [String?] {
            let shown = try await home.run("show", "--json").json
            return ["api_base", "proxy", "ca_file", "basic_encoding"].map { shown[$0] as? String }
        }
        for arguments in [first, again] {
            try await home.command(arguments).run().expectSuccess()
            #expect(try await values() == ["https://api.example/v1", proxy, authority.certificate, "form"])
        }
        let other = again + ["--api-base", "https://other.example", "--basic-encoding", "raw"]
        try await home.command(other).run().expectSuccess()
        #expect(try await values() == ["https://other.example", proxy, authority.certificate, "raw"])
        // One of another name has nothing to keep.
        try await home.command(again + ["--name", "globe"]).run().expectSuccess()
        let globe = try await home.run("show", "globe", "--json").json
        #expect(globe["proxy"] == nil && globe["api_base"] == nil)
        try await home.expectWhole()
    }

    @Test func `what can't be meant is refused`() async throws {
        let home = try await Home.withVault()
        for (arguments, sentence) in [
            (["--timeout", "0"], "--timeout is 1 to 300 seconds."),
            (["--timeout", "301"], "--timeout is 1 to 300 seconds."),
            (["--connect-timeout", "0"], "--connect-timeout is 1 to 300 seconds."),
            (["--ca-file", ""], "--ca-file has no path."),
            (
                ["--proxy", "http://proxy.example:3128"],
                "--token-uri, --basic-encoding and --proxy go with --from and --from-environment; "
                    + "what is in the vault has its own."
            ),
        ] {
            let report = try await home.command(["token"] + arguments).run()
            #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
            #expect(report.errorText.hasPrefix("isogeo-vault: \(sentence)\n"), "\(report)")
        }
        let file = try home.writeFile()
        for proxy in ["", "proxy.example:3128", "http://user:password@proxy.example:3128", "socks5://proxy.example:1"] {
            try await home.run("import", file, "--replace", "--proxy", proxy, "-q").expectFailure(
                64,
                "The application's proxy isn't an address such as http://proxy.example:3128.",
                "Give scheme, host and port, without user and password."
            )
        }
    }
}
