import Foundation
import Testing
import VaultTestSupport

@Suite(
    .enabled(if: TestPaths.isLongRun, "builds a package of its own; Scripts/test --long does it"),
    .enabled(if: FileManager.default.isWritableFile(atPath: TestPaths.checkout), "the checkout can't be written")
)
struct ExamplesTests {
    @Test func `the examples build, and a program that only uses the library links nothing else for it`() async throws {
        let build = TestPaths.checkout + "/.build-examples"
        // As it was started, since where the toolchain and its caches are is nobody else's business.
        var command = Command(
            "/usr/bin/env",
            ["swift", "build", "--package-path", TestPaths.checkout + "/Examples", "--scratch-path", build],
            environment: ProcessInfo.processInfo.environment
        )
        command.limit = .seconds(900)
        let built = try await command.run()
        try #require(built.exitCode == 0, "\(built)")

        let read = try await Command("readelf", ["-d", build + "/debug/minimal"]).run()
        let libraries = read.outputText.split(separator: "\n").filter { $0.contains("(NEEDED)") }.map(String.init)
        #expect(libraries.contains { $0.contains("libsodium") })
        #expect(libraries.contains { $0.contains("libsqlite3") })
        for unwanted in [
            "libcurl", "libsecret", "libglib", "libgio", "libgobject", "libFoundation.so", "FoundationNetworking",
            "icu",
        ] {
            #expect(!libraries.contains { $0.localizedCaseInsensitiveContains(unwanted) }, "\(libraries)")
        }
    }
}
