// swift-tools-version: 6.2

import PackageDescription

let vault = Target.Dependency.product(name: "IsogeoVault", package: "isogeo-vault")

// Programs that use the library, each as small as it can be without leaving out what such a program needs.
let package = Package(
    name: "examples",
    dependencies: [
        .package(name: "isogeo-vault", path: ".."),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    ],
    targets: [
        .executableTarget(name: "minimal", dependencies: [vault]),
        .executableTarget(name: "exporter", dependencies: [vault]),
        .executableTarget(name: "service", dependencies: [vault, .product(name: "Logging", package: "swift-log")]),
    ]
)
