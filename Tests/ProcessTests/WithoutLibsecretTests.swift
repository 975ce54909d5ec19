import Foundation
import Testing
import VaultTestSupport

/// The command on a machine that knows no libsecret.
@Suite(.serialized, .needsBinary)
struct WithoutLibsecretTests {
    @Test func `the command needs neither libsecret nor GLib`() async throws {
        let report = try await Command("readelf", ["-d", try #require(TestPaths.wholeBinary)]).run()
        let needed = report.outputText.matches(of: /\(NEEDED\).*\[(.*)\]/).map { String($0.1) }
        #expect(needed.contains { $0.hasPrefix("libc.so") }, "\(report)")
        for library in needed { #expect(library.firstMatch(of: /secret|glib|gio|gobject/) == nil, "\(library)") }
    }

    /// Runs a line of the shell where the folder of the system's libraries has all of them but libsecret.
    private func run(_ line: String, in home: Home) async throws -> ProcessReport {
        let script = """
            set -eu
            libraries=$(dirname "$(ldconfig -p | sed -n 's/.*libsecret-1.so.0.* => //p' | head -n 1)")
            libraries=$(realpath "$libraries")
            mkdir "$HOME/all" "$HOME/others"
            mount --bind "$libraries" "$HOME/all"
            ln -s "$HOME"/all/* "$HOME/others"
            rm "$HOME"/others/libsecret-1.*
            mount --bind "$HOME/others" "$libraries"
            """
        var command = try home.command([])
        command.environment["vault"] = command.program
        command.environment["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        (command.program, command.arguments) = ("unshare", ["-m", "sh", "-c", "\(script)\n\(line)"])
        let report = try await command.run()
        home.client.secret.expectAbsent(in: report)
        return report
    }

    private static var needsNamespaces: ConditionTrait {
        .enabled("this container doesn't allow mounts") {
            try await Command("unshare", ["-m", "true"]).run().exitCode == 0
        }
    }

    @Test(.privileged, .needsKeyring, needsNamespaces)
    func `root: without libsecret a vault with a key file works, and one of the keyring's says what is missing`()
        async throws
    {
        let server = try await TokenServer.shared.value
        let plain = try Home()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        let file = try home.writeFile(tokenURI: server.url)
        #expect(try await home.run("import", file).exitCode == 0)
        let other = home.folder("other/vault.db")
        let report = try await run(
            """
            "$vault" token || echo "status $?"
            export ISOGEO_VAULT='\(other)'
            "$vault" import -q '\(file)' || echo "status $?"
            "$vault" import -q '\(file)' --protect 'key-file=\(home.key)'
            "$vault" token --key-file '\(home.key)' >/dev/null && echo given
            """,
            in: home
        )
        #expect(report.exitCode == 0, "\(report)")
        #expect(report.outputText == "status 69\nstatus 64\ngiven\n", "\(report)")
        let sentence = "libsecret isn't installed, and the desktop keyring is reached through it."
        #expect(report.errorText.contains("isogeo-vault: \(sentence)\n  Install it (sudo apt install"), "\(report)")
        #expect(report.errorText.contains("how to protect a new one. \(sentence)\n"), "\(report)")
        try await keyring.stop()
    }
}
