import Testing

@testable import VaultHTTP

@Suite struct ProxyTests {
    @Test(arguments: ["http://proxy.example:3128", "https://10.0.0.1:8080/", "HTTP://[::1]:1"])
    func `a proxy's address is read`(_ text: String) throws {
        #expect(try ProxyAddress(text).text == text.lowercased().trimmingSuffix("/"))
    }

    @Test(arguments: [
        "proxy.example:3128", "http://proxy.example", "http://user:pass@proxy.example:3128", "ftp://a:1", "http://a:0",
        "http://a:1/path", "http://:1", "",
    ]) func `what isn't a proxy's address is refused`(_ text: String) {
        #expect(throws: HTTPError.configuration(.invalidProxy)) { try ProxyAddress(text) }
    }

    @Test(
        arguments: [
            ("http://proxy.example:3128", "proxy.example:3128"), ("proxy.example:3128/", "proxy.example:3128"),
            ("http://user:secret@proxy.example:3128/", "proxy.example:3128"),
            ("user:secret@proxy.example", "proxy.example"), ("http://user:se/cr@t@proxy.example", "proxy.example"),
            ("socks5h://[::1]:1080", "[::1]:1080"), ("http://", nil), ("", nil), ("http://a b", nil),
            ("http://\u{1B}[31m", nil), ("http://secret@", nil),
            ("http://user:pw", nil), ("http://user:pw%40host:9", nil), ("http://h.example:9?pw=x", nil),
            ("http:\\\\user:pw", nil), ("user:pw", nil), ("http://h.example:9#pw", nil), ("h.example:99999", nil),
        ] as [(String, String?)]
    ) func `a proxy of the environment is named without user and password`(_ address: String, _ name: String?) {
        #expect(ProxyVariable.authority(of: Array(address.utf8).span) == name)
    }

    @Test func `the environment's proxy comes first, and plain http has none`() throws {
        let own = try ProxyAddress("http://own.example:1")
        func choice(_ scheme: URLScheme, _ own: ProxyAddress?, _ set: String...) -> ResolvedProxy {
            ResolvedProxy.choose(for: scheme, own: own) { set.contains($0) }
        }
        #expect(choice(.https, nil) == .none)
        #expect(choice(.https, own) == .application(own))
        #expect(choice(.https, own, "http_proxy", "no_proxy") == .application(own))
        #expect(choice(.https, own, "all_proxy", "HTTPS_PROXY") == .environment(variable: "HTTPS_PROXY"))
        #expect(choice(.https, nil, "ALL_PROXY") == .environment(variable: "ALL_PROXY"))
        #expect(choice(.http, own, "https_proxy", "http_proxy", "all_proxy") == .none)
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
