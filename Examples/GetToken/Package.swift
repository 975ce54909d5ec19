// swift-tools-version: 6.2

import PackageDescription

// What the README shows of the library, as a package of its own: it sees what a user of the library sees.
let package = Package(
    name: "GetToken",
    dependencies: [.package(name: "isogeo-vault", path: "../..")],
    targets: [
        .executableTarget(
            name: "GetToken",
            dependencies: [.product(name: "IsogeoVault", package: "isogeo-vault")]
        )
    ]
)
