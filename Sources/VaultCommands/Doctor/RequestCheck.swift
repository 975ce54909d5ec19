internal import IsogeoVault

/// Whether a token could be requested: libcurl, certificates, proxies.
///
/// No check sends anything.
enum RequestCheck {
    static func libraries(
        _ versions: [(name: String, version: String)],
        requests: () throws(VaultError) -> Void
    ) -> [Finding] {
        let linked = versions.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        do {
            try requests()
            return [.ok("libraries", "\(linked), and a libcurl that works.")]
        } catch {
            return [.finding("libraries", error.sentence, remedy: error.remedy)]
        }
    }

    /// Where distributions keep the CA certificates that libcurl trusts.
    static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    /// Whether there are CA certificates, in a file that no other user can have changed.
    ///
    /// - Parameters:
    ///   - paths: where they may be.
    ///   - exists: whether there is such a file.
    ///   - check: throws what is wrong with it.
    /// - Returns: the findings.
    static func certificates(
        _ paths: [String] = bundles,
        exists: (String) -> Bool,
        check: (String) throws(VaultError) -> Void
    ) -> [Finding] {
        guard let path = paths.first(where: exists) else {
            return [
                .finding(
                    "certificates",
                    "There are no CA certificates: no server can be trusted.",
                    remedy: "Install them: sudo apt-get install ca-certificates; or import with --ca-file."
                )
            ]
        }
        do { try check(path) } catch {
            return [
                .finding(
                    "certificates",
                    error.sentence,
                    remedy: "Make them again: sudo update-ca-certificates --fresh; and find out who changed them."
                )
            ]
        }
        return [.ok("certificates", "The CA certificates are those of \(path).")]
    }

    /// Proxies as libcurl reads them for https: lower case first; `http_proxy` is for plain http, which is never used.
    static func proxies(_ host: HostEnvironment) -> [Finding] {
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        var findings: [Finding] = []
        if let name = names.first(where: host.isSet), let value = host.variable(name) {
            let except = ["no_proxy", "NO_PROXY"].first(where: host.isSet)
            findings.append(
                .note(
                    "proxies",
                    "Requests go through \(withoutCredentials(value)) (\(name))"
                        + (except.map { ", but for the hosts in \($0)." } ?? ".")
                )
            )
        } else {
            findings.append(.ok("proxies", "The environment names no proxy: requests go to the server directly."))
        }
        if let name = ["http_proxy", "HTTP_PROXY"].first(where: host.isSet), !names.contains(where: host.isSet) {
            findings.append(
                .note(
                    "proxies",
                    "\(name) is set but not used: requests go over https, or to this computer and through no proxy.",
                    remedy: "If the proxy is for https too, set https_proxy."
                )
            )
        }
        return findings
    }

    /// Host and port of a proxy: what comes before an @ may be a password.
    static func withoutCredentials(_ proxy: String) -> String {
        let start = proxy.firstRange(of: "://").map { proxy[$0.upperBound...] } ?? proxy[...]
        let end = start.split(separator: "@", omittingEmptySubsequences: false).last ?? start
        return String(end.prefix { $0 != "/" })
    }
}
