import Testing
import VaultTestSupport

extension Trait where Self == ConditionTrait {
    /// For a network of a test's own, with a name server of its own.
    fileprivate static var needsNamespaces: Self {
        .enabled("this computer doesn't allow user, mount and network namespaces") {
            let made = try? await Command("unshare", NameServerTests.namespaces + ["true"]).run()
            return made?.exitCode == 0
        }
    }
}

@Suite(.serialized, .needsBinary, .needsNamespaces)
struct NameServerTests {
    fileprivate static let namespaces = ["--user", "--map-root-user", "--mount", "--net"]

    @Test func `a name server that never answers keeps nobody longer than the time allowed`() async throws {
        // Without a vault: in a namespace of users the folders above one belong to a user who is unknown there.
        let home = try Home()
        let file = try home.writeFile(tokenURI: "https://id.example/token")
        var command = try home.command(["token", "--from", file, "--connect-timeout", "1", "--timeout", "4"])
        command.arguments =
            Self.namespaces + [TestPaths.checkout + "/Tests/Servers/silent-name-server", command.program]
            + command.arguments
        command.program = "unshare"
        // The resolver itself would wait for 150 seconds in each of the tries: it is killed before that.
        command.limit = .seconds(140)
        let report = try await command.run()
        #expect(report.exitCode == 75, "\(report)")
        #expect(
            report.errorText == """
                isogeo-vault: atlas at https://id.example: The host of the token endpoint has no address, or no name server \
                answers.
                  Check the network and the host in the token endpoint's address.

                """
        )
        // It was this one that was asked.
        #expect(report.outputText.hasPrefix("questions=") && report.outputText != "questions=0\n", "\(report)")
    }
}
