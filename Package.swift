// swift-tools-version: 6.2

import PackageDescription

// Warnings are errors where we look (CI, and whoever sets ISOGEO_VAULT_STRICT); elsewhere a newer compiler's
// deprecation must not break an old tag.
let strict = Context.environment["CI"] != nil || Context.environment["ISOGEO_VAULT_STRICT"] != nil

let swiftSettings: [SwiftSetting] =
    [
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let cSettings: [CSetting] =
    // glibc checks the bounds of what the compiler can follow; that takes optimisation.
    [.define("_FORTIFY_SOURCE", to: "3", .when(configuration: .release))]
    + (strict ? [.treatAllWarnings(as: .error)] : [])

// A library logs by whatever the program that uses it has chosen, and swift-log is how Swift programs say that.
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let inMemoryLogging = Target.Dependency.product(name: "InMemoryLogging", package: "swift-log")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "isogeo-vault",
    products: [
        .library(name: "IsogeoVault", targets: ["IsogeoVault"]),
        .library(name: "IsogeoVaultTesting", targets: ["IsogeoVaultTesting"]),
        .executable(name: "isogeo-vault", targets: ["isogeo-vault"]),
        .executable(name: "isogeo-vault-front", targets: ["isogeo-vault-front"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    ],
    targets: [
        // The ground: C, each library known to exactly one floor.
        .systemLibrary(name: "CVaultSodium"),
        .systemLibrary(name: "CVaultSQLite"),
        .target(name: "CVaultCurl", cSettings: cSettings),
        .target(name: "CVaultFront", cSettings: cSettings),
        .target(name: "CVaultLibsecret", cSettings: cSettings),
        .target(name: "CVaultLinux", cSettings: cSettings),
        .target(name: "CVaultWipingFree", cSettings: cSettings),

        // POSIX: the one floor that speaks to the operating system for all above it.
        .target(name: "VaultSystem", dependencies: ["CVaultLinux"]),
        // The floors. VaultKeys, VaultStore and VaultHTTP don't know each other.
        .target(name: "VaultCrypto", dependencies: ["CVaultSodium", "CVaultLinux"]),
        .target(name: "VaultKeys", dependencies: ["VaultSystem", "VaultCrypto", "CVaultLibsecret"]),
        .target(name: "VaultStore", dependencies: ["VaultSystem", "CVaultSQLite"]),
        // What is libcurl's: one request to a server, and what keeps it from an answer.
        .target(name: "VaultHTTP", dependencies: ["VaultSystem", "VaultCrypto", "CVaultCurl"]),
        .target(name: "VaultOAuth", dependencies: ["VaultSystem", "VaultCrypto", "VaultHTTP"]),
        .target(
            name: "IsogeoVault",
            dependencies: [
                "VaultSystem", "VaultCrypto", "VaultKeys", "VaultStore", "VaultHTTP", "VaultOAuth", "CVaultLinux",
                logging,
            ]
        ),
        // For the tests of programs that use the library.
        .target(name: "IsogeoVaultTesting", dependencies: ["IsogeoVault", "VaultSystem", logging]),
        // What both parts of the command read of a call without the argument parser.
        .target(name: "VaultArguments"),
        .target(
            name: "VaultCommands",
            dependencies: ["VaultArguments", "IsogeoVault", "VaultSystem", "VaultCrypto", argumentParser]
        ),
        .executableTarget(
            name: "isogeo-vault",
            dependencies: ["VaultCommands", "IsogeoVault", "CVaultLinux", "CVaultWipingFree"],
            linkerSettings: [.unsafeFlags(["-Xclang-linker", "-static-libgcc"], .when(configuration: .release))]
        ),
        // What is installed as `isogeo-vault`: gives a cached token, and becomes the whole program for anything else.
        .executableTarget(
            name: "isogeo-vault-front",
            dependencies: ["VaultArguments", "IsogeoVault", "VaultSystem", "CVaultFront", "CVaultLinux"],
            // Without shared libraries, and position-independent all the same. Relocations are packed: 1 MiB less to
            // read at each start.
            linkerSettings: [
                .unsafeFlags(
                    ["-static-executable", "-Xclang-linker", "-static-pie", "-Xlinker", "--pack-dyn-relocs=relr"],
                    .when(configuration: .release)
                ),
                .linkedLibrary("m", .when(configuration: .release)),
            ]
        ),

        .target(name: "CVaultTestSupport", path: "Tests/CVaultTestSupport", cSettings: cSettings),
        .target(
            name: "VaultTestSupport",
            dependencies: ["CVaultTestSupport", "VaultCrypto"],
            path: "Tests/VaultTestSupport"
        ),
        .testTarget(
            name: "VaultSystemTests",
            dependencies: ["VaultSystem", "CVaultLinux", "VaultTestSupport", "CVaultTestSupport"]
        ),
        .testTarget(name: "VaultCryptoTests", dependencies: ["VaultCrypto", "VaultTestSupport"]),
        .testTarget(
            name: "VaultKeysTests",
            dependencies: ["VaultKeys", "VaultSystem", "VaultCrypto", "VaultTestSupport"]
        ),
        .testTarget(name: "VaultStoreTests", dependencies: ["VaultStore", "VaultSystem", "VaultTestSupport"]),
        .testTarget(
            name: "VaultHTTPTests",
            dependencies: [
                "VaultHTTP", "VaultSystem", "VaultCrypto", "CVaultCurl", "VaultTestSupport", "CVaultTestSupport",
            ]
        ),
        .testTarget(
            name: "VaultOAuthTests",
            dependencies: [
                "VaultOAuth", "VaultHTTP", "VaultSystem", "VaultCrypto", "VaultTestSupport", "CVaultTestSupport",
            ]
        ),
        .testTarget(
            name: "IsogeoVaultTests",
            dependencies: [
                "IsogeoVault", "VaultSystem", "VaultCrypto", "VaultKeys", "VaultStore", "VaultHTTP", "VaultOAuth",
                "VaultTestSupport",
            ]
        ),
        .testTarget(
            name: "IsogeoVaultTestingTests",
            dependencies: [
                "IsogeoVaultTesting", "IsogeoVault", "VaultHTTP", "VaultOAuth", "VaultCrypto", "VaultTestSupport",
                logging, inMemoryLogging,
            ]
        ),
        .testTarget(
            name: "VaultCommandsTests",
            dependencies: [
                "VaultCommands", "VaultArguments", "IsogeoVaultTesting", "IsogeoVault", "VaultSystem",
                "VaultTestSupport", argumentParser,
            ]
        ),
        .testTarget(
            name: "ProcessTests",
            dependencies: ["IsogeoVault", "VaultCrypto", "VaultTestSupport", "CVaultTestSupport"]
        ),
    ]
)

for target in package.targets where target.type != .system && !target.name.hasPrefix("C") {
    target.swiftSettings = swiftSettings
}
