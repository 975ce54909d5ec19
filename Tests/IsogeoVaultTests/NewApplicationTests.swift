import Foundation
import Testing
import VaultCrypto
import VaultOAuth
import VaultTestSupport

@testable import IsogeoVault

/// What is refused before it is in a vault.
@Suite struct NewApplicationTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    /// As small as one can be.
    private static let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"

    private func error(_ path: String, _ options: NewApplication.Options = .init()) -> VaultError? {
        do throws(VaultError) {
            _ = try NewApplication(clientSecrets: path, options)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the file of Isogeo's page is read as it is`() throws {
        let application = try NewApplication(clientSecrets: TestPaths.fixture("client_secrets.json"))
        #expect(application.name.description == "python-minimalist-sdk-test")
        #expect(application.tokenOrigin == "https://id.api.isogeo.com")
        // Its id is made up, and looks so. A checkout may be open to others.
        let warnings = application.warnings.filter { $0 != application.exposure }
        #expect(warnings.count == 1 && warnings[0].contains("client_id"))
    }

    @Test(
        arguments: [
            (0o755, 0o644, true), (0o755, 0o640, true), (0o755, 0o604, true), (0o711, 0o644, true),
            (0o750, 0o640, true),
            (0o710, 0o644, true), (0o755, 0o600, false), (0o755, 0o622, true), (0o755, 0o620, true),
            (0o755, 0o602, true), (0o700, 0o622, false), (0o700, 0o644, false),
            (0o710, 0o604, false),
        ] as [(mode_t, Int, Bool)]
    )
    func `a file that is open to others is warned of, unless a folder on the way is closed`(
        folder: mode_t,
        mode: Int,
        isOpen: Bool
    ) throws {
        // On the way to it nothing else is closed.
        let place = try TemporaryDirectory(in: "/tmp")
        try #require(unsafe chmod(place.path, folder) == 0)
        let content = try Data(contentsOf: URL(filePath: world.clientSecrets(secret: "s")))
        let file = try place.write(content, to: "it's.json", mode: mode)
        let application = try NewApplication(clientSecrets: file)
        let octal = String(mode, radix: 8)
        let sentence =
            "\(file) is open to others (mode 0\(octal)). They may have its secret: if so, only a new one from "
            + "Isogeo helps. Delete it once the vault has it: shred -u "
            + "'\(place.path)/it'\\''s.json'; or close it: chmod 600 '\(place.path)/it'\\''s.json'."
        #expect(application.exposure == (isOpen ? sentence : nil))
        #expect(application.warnings.contains(sentence) == isOpen)
    }

    @Test func `what stands beside the file is taken from the options`() throws {
        var options = NewApplication.Options()
        options.name = try .named("mine")
        options.tokenURI = "https://qa.example:8443/token"
        options.basicEncoding = .form
        options.caFile = try world.folder.write("# ours\n\(Self.pem)", to: "ca.pem", mode: 0o644)
        let application = try NewApplication(clientSecrets: world.clientSecrets(id: "a:b", secret: "a b"), options)
        #expect(application.name.description == "mine" && application.tokenOrigin == "https://qa.example:8443")
        let metadata = application.metadata(now: 5)
        #expect(metadata.caFile == world.folder("ca.pem") && metadata.encoding == .form)
        #expect(metadata.certificates?.content == Array(Self.pem.utf8))
        #expect(metadata.created == 5 && metadata.credentialWritten == 5 && metadata.credential.count == 16)
        #expect(application.metadata(now: 5).credential != metadata.credential)
    }

    @Test func `an id or secret that servers read in two ways is warned of`() throws {
        let application = try NewApplication(clientSecrets: world.clientSecrets(secret: "50% + 1"))
        #expect(application.warnings.count == 1 && application.warnings[0].contains("--basic-encoding form"))
    }

    @Test func `what can't be used is refused at the import`() throws {
        #expect(error(world.folder("missing"))?.code == .inputOutput)
        #expect(error(try world.folder.write("not JSON", to: "x"))?.code == .inputNotAcceptable)
        #expect(error(try world.clientSecrets(id: "a:b", secret: "s"))?.code == .inputNotAcceptable)
        #expect(
            error(try world.clientSecrets(secret: "s", tokenURI: "http://id.example/"))?.code == .inputNotAcceptable
        )
        let long = String(repeating: "a", count: 200)
        #expect(error(try world.clientSecrets(id: long, secret: "s"))?.code == .usage)
        var options = NewApplication.Options()
        let missing = world.folder("missing.pem")
        options.caFile = missing
        let refused = error(try world.clientSecrets(secret: "s"), options)
        #expect(refused?.code == .configuration && refused?.sentence.contains(missing) == true)
    }

    @Test func `certificates that aren't any, or that others may write, are refused`() throws {
        let file = try world.clientSecrets(secret: "s")
        for (path, word) in [
            (try world.folder.write("{}", to: "other.json"), "holds no certificate"),
            (try world.folder.write(Self.pem, to: "group.pem", mode: 0o664), "(mode 0664)"),
            (try world.folder.write(Self.pem, to: "all.pem", mode: 0o646), "(mode 0646)"),
            (world.folder.path, "is a folder"), ("/dev/null", "is not a regular file"),
        ] {
            var options = NewApplication.Options()
            options.caFile = path
            let refused = error(file, options)
            #expect(refused?.code == .configuration && refused?.sentence.contains(word) == true, "\(path)")
        }
    }

    @Test(arguments: [
        "at\u{202E}sal", "at\u{2066}las", "at\u{200B}las", "\u{FEFF}atlas", "at\u{2028}las", "at\u{AD}las",
        "atlas ", " atlas", "at  las", "atlas\u{A0}", "at\u{2003}las", "atlas\u{FE0F}", "at\u{200C}las",
        "atlas\u{200D}",
        "\u{3164}", "at\u{2800}las", "at\u{E0061}las", "at\u{34F}las",
    ])
    func `a name that could look like another one is read and never given`(_ text: String) async throws {
        let name = try ApplicationName.named(text)
        var options = NewApplication.Options()
        options.name = name
        #expect(error(try world.clientSecrets(secret: "s"), options)?.code == .usage)
        // What is in a vault already can get a new secret.
        options.hasKnownName = true
        #expect(error(try world.clientSecrets(secret: "s"), options) == nil)
        let vault = try await world.makeVault()
        await #expect(throws: VaultError.self) { try await vault.rename(.named("catalogue"), to: name) }
    }

    @Test(arguments: ["\u{646}\u{200C}\u{645}", "\u{915}\u{94D}\u{200D}\u{937}", "a b c", "é", "日本語", "🗺"])
    func `a name that looks as it is written is given`(_ text: String) throws {
        #expect(try ApplicationName.named(text).misleadingCharacter == nil)
        #expect(try ApplicationName.named("atlas\u{A0}").misleadingCharacter == .init("\u{A0}", at: 6))
    }

    @Test func `spaces around an id make no name with spaces`() {
        #expect(ApplicationName(suggestedBy: " atlas ")?.description == "atlas")
    }

    @Test func `no refusal tells the secret`() throws {
        let canary = Canary()
        let paths = [
            try world.folder.write(#"{"web":{"client_id":"a","client_secret":"\#(canary.text)"#, to: "cut off"),
            try world.clientSecrets(id: "a:b", secret: canary.text),
            try world.clientSecrets(id: "a", secret: canary.text, tokenURI: "http://id.example/"),
            try world.clientSecrets(id: "a", secret: canary.text + "\n"),
        ]
        for path in paths {
            let refusal = try #require(error(path))
            canary.expectAbsent(in: "\(refusal)".utf8, named: "a refusal")
        }
    }
}
