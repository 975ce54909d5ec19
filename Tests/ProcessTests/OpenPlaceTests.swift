import Foundation
import Glibc
import Testing
import VaultTestSupport

/// Places that other accounts may look into, and one in which no mark can be kept.
@Suite(.serialized, .needsBinary)
struct OpenPlaceTests {
    private static let other = "65534"

    @Test(.privileged) func `root: of a folder of mode 0755 another user sees the names and no more`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        for place in [home.folder.path, home.folder("share"), home.vaultFolder] {
            try #require(unsafe chmod(place, 0o755) == 0)
        }
        let token = try await home.run("token")
        token.expectSuccess()
        try await home.run("default", "atlas", "-q").expectSuccess()
        let before = try home.everything
        let script = """
            cd "$1" && ls && for name in *; do
                cat "$name" && echo read "$name"
                echo >>"$name" && echo written "$name"
                mv "$name" x && echo moved "$name"
            done
            echo >new && echo made
            """
        let looked = try await Command(
            "setpriv",
            [
                "--reuid", Self.other, "--regid", Self.other, "--clear-groups", "sh", "-c", script, "sh",
                home.vaultFolder,
            ]
        ).run()
        #expect(Set(looked.outputText.split(separator: "\n")) == ["vault.db", "vault.db.lock"], "\(looked)")
        #expect(try home.everything == before)
    }

    @Test func `a file that others can read is warned of, with -q too, and once`() async throws {
        let home = try await Home.withVault(askingAt: try await TokenServer.shared.value.url)
        let place = try TemporaryDirectory(in: "/tmp")
        try #require(unsafe chmod(place.path, 0o755) == 0)
        let content = home.client.file(tokenURI: try await TokenServer.shared.value.url)
        let file = try place.write(content, to: "file.json", mode: 0o644)
        let warning =
            "isogeo-vault: warning: \(file) is open to others (mode 0644). They may have its secret: if so, only a new one from "
            + "Isogeo helps. Delete it once the vault has it: shred -u '\(file)'; or close it: chmod 600 '\(file)'.\n"
        try await home.run("import", file, "--name", "b", "-q").expectSuccess("", errors: warning)
        try await home.run("rotate", "atlas", file, "-q").expectSuccess("", errors: warning)
        let loud = try await home.run("import", file, "--name", "c")
        #expect(loud.errorText.components(separatedBy: "is open to others").count == 2, "\(loud)")
        try #require(unsafe chmod(file, 0o600) == 0)
        try await home.run("import", file, "--name", "d", "-q").expectSuccess("")
    }

    @Test(.privileged) func `root: so is one of another user, who can read it`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile()
        try #require(unsafe chown(file, 65534, 65534) == 0)
        let report = try await home.run("import", file, "--name", "b", "-q")
        #expect(report.errorText.contains("\(file) belongs to another user (uid 65534)."), "\(report)")
    }

    @Test func `a change that can't be marked is said each time, with -q too, and a token isn't one`() async throws {
        let server = try await TokenServer.shared.value
        var home = try await Home.withVault(askingAt: server.url)
        // Nothing can be put below a file.
        home.environment["XDG_STATE_HOME"] = try home.folder.write("", to: "no-state")
        let warning = "isogeo-vault: warning: The vault has changed, and its mark can't be written: "
        for name in ["b", "c"] {
            let report = try await home.run("import", try home.writeFile(), "--name", name, "-q")
            #expect(report.exitCode == 0 && report.errorText.hasPrefix(warning), "\(report)")
            #expect(report.errorText.components(separatedBy: "warning: ").count == 2, "\(report)")
        }
        try await home.run("token", "atlas", "-q").expectSuccess()
        let backup = home.folder("backup")
        try await home.run("backup", backup, "-q").expectSuccess()
        for arguments in [["rename", "b", "x"], ["restore", backup], ["rekey"]] {
            let report = try await home.command(arguments + ["-q"]).run()
            #expect(report.exitCode == 0 && report.errorText.contains(warning), "\(report)")
        }
    }
}
