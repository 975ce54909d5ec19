import VaultTestSupport

/// What happens on the way.
extension FaultRow {
    /// Seconds that are too few for a server that never ends, and enough for a whole request on a busy machine.
    private static let patience = "12"

    static let connections: [FaultRow] = [
        FaultRow("nobody listens", [], 75, "refuses connections", requests: 0).with {
            $0.address = "http://127.0.0.1:9/token"
        },
        FaultRow("no such name", [], 75, "has no address, or no name server answers", requests: 0).with {
            // RFC 6761 keeps .invalid from ever having an address.
            $0.address = "https://nowhere.invalid/token"
            $0.options = ["--connect-timeout", "2", "--timeout", "6"]
        },
        FaultRow("cut at once", [], 75, "broke before the answer", requests: 0),
        // Not before the client knows that it is connected: to which of the two it was would be up to the kernel.
        FaultRow("reset at once", [.awaitRequest, .reset], 75, "broke before the answer", requests: 0),
        FaultRow("cut behind the request", [.read], 75, "broke before the answer", requests: 3),
        FaultRow("reset behind the request", [.read, .reset], 75, "broke before the answer", requests: 3),
        FaultRow("cut in the body", .raw(announced(99) + "{"), 75, "broke before the answer", requests: 3),
        FaultRow("another protocol", .raw("SSH-2.0-OpenSSH_9.2\r\n"), 76, "doesn't speak HTTP"),
        FaultRow("silent", [.read, .hold], 75, "didn't answer in time").with(options: "--timeout", patience),
        FaultRow("silent from the start", [.hold, .hold], 75, "didn't answer in time", requests: 0).with {
            // The handshake never ends.
            $0.address = "https://127.0.0.1:%PORT:silent from the start%/token"
            $0.script.steps = [.forever([], every: 0.2)]
            $0.options = ["--connect-timeout", "1", "--timeout", "2"]
        },
        FaultRow("a byte a second", [.read, .drip(Array(wholeAnswer.utf8), every: 1)], 75, "didn't answer in time")
            .with(options: "--timeout", patience),
        FaultRow("slow headers", .raw("HTTP/1.1 200 OK\r\n", then: .forever(Array("X: y\r\n".utf8), every: 0.2)), 75)
            .with(options: "--timeout", patience),
        FaultRow("a slow body", .raw(unannounced, then: .forever([0x20], every: 0.2)), 75, "didn't answer in time")
            .with(options: "--timeout", patience),
        FaultRow("slow, but whole", [.read, .drip(Array(wholeAnswer.utf8), every: 0.01)], 0),
        FaultRow("throttled beyond the limit", .answer("429 No", "", "Retry-After: 13"), 75, "not before 2")
            .with(options: "--timeout", patience),
    ]

    static let overIPv6 = FaultRow("IPv6", .token, 0).with { $0.script.onIPv6 = true }

    /// Where libcurl would write a connection's keys.
    static let keyLog = "%CA%.keys"

    static let secured: [FaultRow] = [
        FaultRow("TLS", .token, 0, tls: .init()),
        FaultRow("TLS 1.2", .token, 0, tls: .init(version: "TLSv1_2")),
        FaultRow("TLS 1.3", .token, 0, tls: .init(version: "TLSv1_3")),
        FaultRow("TLS 1.1", .token, 76, "no TLS newer than 1.1", requests: 0, tls: .init(version: "TLSv1_1")),
        FaultRow("TLS 1.0", .token, 76, "no TLS newer than 1.1", requests: 0, tls: .init(version: "TLSv1")),
        FaultRow("expired", .token, 76, "certificate has expired", requests: 0, tls: .init("expired.pem")),
        FaultRow("other name", .token, 76, "is for another host", requests: 0, tls: .init("other-name.pem")),
        FaultRow("self-signed", .token, 76, "is signed by itself", requests: 0, tls: .init("self-signed.pem")),
        FaultRow("unknown issuer", .token, 76, "this computer doesn't know", requests: 0, tls: .init()).with {
            $0.options = []
        },
        FaultRow("kept certificates", .token, 0, tls: .init()).with {
            $0.options = []
            $0.importOptions = ["--ca-file", "%CA%"]
        },
        FaultRow("no TLS", .token, 76, "doesn't speak TLS", requests: 0).with {
            $0.address = "https://127.0.0.1:%PORT:no TLS%/token"
            $0.script.steps = [.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))]
        },
        FaultRow("cut behind TLS", [.read], 75, "broke before the answer", requests: 3, tls: .init()),
        FaultRow("certificates missing", [], 78, "/ca.pem.missing doesn't exist", requests: 0, tls: .init())
            .with { $0.options = ["--ca-file", "%CA%.missing"] },
        FaultRow("no certificates", [], 78, "/dev/null is not a regular file", requests: 0, tls: .init())
            .with { $0.options = ["--ca-file", "/dev/null"] },
        FaultRow("keys written down", .token, 0, tls: .init())
            .with(environment: ["SSLKEYLOGFILE": keyLog]),
    ]

    static let proxied: [FaultRow] =
        ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].map {
            FaultRow("by \($0)", .token, 0, tls: .init()).with(environment: [$0: "http://127.0.0.1:%PORT:proxy%"])
        }
        + [
            FaultRow("own proxy", .token, 0, tls: .init()).with {
                $0.importOptions = ["--proxy", "http://127.0.0.1:%PORT:proxy%"]
            },
            FaultRow(
                "the environment's before its own",
                .token,
                75,
                "127.0.0.1:9 (https_proxy) ref",
                requests: 0,
                tls: .init()
            )
            .with {
                $0.importOptions = ["--proxy", "http://127.0.0.1:%PORT:proxy%"]
                $0.environment = ["https_proxy": "http://127.0.0.1:9"]
            },
            FaultRow("past the proxy", .token, 0, tls: .init())
                .with(environment: ["https_proxy": "http://127.0.0.1:9", "no_proxy": "localhost"]),
            FaultRow("past the proxy, in vain", [], 75, "The token endpoint refuses connections", requests: 0).with {
                $0.address = "https://localhost:9/token"
                $0.environment = ["https_proxy": "http://127.0.0.1:%PORT:proxy%", "NO_PROXY": "localhost"]
            },
            FaultRow("never for plain http", .token, 0).with(environment: [
                "http_proxy": "http://127.0.0.1:%PORT:unwanted proxy%",
                "HTTP_PROXY": "http://127.0.0.1:%PORT:unwanted proxy%",
                "all_proxy": "http://127.0.0.1:%PORT:unwanted proxy%",
                "https_proxy": "http://127.0.0.1:%PORT:unwanted proxy%",
            ]).with { $0.importOptions = ["--proxy", "http://127.0.0.1:%PORT:unwanted proxy%"] },
            FaultRow(
                "no proxy there",
                .token,
                75,
                "127.0.0.1:9 (https_proxy) refuses connections",
                requests: 0,
                tls: .init()
            )
            .with(environment: ["https_proxy": "http://127.0.0.1:9"]),
            FaultRow(
                "own proxy not there",
                .token,
                75,
                "127.0.0.1:9 (the application's own) ref",
                requests: 0,
                tls: .init()
            )
            .with { $0.importOptions = ["--proxy", "http://127.0.0.1:9"] },
            FaultRow(
                "no such proxy",
                .token,
                75,
                "of the proxy proxy.invalid:3128 (https_proxy)",
                requests: 0,
                tls: .init()
            )
            .with(
                options: "--connect-timeout",
                "2",
                "--timeout",
                "6",
                environment: ["https_proxy": "http://proxy.invalid:3128"]
            ),
            FaultRow(
                "a proxy that wants a password",
                .token,
                76,
                "(https_proxy) wants a user and",
                requests: 0,
                tls: .init()
            )
            .with(environment: ["https_proxy": "http://user:pass@127.0.0.1:%PORT:asking proxy%"]),
            FaultRow("a proxy's 503", .token, 75, "(https_proxy) refuses the way to the", requests: 0, tls: .init())
                .with(environment: ["https_proxy": "http://127.0.0.1:%PORT:busy proxy%"]),
            FaultRow("a proxy's 403", .token, 76, "(status 403)", requests: 0, tls: .init())
                .with(environment: ["https_proxy": "http://127.0.0.1:%PORT:strict proxy%"]),
            FaultRow("a silent proxy", .token, 75, "(https_proxy) didn't answer in time", requests: 0, tls: .init())
                .with(options: "--timeout", "2", environment: ["https_proxy": "http://127.0.0.1:%PORT:silent proxy%"]),
            FaultRow(
                "a proxy that hangs up",
                .token,
                75,
                "(https_proxy) broke before the answer",
                requests: 0,
                tls: .init()
            )
            .with(environment: ["https_proxy": "http://127.0.0.1:%PORT:cutting proxy%"]),
        ]

    /// Proxies that are reached by https themselves.
    static let securelyProxied: [FaultRow] = [
        FaultRow("by an https proxy", .token, 0, tls: .init())
            .with(environment: ["https_proxy": "https://localhost:%PORT:secure proxy%"]),
        FaultRow(
            "an https proxy that nobody knows",
            .token,
            76,
            "TLS with the proxy localhost:",
            requests: 0,
            tls: .init()
        )
        .with {
            $0.options = []
            $0.environment = ["https_proxy": "https://localhost:%PORT:secure proxy%"]
        },
        FaultRow(
            "an expired https proxy",
            .token,
            76,
            "The server's certificate has expired.",
            requests: 0,
            tls: .init()
        )
        .with(environment: ["https_proxy": "https://localhost:%PORT:expired proxy%"]),
    ]

    /// What rows need in addition to their own server.
    static let others: [String: FaultServer.Script] = [
        "elsewhere": .init(.token),
        "proxy": .init([.read, .tunnel]),
        "secure proxy": .init([.read, .tunnel], tls: .init()),
        "expired proxy": .init([.read, .tunnel], tls: .init("expired.pem")),
        "unwanted proxy": .init(.token),
        "asking proxy": .init(.answer("407 Who", "", "Proxy-Authenticate: Basic realm=\"x\"")),
        "busy proxy": .init(.answer("503 Busy", "")),
        "strict proxy": .init(.answer("403 No", "")),
        "silent proxy": .init([.read, .hold]),
        "cutting proxy": .init([.read]),
    ]
}
