import Foundation

/// Where the tests find what isn't compiled into them, and why a part of it isn't there.
package enum TestPaths {
    private static let environment = ProcessInfo.processInfo.environment

    /// The checkout that this was built from, or `ISOGEO_VAULT_CHECKOUT` where the tests run on a copy.
    package static let checkout: String =
        environment["ISOGEO_VAULT_CHECKOUT"]
        ?? URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL.path()

    /// The command line under test, `ISOGEO_VAULT_BINARY`; nil skips what needs it.
    package static let binary: String? = environment["ISOGEO_VAULT_BINARY"]

    /// The folder of both its parts, `bin` and `libexec`.
    package static let installed: String? = binary.map {
        URL(filePath: $0).deletingLastPathComponent().deletingLastPathComponent().path()
    }

    /// The part that does everything, and that `binary` becomes for all but a cached token.
    package static let wholeBinary: String? = installed.map { $0 + "libexec/isogeo-vault" }

    /// A Python with isogeo-pysdk, `ISOGEO_VAULT_SDK_PYTHON`; nil skips what needs it.
    package static let sdkPython: String? = environment["ISOGEO_VAULT_SDK_PYTHON"]

    /// Whether there is time for soaks and hundreds of kills: `Scripts/test --long`.
    package static let isLongRun = environment["ISOGEO_VAULT_LONG"] != nil

    /// Test vectors of other projects.
    package static let corpora = environment["ISOGEO_VAULT_CORPORA"] ?? checkout + "/../shared/corpora"

    /// What `Scripts/test` unpacked the test servers to.
    package static let servers = environment["ISOGEO_VAULT_SERVERS"] ?? checkout + "/.build-servers/root"

    /// Where `Scripts/test` put the compiled `Tests/Preloads`.
    package static let preloads: String? = environment["ISOGEO_VAULT_PRELOADS"]

    /// Folders that every user may write, of which the one should lie in memory and the other on a disk.
    package static let (memory, disk) = ("/dev/shm", "/var/tmp")

    /// A file of `Tests/Fixtures`.
    package static func fixture(_ name: String) -> String { checkout + "/Tests/Fixtures/" + name }

    /// A Python with django-oauth-toolkit and Authlib; nil skips what needs them.
    package static let oauthPython: String? = environment["ISOGEO_VAULT_OAUTH_PYTHON"]

    /// Why there is no glewlwyd; nil where it can be started.
    package static let glewlwydMissing: String? =
        environment["ISOGEO_VAULT_SKIP_GLEWLWYD"]
        ?? (FileManager.default.isExecutableFile(atPath: servers + "/usr/bin/glewlwyd")
            ? nil : "glewlwyd was not unpacked; Scripts/test does it")
}
