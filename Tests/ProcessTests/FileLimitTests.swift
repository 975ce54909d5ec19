import Foundation
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

    @Test(
        arguments: [
            #"backup "$1/copy""#, #"export atlas "$1/out" --in-clear"#, #"key add key-file="$1/second""#,
            #"key add recovery --output "$1/code""#, #"rekey"#,
        ],
        [0, 1, 8, 33]
    )
    func `where the disk is full, nothing is left, and the same call works later`(call: String, limit: Int)
        async throws
    {
        let home = try await Home.withVault()
        // A warning of today's may be noted there. A journal is SQLite's until it can be rolled back.
        func names() throws -> Set<String> {
            let names = try FileManager.default.subpathsOfDirectory(atPath: home.folder.path)
            return Set(
                names.filter { !$0.hasPrefix("state/") && !$0.hasSuffix(".lock") && !$0.hasSuffix("-journal") }
            )
        }
        let before = try names()
        let report = try await home.shell(#"ulimit -f \#(limit); "$vault" "# + call, home.folder.path)
        // Nothing can be written at all with none.
        guard report.exitCode != 0 else { return #expect(limit > 0) }
        #expect(report.exitCode == 74, "\(report)")
        #expect(try names() == before)
        #expect(try await home.shell(#""$vault" "# + call, home.folder.path).exitCode == 0)
    }

    @Test func `a restore that fails keeps what is known of a newer key`() async throws {
        let home = try await Home.withVault()
        try await home.run("backup", home.folder("copy"), "-q").expectSuccess()
        let old = try home.folder.write(home.folder.read("key"), to: "old")
        try await home.run("rekey", "-q").expectSuccess()
        try FileManager.default.removeItem(atPath: home.vault)
        let marks = try FileManager.default.subpathsOfDirectory(atPath: home.folder("state")).filter {
            $0.hasSuffix(".mark")
        }
        let before = try marks.map { try home.folder.read("state/\($0)") }
        try #require(marks.count == 1)
        let line = #"ulimit -f 1; "$vault" restore "$1" --key-file "$2""#
        let report = try await home.shell(line, home.folder("copy"), old)
        #expect(report.exitCode == 74 && !home.exists(home.vault), "\(report)")
        #expect(try marks.map { try home.folder.read("state/\($0)") } == before)
        #expect(try await home.run("restore", home.folder("copy"), "--key-file", old).exitCode == 0)
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
