import Foundation
import Testing
import VaultTestSupport

/// Volumes as containers get them: their owners, groups, modes and mounts, made by root and used by a user without a
/// name.
@Suite(.serialized, .needsBinary, .privileged, .enabled("no mount can be made here") { try await Pod.canMount() })
struct ContainerPlaceTests {
    /// Refused for what the volume's owner, root, lets others do.
    private static func shared(_ folder: String, _ mode: String, sticky: String, closed: String) -> (String, String) {
        (
            "Others may write in the folder \(folder), which belongs to root (mode \(mode)).",
            "Name a place in a folder of yours, or have the volume mounted read-only; or its owner, root, gives it mode "
                + "\(sticky) (for a folder of yours in it) or \(closed)."
        )
    }

    @Test(arguments: [0o755, 0o750, 0o2750, 0o1755])
    func `root: a vault of ours in a folder that root alone may write is read there`(mode: Int) async throws {
        let pod = try await Pod()
        try pod.moveVault(toVolume: mode, owner: 0)
        try await pod.run("list").expectSuccess()
        let token = try await pod.run("token")
        #expect(token.exitCode == 0 && token.output.count == 65, "\(token)")
        #expect(token.errorText.contains("The vault at \(pod.vault) is read-only: the token isn't kept."), "\(token)")
        #expect(try await pod.findings().isEmpty)
        let changed = try await pod.run("rename", "atlas", "b")
        #expect(changed.exitCode == 74 && changed.errorText.contains("can be read but not written"), "\(changed)")
    }

    @Test func `root: no vault is made in a folder of root's`() async throws {
        let pod = try await Pod()
        try pod.makeVolume(0o755, owner: 0)
        try await pod.run("import", "-q", pod.file, "--key-file", pod.key).expectFailure(
            78,
            "The folder \(pod.volume) belongs to another user (uid 0).",
            "Name a place that belongs to you, or copy the vault there."
        )
        let below = pod.volume + "/below"
        try await pod.run("import", "-q", pod.file, "--vault", below + "/vault.db", "--key-file", pod.key)
            .expectFailure(
                78,
                "\(below): making the folder failed (Permission denied).",
                "Name a place in a folder of yours, or give yourself access to it."
            )
        #expect(try FileManager.default.contentsOfDirectory(atPath: pod.volume).isEmpty)
        // Where the whole of the container's files is read-only.
        try pod.setOwner(Pod.user, 0o700, pod.volume)
        try await pod.run(
            ["import", "-q", pod.file, "--vault", below + "/vault.db", "--key-file", pod.key],
            readOnly: true
        )
        .expectFailure(
            74,
            "\(below): making the folder failed (Read-only file system).",
            "Name a place that can be written."
        )
    }

    /// An `emptyDir` has 0777; with `fsGroup`, as another volume has it, 2777 and 2775.
    @Test(arguments: [
        ("0777", 0o777, "1777", "0755"), ("2777", 0o2777, "3777", "2755"), ("2775", 0o2775, "3775", "2755"),
    ])
    func `root: a volume that a group may write is refused, above a folder of ours too, and nobody is told to chmod`(
        mode: (text: String, number: Int, sticky: String, closed: String)
    ) async throws {
        let pod = try await Pod()
        try pod.moveVault(toVolume: mode.number, owner: 0)
        let (sentence, remedy) = Self.shared(pod.volume, mode.text, sticky: mode.sticky, closed: mode.closed)
        try await pod.run("token").expectFailure(78, sentence, remedy)
        let doctor = try await pod.run("doctor", "--fix")
        #expect(doctor.outputText.contains(remedy) && !doctor.outputText.contains("fixed"), "\(doctor)")
        #expect(try pod.mode(of: pod.volume) == mode.number)

        let below = pod.volume + "/isogeo/vault.db"
        let made = ["import", "-q", pod.file, "--vault", below, "--key-file", pod.key]
        try await pod.run(made).expectFailure(78, sentence, remedy)
        // What the remedy asks root for does it: nobody else can exchange a folder in a sticky one.
        try pod.setMode(mode.number | 0o1000, pod.volume)
        try await pod.run(made).expectSuccess()
        try await pod.run("list", "--vault", below).expectSuccess()
        #expect(try pod.mode(of: pod.volume + "/isogeo") == 0o700 | mode.number & 0o2000)
        let inItself = try await pod.run("token")
        #expect(
            inItself.exitCode == 78 && inItself.errorText.contains("Make a folder of your own in it"),
            "\(inItself)"
        )
        try pod.setMode(try #require(Int(mode.closed, radix: 8)), pod.volume)
        try await pod.run("list").expectSuccess()
    }

    @Test func `root: a folder that was given to us may have any group that only looks into it`() async throws {
        let pod = try await Pod()
        // What an init container does: chown to the user, chmod 0700; fsGroup may have left the group.
        try pod.moveVault(toVolume: 0o2750, owner: Pod.user)
        let first = try await pod.run("token")
        try await pod.run("token").expectSuccess(first.outputText)
        // The next mount with fsGroup and without OnRootMismatch opens all of it to the group; it is ours to close.
        try pod.setMode(0o2770, pod.volume)
        try await pod.run("token").expectFailure(
            78,
            "Others may write in the folder \(pod.volume) (mode 2770).",
            "chmod go-w \(pod.volume)"
        )
        try pod.setMode(0o2750, pod.volume)
        try pod.setMode(0o660, pod.vault)
        try await pod.run("token").expectFailure(
            78,
            "\(pod.vault) is open to others (mode 0660).",
            "chmod 600 \(pod.vault)"
        )
    }

    @Test(arguments: [(0, 0o2775), (0, 0o777), (0, 0o1777), (12345, 0o755), (12345, 0o777)])
    func `root: on a read-only mount the folders may be anybody's, and the vault is ours`(owner: Int, mode: Int)
        async throws
    {
        let pod = try await Pod()
        try pod.moveVault(toVolume: 0o755, owner: 0)
        for path in [pod.volume, pod.volume + "/above"] { try pod.setOwner(owner, mode, path) }
        let below = pod.volume + "/above/ours/vault.db"
        for path in [pod.vault, below] {
            // In a sticky folder of root's ours is safe anyway.
            let isSafe = path == below && mode == 0o1777
            #expect(try await pod.run("list", "--vault", path).exitCode == (isSafe ? 0 : 78))
            try await pod.run("list", "--vault", path, readOnly: true).expectSuccess()
            #expect(try await pod.findings("--vault", path, readOnly: true).isEmpty)
        }
        let token = try await pod.run("token", readOnly: true)
        #expect(token.exitCode == 0 && token.output.count == 65, "\(token)")
        // A vault that can be written, by a mount of its own below, isn't safe: the way to it can be diverted.
        if mode != 0o1777 {
            let writable = try await pod.run(["list", "--vault", below], readOnly: true, homeBelow: true)
            #expect(writable.exitCode == 78 && writable.errorText.contains(" folder \(pod.volume)"), "\(writable)")
        }
        // The file itself must be ours there, too.
        try pod.setOwner(12345, 0o644, pod.vault)
        try await pod.run("list", readOnly: true).expectFailure(
            78,
            "\(pod.vault) belongs to another user (uid 12345).",
            "Name a place that belongs to you, or copy the vault there."
        )
    }

    @Test func `root: a journal that was left on a read-only mount is told, and nothing is undone`() async throws {
        let pod = try await Pod()
        try pod.moveVault(toVolume: 0o777, owner: 0)
        // The beginning of a journal that isn't empty: its magic number, and one record.
        let magic: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7, 0, 0, 0, 1]
        try Data(magic + [UInt8](repeating: 0, count: 4096)).write(to: URL(filePath: pod.vault + "-journal"))
        try pod.setOwner(Pod.user, 0o600, pod.vault + "-journal")
        let before = FileManager.default.contents(atPath: pod.vault)
        try await pod.run("list", readOnly: true).expectFailure(
            74,
            "A write to \(pod.vault) was interrupted, and can't be undone where it is read-only.",
            "Open it once where it can be written."
        )
        #expect(FileManager.default.contents(atPath: pod.vault) == before)
        #expect(FileManager.default.fileExists(atPath: pod.vault + "-journal"))
        // Another user's is refused.
        try pod.setOwner(12345, 0o600, pod.vault + "-journal")
        #expect(try await pod.run("list", readOnly: true).exitCode == 78)
    }

    /// As the kubelet gives a Secret, and what is refused of it.
    @Test func `root: a key of a Secret is read as fsGroup gives it, and a remedy asks nobody for a chmod`()
        async throws
    {
        let pod = try await Pod()
        try pod.moveVault(toVolume: 0o700, owner: Pod.user)
        let (secrets, dated) = (pod.root("secrets"), pod.root("secrets/..2026_11_28"))
        try FileManager.default.createDirectory(atPath: dated, withIntermediateDirectories: true)
        let key = dated + "/isogeo-vault.key"
        try FileManager.default.moveItem(atPath: pod.key, toPath: key)
        try FileManager.default.createSymbolicLink(atPath: secrets + "/..data", withDestinationPath: "..2026_11_28")
        let path = secrets + "/isogeo-vault.key"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "..data/isogeo-vault.key")
        try pod.setOwner(0, 0o3777, secrets)
        try pod.setOwner(0, 0o2755, dated)
        let named = ["list", "--shared-key-file", path]
        for mode in [0o440, 0o444, 0o644] {
            try pod.setOwner(0, mode, key)
            try await pod.run(named).expectSuccess()
        }
        // defaultMode 0400 without fsGroup.
        try pod.setOwner(0, 0o400, key)
        let closed = try await pod.run(named)
        #expect(closed.exitCode == 77 && closed.errorText.contains("can't be read: Permission denied."), "\(closed)")
        try pod.setOwner(0, 0o664, key)
        try await pod.run(named).expectFailure(
            78,
            "Others may write \(path), which belongs to root (mode 0664).",
            "A shared file may be read by others, and written by its owner alone: it needs mode 0644 from root, or a "
                + "read-only mount."
        )
        // Compose's on a mount that can be written.
        try pod.setOwner(12345, 0o644, key)
        try await pod.run(named).expectFailure(
            78,
            "\(path) belongs to another user (uid 12345).",
            "Make it your own: sudo chown \"$(id -u)\" '\(path)'. On a read-only mount it may be another user's: "
                + "--shared-key-file, or its variable ISOGEO_VAULT_SHARED_KEY_FILE."
        )
    }
}

/// A container's files: a home of a user that no database names, a vault there, and a volume.
private struct Pod {
    static let user = 54321
    static let group = 54322

    let root: TemporaryDirectory
    let client = Home.Client()
    private var environment = Command.plainEnvironment

    /// Makes home and vault, which is opened by a key file.
    init() async throws {
        // Where the other user can get to.
        root = try TemporaryDirectory(in: "/tmp")
        try setMode(0o711, root.path)
        try FileManager.default.createDirectory(atPath: root("home"), withIntermediateDirectories: false)
        let server = try await TokenServer.shared.value
        try root.write(client.file(tokenURI: server.url), to: "home/atlas.json")
        for path in [root("home"), file] { try setOwner(Self.user, 0o700, path) }
        environment["HOME"] = root("home")
        environment["ISOGEO_VAULT"] = root("home/vault.db")
        let made = try await run("import", file, "--protect", "key-file=\(key)", "--name", "atlas", "-q")
        try #require(made.exitCode == 0, "\(made)")
        environment["ISOGEO_VAULT"] = vault
        environment["ISOGEO_VAULT_KEY_FILE"] = key
    }

    var key: String { root("home/key") }
    var file: String { root("home/atlas.json") }
    var volume: String { root("data") }
    /// The vault's place in the volume.
    var vault: String { volume + "/vault.db" }

    /// Makes the volume, of a group that the user is in.
    func makeVolume(_ mode: Int, owner: Int) throws {
        try FileManager.default.createDirectory(atPath: volume, withIntermediateDirectories: false)
        try setOwner(owner, mode, volume)
    }

    /// Makes the volume, and puts the vault into it and into a folder of the user's two steps below.
    func moveVault(toVolume mode: Int, owner: Int) throws {
        try makeVolume(mode, owner: owner)
        let ours = volume + "/above/ours"
        try FileManager.default.createDirectory(atPath: ours, withIntermediateDirectories: true)
        try setOwner(0, 0o755, volume + "/above")
        try setOwner(Self.user, 0o700, ours)
        for path in [vault, ours + "/vault.db"] {
            try FileManager.default.copyItem(atPath: root("home/vault.db"), toPath: path)
            try setOwner(Self.user, 0o600, path)
        }
    }

    func setOwner(_ owner: Int, _ mode: Int, _ path: String) throws {
        try #require(unsafe chown(path, uid_t(owner), gid_t(Self.group)) == 0)
        try setMode(mode, path)
    }

    func setMode(_ mode: Int, _ path: String) throws { try #require(unsafe chmod(path, mode_t(mode)) == 0) }

    func mode(of path: String) throws -> Int {
        var status = stat()
        try #require(unsafe stat(path, &status) == 0)
        return Int(status.st_mode & 0o7777)
    }

    func run(_ arguments: String..., readOnly: Bool = false) async throws -> ProcessReport {
        try await run(arguments, readOnly: readOnly)
    }

    /// Runs the command as the user; in a mount namespace in which the volume is read-only, if that is wanted, and the
    /// home lies below it, writable.
    func run(_ arguments: [String], readOnly: Bool = false, homeBelow: Bool = false) async throws -> ProcessReport {
        let below = homeBelow ? #"mount --bind "$1/../home" "$1/above/ours" &&"# : ""
        let mount = #"mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && \#(below) shift && exec "$@""#
        let identity = ["--reuid", "\(Self.user)", "--regid", "\(Self.user)", "--groups", "\(Self.group)"]
        let call = identity + [try #require(TestPaths.binary)] + arguments
        let report = try await Command(
            readOnly ? "unshare" : "setpriv",
            readOnly ? ["-m", "sh", "-c", mount, "sh", volume, "setpriv"] + call : call,
            environment: environment,
            folder: "/"
        ).run()
        client.secret.expectAbsent(in: report)
        return report
    }

    /// What doctor finds about the vault's place.
    func findings(_ arguments: String..., readOnly: Bool = false) async throws -> [String] {
        let report = try await run(["doctor", "--json"] + arguments, readOnly: readOnly)
        let checks = try #require(try report.json["checks"] as? [[String: Any]], "\(report)")
        return checks.filter { $0["check"] as? String == "vault" && $0["level"] as? String == "finding" }
            .compactMap { $0["sentence"] as? String }
    }

    static func canMount() async throws -> Bool {
        try await Command("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/tmp"]).run().exitCode == 0
    }
}
