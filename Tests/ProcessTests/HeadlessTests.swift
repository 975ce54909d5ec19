import Foundation
import Testing
import VaultTestSupport

/// Keys as service managers and containers give them: their owners, modes, links and mounts.
@Suite(.serialized, .needsBinary)
struct HeadlessTests {
    /// A vault whose key file nothing names, in another folder than the shared key.
    private func lockedHome() async throws -> Home {
        var home = try await Home.withVault()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = nil
        return home
    }

    @Test(arguments: [0o644, 0o444, 0o440, 0o400])
    func `a secret of Kubernetes is read through its links, and its next version too`(mode: Int) async throws {
        let home = try await lockedHome()
        let files = FileManager.default
        // As the kubelet lays it out: a folder that anybody may write, a dated one, a link to that, a link to the file.
        let mount = home.folder("secrets")
        try files.createDirectory(atPath: mount + "/..2026_11_23", withIntermediateDirectories: true)
        try files.setAttributes([.posixPermissions: 0o1777], ofItemAtPath: mount)
        try home.folder.write(try home.folder.read("key"), to: "secrets/..2026_11_23/isogeo-vault.key", mode: mode)
        try files.createSymbolicLink(atPath: mount + "/..data", withDestinationPath: "..2026_11_23")
        let path = mount + "/isogeo-vault.key"
        try files.createSymbolicLink(atPath: path, withDestinationPath: "..data/isogeo-vault.key")

        try await home.run("list", "--shared-key-file", path).expectSuccess()
        try await home.run("list", with: ["ISOGEO_VAULT_SHARED_KEY_FILE": path]).expectSuccess()
        try await home.run("list", with: ["CREDENTIALS_DIRECTORY": mount]).expectSuccess()
        // The way that isn't meant says which one is.
        try await home.run("list", with: ["ISOGEO_VAULT_KEY_FILE": path]).expectFailure(
            78,
            "\(path) is a symbolic link.",
            "Give the path of the file that it leads to. A container's secret: --shared-key-file, or its variable "
                + "ISOGEO_VAULT_SHARED_KEY_FILE."
        )
        try files.createDirectory(atPath: mount + "/..2026_11_24", withIntermediateDirectories: true)
        try home.folder.write(
            String(repeating: "0", count: 64),
            to: "secrets/..2026_11_24/isogeo-vault.key",
            mode: mode
        )
        try files.removeItem(atPath: mount + "/..data")
        try files.createSymbolicLink(atPath: mount + "/..data", withDestinationPath: "..2026_11_24")
        #expect(try await home.run("list", "--shared-key-file", path).exitCode == 77)
    }

    @Test func `a passphrase is lent as a key file is`() async throws {
        let passphrase = Canary()
        let home = try Home()
        let own = try home.folder.write(passphrase.text, to: "own")
        let made = try await home.run("import", try home.writeFile(), "--passphrase-file", own)
        try #require(made.exitCode == 0, "\(made)")
        let lent = try home.folder.write(passphrase.text + "\n", to: "lent", mode: 0o444)
        try await home.run("list", "--shared-passphrase-file", lent).expectSuccess()
        try await home.run("list", with: ["ISOGEO_VAULT_SHARED_PASSPHRASE_FILE": lent]).expectSuccess()
        let refused = try await home.run("list", "--passphrase-file", lent)
        #expect(refused.exitCode == 78 && refused.errorText.contains("(mode 0444)"), "\(refused)")
        let open = try home.folder.write(passphrase.text, to: "open", mode: 0o464)
        #expect(try await home.run("list", "--shared-passphrase-file", open).exitCode == 78)
    }

    // MARK: - Another user's, as root gives them

    private static let user = 54321
    private static let group = 54322

    /// Whose key it is, and how the service finds it.
    enum Shape: String, CaseIterable, Sendable {
        /// Docker's and Podman's secrets: root's, for all to read.
        case docker
        /// Kubernetes with `fsGroup`: root's and the group's.
        case kubernetes
        /// systemd's credentials: root's, with an ACL for the service's user.
        case systemd
    }

    /// A home of a service's user, with a vault, and a folder for keys that root shares.
    private struct Service {
        let root: TemporaryDirectory
        var environment = Command.plainEnvironment

        init() async throws {
            // Where the other user can get to.
            root = try TemporaryDirectory(in: "/tmp")
            try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: root.path)
            for name in ["home", "keys"] {
                try FileManager.default.createDirectory(atPath: root(name), withIntermediateDirectories: false)
            }
            let client = Home.Client()
            let file = try root.write(client.file(tokenURI: "http://localhost:9/token"), to: "home/c.json")
            for path in [root("home"), file] {
                try #require(unsafe chown(path, uid_t(user), gid_t(user)) == 0)
            }
            environment["HOME"] = root("home")
            let made = try await run("import", file, "--protect", "key-file=\(root("home/key"))", "-q")
            try #require(made.exitCode == 0, "\(made)")
            try FileManager.default.moveItem(atPath: root("home/key"), toPath: root("keys/isogeo-vault.key"))
            try #require(unsafe chown(key, 0, 0) == 0)
        }

        var key: String { root("keys/isogeo-vault.key") }

        func run(_ arguments: String..., as user: Int = user, with variables: [String: String] = [:]) async throws
            -> ProcessReport
        {
            let identity = ["--reuid", "\(user)", "--regid", "\(user)", "--groups", "\(group)"]
            let program = [try #require(TestPaths.binary)] + arguments
            return try await Command(
                "setpriv",
                identity + program,
                environment: environment.merging(variables) { $1 },
                folder: "/"
            ).run()
        }

        func setMode(_ mode: Int, _ path: String) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }

        /// Lets the user read a file or enter a folder, as setfacl(1) would (acl(5)).
        func allow(_ permission: Int, _ path: String) async throws {
            let script = """
                import os, struct, sys
                path, bits, user = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
                nobody = 0xffffffff
                entries = [(1, bits, nobody), (2, bits, user), (4, 0, nobody), (16, bits, nobody), (32, 0, nobody)]
                value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
                os.setxattr(path, "system.posix_acl_access", value)
                """
            let set = try await Command("python3", ["-c", script, path, "\(permission)", "\(user)"]).run()
            try #require(set.exitCode == 0, "\(set)")
        }
    }

    @Test(
        .privileged,
        .enabled("no ACL can be set below /tmp") { try await HeadlessTests.canSetACL() },
        arguments: Shape.allCases
    )
    func `root: a service's user reads the key that root lends, and nobody else does`(shape: Shape) async throws {
        let service = try await Service()
        let variables: [String: String]
        switch shape {
        case .docker:
            try service.setMode(0o444, service.key)
            variables = ["ISOGEO_VAULT_SHARED_KEY_FILE": service.key]
        case .kubernetes:
            try service.setMode(0o440, service.key)
            try #require(unsafe chown(service.key, 0, gid_t(Self.group)) == 0)
            variables = ["ISOGEO_VAULT_SHARED_KEY_FILE": service.key]
        case .systemd:
            try service.setMode(0o400, service.key)
            try await service.allow(4, service.key)
            try service.setMode(0o500, service.root("keys"))
            try await service.allow(5, service.root("keys"))
            var status = stat()
            try #require(unsafe stat(service.key, &status) == 0)
            try #require(status.st_mode & 0o777 == 0o440 && status.st_uid == 0 && status.st_gid == 0)
            variables = ["CREDENTIALS_DIRECTORY": service.root("keys")]
        }
        try await service.run("list", with: variables).expectSuccess()
        let doctor = try await service.run("doctor", "--json", with: variables)
        #expect(!doctor.outputText.contains("\(service.key) belongs") && doctor.outputText.contains(service.key))
        // As one's own it isn't one, and the message names the way that is.
        let own = try await service.run("list", with: ["ISOGEO_VAULT_KEY_FILE": service.key])
        #expect(own.exitCode == 78 && own.errorText.contains("ISOGEO_VAULT_SHARED_KEY_FILE"), "\(own)")
        // Who may read it was root's choice; who may write it wasn't left to anybody.
        try service.setMode(0o666, service.key)
        let open = try await service.run("list", "--shared-key-file", service.key)
        #expect(shape == .systemd || open.exitCode == 78, "\(open)")
    }

    @Test(.privileged, .enabled("this machine allows no mounts") { try await HeadlessTests.canMount() })
    func `root: a key of somebody else is taken from a mount that nobody can write, and from there alone`() async throws
    {
        let service = try await Service()
        // Compose and rootless Podman show a file of the host under its owner's number there.
        try #require(unsafe chown(service.key, 12345, 12345) == 0)
        try service.setMode(0o644, service.key)
        let variables = ["ISOGEO_VAULT_SHARED_KEY_FILE": service.key]
        let refused = try await service.run("list", with: variables)
        #expect(refused.exitCode == 78 && refused.errorText.contains("another user (uid 12345)"), "\(refused)")
        let line = """
            mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift &&
            exec setpriv --reuid \(Self.user) --regid \(Self.user) --clear-groups "$@"
            """
        let binary = try #require(TestPaths.binary)
        for arguments in [["list"], ["doctor"]] {
            let mounted = try await Command(
                "unshare",
                ["-m", "sh", "-c", line, "sh", service.root("keys"), binary] + arguments,
                environment: service.environment.merging(variables) { $1 }
            ).run()
            #expect(arguments == ["doctor"] || mounted.exitCode == 0, "\(mounted)")
            #expect(!mounted.outputText.contains("another user"), "\(mounted)")
        }
    }

    @Test(
        .privileged,
        .enabled("no systemd-creds, or mounting isn't allowed") { try await HeadlessTests.canEncryptCredentials() }
    )
    func `root: a key that systemd-creds encrypted is the key when it is decrypted`() async throws {
        let service = try await Service()
        try service.setMode(0o600, service.key)
        // This machine's own secret for credentials is neither made nor read: another folder lies over its place.
        let line = """
            set -e
            mount -t tmpfs none /var/lib/systemd
            systemd-creds encrypt --with-key=host --name=isogeo-vault.key "$1/isogeo-vault.key" "$1/sealed"
            rm "$1/isogeo-vault.key"
            ! grep -q "$2" "$1/sealed"
            systemd-creds decrypt --name=isogeo-vault.key "$1/sealed" "$1/isogeo-vault.key"
            """
        let digits = String(decoding: try service.root.read("keys/isogeo-vault.key"), as: UTF8.self)
        let report = try await Command(
            "unshare",
            ["-m", "sh", "-c", line, "sh", service.root("keys"), digits]
        ).run()
        try #require(report.exitCode == 0, "\(report)")
        try service.setMode(0o444, service.key)
        try await service.run("list", with: ["CREDENTIALS_DIRECTORY": service.root("keys")]).expectSuccess()
    }

    private static func canSetACL() async throws -> Bool {
        let folder = try TemporaryDirectory(in: "/tmp")
        let script = """
            import os, struct, sys
            value = struct.pack("<I", 2) + b"".join(
                struct.pack("<HHI", *e) for e in [(1, 7, 2**32 - 1), (4, 0, 2**32 - 1), (32, 0, 2**32 - 1)])
            os.setxattr(sys.argv[1], "system.posix_acl_access", value)
            """
        return try await Command("python3", ["-c", script, folder.path]).run().exitCode == 0
    }

    private static func canMount() async throws -> Bool {
        try await Command("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/tmp"]).run().exitCode == 0
    }

    private static func canEncryptCredentials() async throws -> Bool {
        let line = "command -v systemd-creds && mount -t tmpfs none /var/lib/systemd"
        return try await Command("unshare", ["-m", "sh", "-c", line]).run().exitCode == 0
    }

    // MARK: - The environment

    @Test(.privileged) func `root: a passphrase in the environment is gone from it, also where another way is named`()
        async throws
    {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        let passphrase = Canary()
        let process = try home.command(["token"], ["ISOGEO_VAULT_PASSPHRASE": passphrase.text]).start()
        #expect(try await server.waitForRequests(1))
        let environment = try Data(contentsOf: URL(filePath: "/proc/\(process.pid)/environ"))
        #expect(environment.firstRange(of: Data("ISOGEO_VAULT_PASSPHRASE=".utf8)) != nil)
        let search = try MemorySearch(of: process.pid, for: [.init("the passphrase", passphrase.bytes)])
        #expect(search.bytesRead > 1 << 20)
        for hit in search.hitsOutsideLockedMemory { Issue.record("\(hit)") }
        try server.release()
        #expect(try await process.outcome().exitCode == 0)
    }
}
