import Foundation
import Testing
import VaultTestSupport

/// Arguments and paths that aren't UTF-8: names in Latin-1, as old shares have them.
@Suite(.serialized, .needsBinary)
struct ForeignBytesTests {
    @Test(.needsMemoryFileSystem, arguments: ["exec", "exec --client-secrets FILE --private-file --no-token"])
    func `a program gets its arguments byte by byte`(way: String) async throws {
        let home = try await Home.withVault(askingAt: try await TokenServer.shared.value.url, in: TestPaths.memory)
        let report = try await home.shell(
            #""$vault" \#(way) -q -- printf '%s|%s' "$(printf 'donn\351es')" "$(printf 'k\303\266ln')""#
        )
        #expect(report.exitCode == 0, "\(report)")
        #expect(report.output == Array("donn".utf8) + [0xE9] + Array("es|köln".utf8))
    }

    @Test(arguments: ["--vault", "--vault="]) func `a vault's path that isn't UTF-8 is refused, and nothing is made`(
        option: String
    ) async throws {
        let home = try Home()
        let file = try home.writeFile()
        let before = try home.everything
        let path = #""$(printf 'r\351gion/v.db')""#
        let option = option.hasSuffix("=") ? option + path : option + " " + path
        let report = try await home.shell(#""$vault" import "$1" --protect "key-file=$2" "# + option, file, home.key)
        let shown = option.contains("=") ? #"--vault=r\xE9gion/v.db"# : #"r\xE9gion/v.db"#
        report.expectFailure(
            64,
            "The argument \(shown) isn't UTF-8.",
            "Name files and applications in UTF-8; what follows a program's name after exec -- may be any bytes."
        )
        #expect(try home.everything == before)
    }

    @Test(arguments: ["HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "ISOGEO_VAULT", "ISOGEO_VAULT_KEY_FILE"])
    func `a variable with a path that isn't UTF-8 is refused by its name`(variable: String) async throws {
        let home = try await Home.withVault()
        let before = try home.everything
        let report = try await home.shell(
            #"value=$(printf '/tmp/r\351gion') && export "$1=$value" && "$vault" list"#,
            variable
        )
        report.expectFailure(
            78,
            #"The value of \#(variable) isn't UTF-8: /tmp/r\xE9gion"#,
            "Rename the file or folder to a name in UTF-8, or unset the variable."
        )
        #expect(try home.everything == before)
    }

    @Test func `a program whose name isn't UTF-8 is refused, not another one started`() async throws {
        let home = try await Home.withVault()
        let report = try await home.shell(#""$vault" exec -- "$(printf 'donn\351es')""#)
        #expect(report.exitCode == 64, "\(report)")
        #expect(report.errorText.contains(#"The argument donn\xE9es isn't UTF-8."#))
    }
}

/// Paths that a shell would have changed, and that came without one.
@Suite(.serialized, .needsBinary)
struct UnexpandedPathTests {
    private static let tilde =
        "Write the path of the home folder in full, such as /home/ada: a shell alone replaces ~, and only at the beginning of a word."
    private static let variable =
        "Write the path in full: a shell alone replaces variables, and not within single quotes."
    private static let quotes = "Write it without quotation marks: they are part of a value that no shell reads."
    private static let lineEnd = "Save the file that it comes from with the line ends of Unix."

    @Test(arguments: [
        ("~/v.db", tilde), ("~nobody/v.db", tilde), ("$HOME/v.db", variable), ("${HOME}/v.db", variable),
        ("\"v.db\"", quotes), ("'/tmp/v.db'", quotes), ("v.db\r", lineEnd),
    ])
    func `a path that no shell has expanded is refused, and no file made`(path: String, remedy: String) async throws {
        let home = try await Home.withVault()
        let before = try home.everything
        let file = try home.writeFile()
        let calls: [([String], [String: String?])] = [
            (["import", file, "--protect", "key-file=\(home.folder("other"))"], ["ISOGEO_VAULT": path]),
            (["import", file, "--protect", "key-file=\(home.folder("other"))", "--vault=\(path)"], [:]),
            (["list", "--vault", path], [:]),
            (["backup", path], [:]),
            (["export", "atlas", path, "--in-clear"], [:]),
        ]
        for (arguments, changes) in calls {
            let report = try await home.command(arguments, changes).run()
            #expect(report.exitCode == 78 && report.errorText.hasSuffix("\n  \(remedy)\n"), "\(arguments): \(report)")
        }
        #expect(try home.everything == before)
    }

    @Test func `a folder named ~ is used where it is meant`() async throws {
        let home = try await Home.withVault()
        try FileManager.default.createDirectory(
            atPath: home.folder("~"),
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        try await home.run("backup", "./~/copy", "-q").expectSuccess("")
        #expect(home.exists(home.folder("~/copy")))
    }

    @Test func `a backup is never a file named -`() async throws {
        let home = try await Home.withVault()
        let before = try home.everything
        try await home.run("backup", "-").expectFailure(
            64,
            "A backup goes into a file, never to standard output.",
            "Name the file to make."
        )
        #expect(try home.everything == before)
    }
}

extension Home {
    /// The paths of all that lies in the home.
    var everything: Set<String> {
        get throws { Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path)) }
    }
}
