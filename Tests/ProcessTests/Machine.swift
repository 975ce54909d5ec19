import Foundation
import Testing
import VaultTestSupport

/// A machine whose root we are, with users, services and Isogeo's servers of its own: a mount and a network namespace.
final class Machine {
    private let folder: TemporaryDirectory
    private let process: RunningProcess

    /// Makes it and waits until its servers listen.
    ///
    /// - Parameters:
    ///   - tokens: the token server's answers, as `Scripts/token-server` reads them; nil for the usual ones.
    ///   - api: the API's answers.
    /// - Throws: `ServerError.notStarted` with what was said.
    init(tokens: String? = nil, api: String) async throws {
        let folder = try TemporaryDirectory()
        self.folder = folder
        let authority = try await ThrowawayCA(for: ["id.api.isogeo.com", "v1.api.isogeo.com"])
        let answers = try tokens.map { try folder.write($0, to: "tokens") } ?? "-"
        var command = Command(
            "unshare",
            [
                "--mount", "--net", TestPaths.checkout + "/Tests/Servers/machine", folder.path,
                try #require(TestPaths.binary), authority.path, answers, try folder.write(api, to: "answers"),
            ]
        )
        command.input = .open
        command.limit = .seconds(300)
        process = try command.start()
        let said = await process.wait { $0.outputText.contains("ready\n") }
        guard said.outputText.contains("ready\n") else { throw ServerError.notStarted("machine", said) }
    }

    /// Where a file of the machine is from outside.
    func callAsFunction(_ path: String) -> String { "/proc/\(process.pid)/root" + path }

    /// Writes a file for its owner alone, who is root.
    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: self(path)))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: self(path))
    }

    /// Text of a file.
    func read(_ path: String) throws -> String { try String(contentsOfFile: self(path), encoding: .utf8) }

    /// A `client_secrets.json` as Isogeo sends it, whose servers are those of the machine.
    func writeClientSecrets(to path: String) throws {
        try write(
            """
            {"web": {
                "client_id": "city-maps-0f8fad5b-d9cb-469f-a165-70867728950e",
                "client_secret": "\(Canary().text)",
                "auth_uri": "https://id.api.isogeo.com/oauth/authorize",
                "token_uri": "https://id.api.isogeo.com/oauth/token"
            }}
            """,
            to: path
        )
    }

    /// What root runs there, at home.
    func command(_ program: String, _ arguments: [String]) -> Command {
        // A mount namespace's own root isn't ours where we run in a chroot: the machine's process knows which it is.
        // And without the machine's sign nothing is run, or it would be this computer that is changed.
        let guarded = #"test -e /run/isogeo-vault-test-machine || exit 125; cd /root && exec "$@""#
        let inside = ["sh", "-c", guarded, "sh", program] + arguments
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return Command(
            "nsenter",
            ["--target", "\(process.pid)", "--mount", "--net", "--root", "--wd", "--"] + inside,
            environment: ["HOME": "/root", "LANG": "C.UTF-8", "PATH": path]
        )
    }

    /// The lines of a document's block, as root types them.
    func shell(_ script: String) -> Command { command("bash", ["-euc", script]) }
}

extension Trait where Self == ConditionTrait {
    /// For documents that are run as they stand, by root on a machine of its own.
    static var needsMachine: Self {
        .enabled("namespaces can't be made here, or useradd, runuser, nsenter or systemd-creds 250 is missing") {
            guard geteuid() == 0 else { return false }
            let tools = "for t in useradd runuser nsenter systemd-creds; do command -v $t || exit 1; done"
            var tried = Command("unshare", ["--mount", "--net", "sh", "-c", tools + "; mount -t tmpfs none /root"])
            tried.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
            return await (try? tried.run().exitCode) == 0
        }
    }
}
