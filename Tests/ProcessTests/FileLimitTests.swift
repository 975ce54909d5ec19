import Testing
import VaultTestSupport

/// `ulimit -f 0`: no file may grow, and the kernel says so by a signal that ends a process, SIGXFSZ.
@Suite(.serialized, .needsBinary)
struct FileLimitTests {
    @Test(arguments: ["rename atlas moon", #"backup "$1/copy""#, #"export atlas "$1/out" --in-clear"#])
    func `what can't be written is an error of writing`(call: String) async throws {
        let home = try await Home.withVault()
        let report = try await home.shell(#"ulimit -f 0; "$vault" "# + call, home.folder.path)
        #expect(report.exitCode == 74 && report.errorText.hasPrefix("isogeo-vault: "), "\(report)")
        #expect(try await home.names() == ["atlas"])
    }

    @Test func `a token that can't be stored is printed`() async throws {
        let home = try await Home.withVault(askingAt: try await TokenServer.shared.value.url)
        let report = try await home.shell(#"ulimit -f 0; "$vault" token"#)
        #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
    }

    @Test func `the program of exec finds the signal as it was`() async throws {
        let home = try await Home.withVault()
        let call = #""$vault" exec --sdk --no-token -q -- sh -c 'kill -XFSZ $$; exit 3'"#
        // What a shell says of SIGXFSZ, 25.
        #expect(try await home.shell("\(call); exit $?").exitCode == 128 + 25)
        #expect(try await home.shell("trap '' XFSZ; \(call); exit $?").exitCode == 3)
    }
}
