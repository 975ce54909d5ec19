import Foundation
import Testing
import VaultTestSupport

/// Recovery codes: where they are shown, and what they open.
@Suite(.serialized, .needsBinary)
struct RecoveryCodeTests {
    private static let words = "Recovery code of the vault. Write it down now: it is shown only once."

    /// The codes that stand in a text.
    private func codes(in text: String) -> [String] {
        text.matches(of: /[0-9A-Z]{5}(?:-[0-9A-Z]{5}){12}/).map { String($0.output) }
    }

    /// The code with another character in a group (1 … 13).
    private func mistyped(_ code: String, group: Int) -> String {
        var groups = code.split(separator: "-").map(String.init)
        groups[group - 1] = (groups[group - 1].hasPrefix("7") ? "8" : "7") + groups[group - 1].dropFirst()
        return groups.joined(separator: "-")
    }

    /// A code in a file of that home.
    private func code(_ home: Home, _ name: String = "code") async throws -> String {
        let added = try await home.run("key", "add", "recovery", "--output", home.folder(name))
        #expect(added.exitCode == 0 && added.output.isEmpty && codes(in: added.errorText).isEmpty, "\(added)")
        let text = String(decoding: try home.folder.read(name), as: UTF8.self)
        return try #require(codes(in: text).first)
    }

    @Test func `a code is written to a file of its owner, and opens the vault`() async throws {
        let home = try await Home.withVault()
        let code = try await code(home)
        #expect(try home.mode(of: home.folder("code")) == 0o600)
        #expect(try await home.names(["--recovery", home.folder("code")]) == ["atlas"])
        for (number, text) in [
            code.lowercased(), code.replacing("-", with: " ") + "\n", code.replacing("0", with: "O"),
        ]
        .enumerated() {
            let file = try home.folder.write(text, to: "typed-\(number)")
            #expect(try await home.names(["--recovery", file]) == ["atlas"])
        }
        // It may change the vault as any other key may.
        let changed = try await home.run("key", "remove", "key-file", "--recovery", home.folder("code"))
        #expect(changed.exitCode == 0, "\(changed)")
        #expect(try await home.run("list").exitCode == 77)
    }

    /// As after a `key add` that died before it gave the code its file's name.
    @Test func `key change finishes another call's code, and takes its slot away all the same`() async throws {
        let home = try await Home.withVault()
        _ = try await code(home)
        let id = try #require(try await home.slots().first { $0.kind == "recovery" }).id
        try FileManager.default.moveItem(atPath: home.folder("code"), toPath: home.folder("code.new-\(id)"))
        let changed = try await home.run("key", "change", "key-file", "recovery", "--output", home.folder("code"))
        #expect(changed.exitCode == 0, "\(changed)")
        #expect(try await home.run("list").exitCode == 77)
        #expect(try await home.names(["--recovery", home.folder("code")]) == ["atlas"])
    }

    @Test(arguments: [1, 7, 13]) func `a mistyped code names its group`(group: Int) async throws {
        let home = try await Home.withVault()
        let typed = try home.folder.write(mistyped(try await code(home), group: group), to: "typed")
        let report = try await home.run("list", "--recovery", typed)
        #expect(report.exitCode == 77 && report.output.isEmpty, "\(report)")
        #expect(
            report.errorText.contains("Group \(group) of the recovery code isn't as it was given out."),
            "\(report)"
        )
    }

    @Test func `half a code, and one of another vault, open nothing`() async throws {
        let (home, other) = (try await Home.withVault(), try await Home.withVault())
        let half = try home.folder.write(String(try await code(home).prefix(40)), to: "half")
        let short = try await home.run("list", "--recovery", half)
        #expect(short.exitCode == 77 && short.errorText.contains("characters instead of 65"), "\(short)")
        _ = try await code(other)
        let foreign = try await home.run("list", "--recovery", other.folder("code"))
        #expect(foreign.exitCode == 77 && foreign.output.isEmpty, "\(foreign)")
    }

    @Test func `a file that is there isn't written over, and nothing is added`() async throws {
        let home = try await Home.withVault()
        let file = try home.folder.write("a note", to: "note")
        let report = try await home.run("key", "add", "recovery", "--output", file)
        #expect(report.exitCode == 73 && report.output.isEmpty, "\(report)")
        #expect(try home.folder.read("note") == Array("a note".utf8))
        #expect(try await home.slots().count == 1)
    }

    @Test func `without a terminal a code goes to a file or nowhere`() async throws {
        let home = try await Home.withVault()
        for arguments in [["add", "recovery"], ["change", "key-file", "recovery"]] {
            try await home.command(["key"] + arguments).run().expectFailure(
                64,
                "There is no terminal to show the recovery code on.",
                "Have it written to a file: --output PATH"
            )
        }
        #expect(try await home.slots().map(\.kind) == ["key-file"])
    }

    @Test func `a code is shown on the terminal, and never on standard output`() async throws {
        let home = try await Home.withVault()
        var command = try home.command([])
        let output = home.folder("output")
        command.arguments = ["-c", #""$0" key add recovery >"$1" 2>&1; echo "ended with $?""#, command.program, output]
        command.program = "sh"
        let terminal = try command.startOnTerminal()
        try await terminal.expect("ended with 0")
        let shown = codes(in: terminal.screen)
        #expect(shown.count == 1 && terminal.screen.contains(Self.words))
        #expect(codes(in: String(decoding: try home.folder.read("output"), as: UTF8.self)).isEmpty)
        let file = try home.folder.write(try #require(shown.first), to: "code")
        #expect(try await home.names(["--recovery", file]) == ["atlas"])
    }

    @Test func `a new code takes the place of the old one`() async throws {
        let home = try await Home.withVault()
        _ = try await code(home, "old")
        let changed = try await home.run("key", "change", "recovery", "recovery", "--output", home.folder("new"))
        #expect(changed.exitCode == 0 && changed.output.isEmpty, "\(changed)")
        #expect(try await home.run("list", "--recovery", home.folder("old")).exitCode == 77)
        #expect(try await home.names(["--recovery", home.folder("new")]) == ["atlas"])
        #expect(try await home.slots().map(\.kind).sorted() == ["key-file", "recovery"])
    }

    @Test func `the first import by a key file shows a code, once`() async throws {
        var home = try Home()
        let arguments = ["import", try home.writeFile(), "--protect", "key-file=\(home.key)"]
        let report = try await home.command(arguments).startOnTerminal().process.outcome()
        #expect(report.exitCode == 0, "\(report)")
        let shown = codes(in: report.outputText)
        #expect(shown.count == 1, "\(report)")
        let file = try home.folder.write(try #require(shown.first), to: "code")
        #expect(try await home.names(["--recovery", file]) == ["atlas"])
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        #expect(try await home.slots().map(\.kind).sorted() == ["key-file", "recovery"])
        // The second import shows none.
        let next = try await home.command(arguments + ["--name", "b"]).startOnTerminal().process.outcome()
        #expect(next.exitCode == 0 && codes(in: next.outputText).isEmpty, "\(next)")
        #expect(try await home.slots().count == 2)
    }

    @Test(arguments: ["--no-recovery", "--no-prompt"]) func `a code that nobody wants isn't made`(option: String)
        async throws
    {
        var home = try Home()
        let report = try await home.command([
            "import", try home.writeFile(), "--protect", "key-file=\(home.key)", option,
        ])
        .startOnTerminal().process.outcome()
        #expect(report.exitCode == 0 && codes(in: report.outputText).isEmpty, "\(report)")
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        #expect(try await home.slots().map(\.kind) == ["key-file"])
    }
}
