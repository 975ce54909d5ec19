internal import IsogeoVault

/// Whether a token could be asked for: libcurl, certificates, proxies.
///
/// Nothing is sent.
enum RequestCheck {
    static func libraries(
        _ versions: [(name: String, version: String)],
        requests: () throws(VaultError) -> Void
    ) -> [Finding] {
        let linked = versions.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        do {
            try requests()
            return [.ok("libraries", "\(linked), and a libcurl that will do.")]
        } catch {
            return [.finding("libraries", error.sentence, remedy: error.remedy)]
        }
    }

    /// Where distributions keep the authorities that libcurl trusts.
    static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    /// Whether there are authorities to trust, which nobody else could have put there.
    ///
    /// - Parameters:
    ///   - paths: where they may be.
    ///   - exists: whether there is such a file.
    ///   - check: what is wrong with it.
    /// - Returns: what is to be said.
    static func certificates(
        _ paths: [String] = bundles,
        exists: (String) -> Bool,
        check: (String) throws(VaultError) -> Void
    ) -> [Finding] {
        guard let path = paths.first(where: exists) else {
            return [
                .finding(
                    "certificates",
                    "There are no certificates of authorities: no server can be trusted.",
                    remedy: "Install them: sudo apt-get install ca-certificates; or import with --ca-file."
                )
            ]
        }
        do { try check(path) } catch {
            return [
                .finding(
                    "certificates",
                    error.sentence,
                    remedy: "Make them anew: sudo update-ca-certificates --fresh; and look who has changed them."
                )
            ]
        }
        return [.ok("certificates", "The authorities are those of \(path).")]
    }

    /// Proxies as libcurl reads them for https: lower case first; `http_proxy` is for plain http, which goes nowhere.
    static func proxies(_ host: HostEnvironment) -> [Finding] {
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        var remarks: [Finding] = []
        if let name = names.first(where: host.isSet), let value = host.variable(name) {
            let except = ["no_proxy", "NO_PROXY"].first(where: host.isSet)
            remarks.append(
                .note(
                    "proxies",
                    "Requests go through \(withoutCredentials(value)) (\(name))"
                        + (except.map { ", but for the hosts in \($0)." } ?? ".")
                )
            )
        } else {
            remarks.append(.ok("proxies", "Requests go to the server directly, as far as the environment goes."))
        }
        if host.isSet("http_proxy") || host.isSet("HTTP_PROXY"), !names.contains(where: host.isSet) {
            remarks.append(
                .note(
                    "proxies",
                    "http_proxy is set and not used: tokens are asked for over https alone.",
                    remedy: "Where the proxy is meant for https too, set https_proxy."
                )
            )
        }
        return remarks
    }

    /// Host and port of a proxy: what stands before an @ may be a password.
    static func withoutCredentials(_ proxy: String) -> String {
        let start = proxy.firstRange(of: "://").map { proxy[$0.upperBound...] } ?? proxy[...]
        let end = start.split(separator: "@", omittingEmptySubsequences: false).last ?? start
        return String(end.prefix { $0 != "/" })
    }
}
