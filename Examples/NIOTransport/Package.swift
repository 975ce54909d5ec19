// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that nobody who builds the other examples waits for SwiftNIO.
let package = Package(
    name: "nio-transport",
    dependencies: [
        .package(name: "isogeo-vault", path: "../.."),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
    ],
    targets: [
        .executableTarget(
            name: "nio-transport",
            dependencies: [
                .product(name: "IsogeoVault", package: "isogeo-vault"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        )
    ]
)
