// swift-tools-version: 6.2

import PackageDescription

// What is measured inside of a process, and what makes large vaults; `Scripts/benchmark` measures the command.
let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "isogeo-vault", path: "..")],
    targets: [
        .target(name: "CAllocationCounter"),
        .executableTarget(
            name: "token-at-hand",
            dependencies: [
                .product(name: "IsogeoVault", package: "isogeo-vault"),
                .product(name: "IsogeoVaultTesting", package: "isogeo-vault"),
                "CAllocationCounter",
            ],
            // Without it each call of a closure changes threads, which costs a hundred times what is measured.
            swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]
        ),
        .executableTarget(
            name: "vault-of-many",
            dependencies: [.product(name: "IsogeoVault", package: "isogeo-vault")]
        ),
    ]
)
