internal import CVaultCurl
internal import Synchronization

/// The system's libcurl, opened at the first request.
enum CurlLibrary {
    /// Whether the process's libcurl has our wiping allocator; the first to ask opens it.
    private static let opened: Result<Bool, ConfigurationProblem> = Result { () throws(ConfigurationProblem) in
        try open(named: "libcurl.so.4")
        let wipes = try initialize()
        outcome.store(wipes ? .wipes : .doesNotWipe, ordering: .relaxed)
        return wipes
    }

    /// What opening libcurl has come to.
    enum Outcome: UInt8, AtomicRepresentable {
        case notOpened, wipes, doesNotWipe
    }

    private static let outcome = Atomic(Outcome.notOpened)

    /// Whether what libcurl frees is wiped; nil while libcurl isn't open, which this leaves so.
    static var wipesIfOpened: Bool? {
        switch outcome.load(ordering: .relaxed) {
        case .notOpened: nil
        case .wipes: true
        case .doesNotWipe: false
        }
    }

    /// Makes libcurl ready.
    ///
    /// - Returns: whether what it frees is wiped. It isn't where other code initialised libcurl before.
    /// - Throws: why there is no libcurl that will do.
    @discardableResult
    static func ready() throws(OAuthError) -> Bool {
        do { return try opened.get() } catch { throw .configuration(error) }
    }

    static func open(named name: String) throws(ConfigurationProblem) {
        switch unsafe cvault_curl_open(name) {
        case 0: break
        case -1: throw .libraryMissing
        default: throw .libraryUnusable(option: 0)
        }
    }

    private static func initialize() throws(ConfigurationProblem) -> Bool {
        guard let version = unsafe cvault_curl_version() else { throw .libraryUnusable(option: 0) }
        try check(
            version: unsafe version.pointee.version_num,
            tls: unsafe version.pointee.ssl_version.map { unsafe String(cString: $0) }
        )
        let status = cvault_curl_initialize()
        guard status >= 0 else { throw .libraryUnusable(option: 0) }
        return status == 1
    }

    /// 7.87 brought CURLOPT_QUICK_EXIT; only the OpenSSL build was seen to leave nothing in memory.
    static func check(version: UInt32, tls: String?) throws(ConfigurationProblem) {
        guard version >= 0x07_57_00 else {
            throw .libraryTooOld(version: "\(version >> 16).\(version >> 8 & 0xFF).\(version & 0xFF)")
        }
        // A build with several TLS libraries puts those that it doesn't use in parentheses.
        let used = (tls ?? "").split(separator: " ").first { !$0.hasPrefix("(") }
        guard used?.hasPrefix("OpenSSL/") == true else { throw .libraryWithoutOpenSSL }
    }
}
