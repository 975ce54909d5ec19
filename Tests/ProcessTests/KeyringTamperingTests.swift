import Foundation
import Testing
import VaultTestSupport

/// What another program of the same user can do to a keyring, or what an odd keyring does by itself.
@Suite(.serialized, .needsBinary)
struct KeyringTamperingTests {
    private static let memoryOnly =
        "The desktop keyring's default collection is kept in memory alone, and ends with the session."
    private static let inClear = "The desktop keyring has no password: its file is in clear."
    private static let change =
        "Open the vault by another key (--recovery, --passphrase-file, --key-file), and then put a new key into the "
        + "keyring: isogeo-vault key change keyring keyring."

    /// A home with a vault that a keyring opens, and that keyring.
    private func made(_ plain: Home) async throws -> (Home, DesktopKeyring) {
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        let made = try await home.run("import", "-q", try home.writeFile())
        try #require(made.exitCode == 0, "\(made)")
        return (home, keyring)
    }

    @Test(.needsKeyring, .needsPythonOnBus) func `no key goes into a collection that ends with the session`()
        async throws
    {
        let plain = try Home()
        let (home, keyring) = try await made(plain)
        try await home.makeDefault("session")
        let elsewhere = home.folder("other/vault.db")
        let explicit = try await home.run(
            "import",
            try home.writeFile(),
            "-q",
            "--protect",
            "keyring",
            "--vault",
            elsewhere
        )
        let remedy = "Make one that lasts the default (Passwords and Keys), or use another key, such as a key file."
        explicit.expectFailure(69, Self.memoryOnly, remedy)
        let automatic = try await home.run("import", try home.writeFile(), "-q", "--vault", elsewhere)
        #expect(automatic.exitCode == 64 && automatic.errorText.contains(Self.memoryOnly), "\(automatic)")
        #expect(!home.exists(elsewhere))
        try await home.run("rekey", "-q").expectFailure(69, Self.memoryOnly, remedy)
        #expect(try await home.run("doctor").outputText.contains(Self.memoryOnly))
        #expect(try await home.items(in: "session") == 0)
        // What is there already is as good as before, and stays so.
        try await home.run("list", "-q").expectSuccess()
        try await keyring.stop()
        let again = try await plain.startKeyring(.unlocked)
        try await plain.on(again).run("list", "-q").expectSuccess()
        try await again.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus) func `rekey leaves no key in clear that had a password before`()
        async throws
    {
        let plain = try Home()
        // A second collection, as GNOME makes one where the password is left empty.
        try FileManager.default.createDirectory(
            atPath: plain.folder("share/keyrings"),
            withIntermediateDirectories: true
        )
        try plain.folder.write(
            "[keyring]\ndisplay-name=Open\nctime=1\nmtime=1\nlock-on-idle=false\nlock-after=false\n",
            to: "share/keyrings/open.keyring"
        )
        let (home, keyring) = try await made(plain)
        try await home.makeDefault("open")
        let refused = try await home.run("rekey", "-q")
        #expect(refused.exitCode == 78 && refused.errorText.contains(Self.inClear), "\(refused)")
        let file = String(decoding: try plain.folder.read("share/keyrings/open.keyring"), as: UTF8.self)
        #expect(!file.contains("isogeo"))
        try await home.run("list", "-q").expectSuccess()
        #expect(try await home.items() == 1)
        // What was accepted once is accepted still.
        #expect(try await home.run("key", "change", "keyring", "keyring").exitCode == 0)
        #expect(try await home.items(in: "open") == 1)
        #expect(try await home.run("rekey", "-q").exitCode == 0)
        #expect(try await home.items(in: "open") == 1)
        try await home.run("list", "-q").expectSuccess()
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `rekey says that the keyring opens no backup from before`() async throws {
        let (home, keyring) = try await made(try Home())
        let report = try await home.run("rekey")
        #expect(report.exitCode == 0, "\(report)")
        let said = "Older backups no longer open by the desktop keyring: their key was deleted from it."
        #expect(report.errorText.components(separatedBy: said).count == 2, "\(report)")
        #expect(try await home.items() == 1)
        try await keyring.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus) func `an item that was put beside the real one hides it from nobody`()
        async throws
    {
        let plain = try await Home.withVault()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        #expect(try await home.run("key", "add", "keyring").exitCode == 0)
        try await home.tamper("twins", String(repeating: "5a", count: 32))
        let planted = try await home.items()
        #expect(planted > 1)
        try await home.run("list", "-q", with: ["ISOGEO_VAULT_KEY_FILE": nil]).expectSuccess()
        try await home.run("key", "remove", "keyring", "-q").expectSuccess()
        #expect(try await home.items() == 0)
        try await keyring.stop()
    }

    @Test(
        .needsKeyring,
        .needsPythonOnBus,
        arguments: [
            ("5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", false), ("", true), ("5a", true),
            (String(repeating: "zz", count: 32), true),
        ]
    )
    func `a key of something else, and nonsense, are told as that`(_ text: String, _ isNonsense: Bool) async throws {
        let (home, keyring) = try await made(try Home())
        try await home.tamper("instead", text)
        try await home.run("list").expectFailure(
            77,
            isNonsense
                ? "What the desktop keyring has for this vault is no key."
                : "The key that the desktop keyring has for this vault doesn't open it.",
            Self.change
        )
        try await keyring.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus)
    func `what is wrong with our item is told, and not that another's isn't here`()
        async throws
    {
        let plain = try await Home.withVault()
        let folder = try TemporaryDirectory()
        let other = try await DesktopKeyring(.unlocked, home: folder.path)
        #expect(try await plain.on(other).run("key", "add", "keyring", "-q").exitCode == 0)
        try await other.stop()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        #expect(try await home.run("key", "add", "keyring", "-q").exitCode == 0)
        try await home.tamper("instead", "nonsense")
        try await home.run("list", with: ["ISOGEO_VAULT_KEY_FILE": nil])
            .expectFailure(77, "What the desktop keyring has for this vault is no key.", Self.change)
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `where the keyring's file isn't seen, it is taken on an explicit word alone`()
        async throws
    {
        let plain = try Home()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        let (file, vault) = (try home.writeFile(), home.folder("v/vault.db"))
        let elsewhere: [String: String?] = ["HOME": home.folder("run"), "XDG_DATA_HOME": home.folder("run/share")]
        let automatic = try await home.run("import", "-q", file, "--vault", vault, with: elsewhere)
        let unseen = "Whether the desktop keyring has a password can't be seen: its file isn't where it should be."
        #expect(automatic.exitCode == 64 && automatic.errorText.contains(unseen), "\(automatic)")
        #expect(!home.exists(vault))
        let added = try await home.run(
            "import",
            "-q",
            file,
            "--vault",
            vault,
            "--protect",
            "keyring",
            with: elsewhere
        )
        #expect(added.exitCode == 0, "\(added)")
        // The key stays where it was accepted.
        #expect(try await home.run("rekey", "--vault", vault, with: elsewhere).exitCode == 0)
        try await keyring.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus) func `a service that has keys cross the bus in clear gets and gives none`()
        async throws
    {
        let plain = try Home()
        let (home, keyring) = try await made(plain)
        try await keyring.stop()
        let fake = try await plain.startKeyring(.unencryptedTransport)
        let desk = home.on(fake)
        let sentence = "The desktop keyring gives and takes keys in clear over the bus."
        let remedy = "Update or replace it, or use another key, such as a key file."
        try await desk.runSoon("list").expectFailure(69, sentence, remedy)
        let elsewhere = home.folder("other/vault.db")
        try await desk.runSoon("import", try home.writeFile(), "-q", "--protect", "keyring", "--vault", elsewhere)
            .expectFailure(69, sentence, remedy)
        let asked = String(decoding: try home.folder.read("asked"), as: UTF8.self).split(separator: "\n")
        #expect(asked.contains("OpenSession"))
        for method in ["GetSecret", "GetSecrets", "CreateItem"] { #expect(!asked.contains(Substring(method))) }
        try await fake.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus)
    func `many slots don't add up: a slow keyring has its time for all of them`()
        async throws
    {
        let plain = try await Home.withVault()
        // Of as many desktops.
        for _ in 0..<5 {
            let folder = try TemporaryDirectory()
            let keyring = try await DesktopKeyring(.unlocked, home: folder.path)
            #expect(try await plain.on(keyring).run("key", "add", "keyring", "-q").exitCode == 0)
            try await keyring.stop()
        }
        let slow = try await plain.startKeyring(.slow)
        let home = plain.on(slow)
        // Five searches of three seconds each would take longer than all of them may.
        try await home.runSoon("list", with: ["ISOGEO_VAULT_KEY_FILE": nil]).expectFailure(
            69,
            "The desktop keyring doesn't answer.",
            "See whether it hangs, or waits for an answer on another screen; or use another key: --key-file, "
                + "--passphrase-file."
        )
        let asked = String(decoding: try home.folder.read("asked"), as: UTF8.self).split(separator: "\n")
        #expect((1..<5).contains(asked.count { $0 == "SearchItems" }), "\(asked)")
        try await slow.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus) func `the keyring isn't asked for slots that the header doesn't know`()
        async throws
    {
        let plain = try Home()
        let (home, keyring) = try await made(plain)
        try await keyring.stop()
        let columns = "kind, created, parameters, salt, commitment, wrapped_key"
        let planting = "INSERT INTO slot SELECT randomblob(16), \(columns) FROM slot LIMIT 1"
        try await home.edit("for _ in range(4): db.execute('\(planting)')")
        let slow = try await plain.startKeyring(.slow)
        let report = try await home.on(slow).runSoon("list")
        #expect(report.exitCode == 72 && report.errorText.contains("was edited"), "\(report)")
        let asked = String(decoding: try home.folder.read("asked"), as: UTF8.self).split(separator: "\n")
        #expect(asked.filter { $0 == "SearchItems" }.count == 1)
        try await slow.stop()
    }
}
