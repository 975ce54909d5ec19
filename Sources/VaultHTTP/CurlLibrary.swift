internal import CVaultCurl
internal import Glibc
internal import Synchronization
internal import VaultSystem

/// The system's libcurl, opened at the first request.
package enum CurlLibrary {
    /// The address space that libcurl, its libraries and a request take, in bytes: 70 MiB, seen with Debian 12's.
    private static let needed = 72 << 20

    /// What opening libcurl has come to.
    enum Outcome: UInt8, AtomicRepresentable {
        case notOpened, wipes, doesNotWipe
    }

    private static let outcome = Atomic(Outcome.notOpened)
    /// The first to ask opens it; the next tries again where that failed, as it may for want of a descriptor.
    private static let opening = Mutex(())

    /// Whether what libcurl frees is wiped; nil while libcurl isn't open, which this leaves so.
    package static var wipesIfOpened: Bool? {
        switch outcome.load(ordering: .acquiring) {
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
    package static func ready() throws(HTTPError) -> Bool {
        if let wipes = wipesIfOpened { return wipes }
        do throws(ConfigurationProblem) {
            return try opening.withLock { _ throws(ConfigurationProblem) in
                if let wipes = wipesIfOpened { return wipes }
                // OpenSSL dies of a signal where it gets no memory for itself.
                guard ResourceLimit.hasMemory(needed) else { throw .limit(.memory) }
                try open(named: "libcurl.so.4")
                let wipes = try initialize()
                outcome.store(wipes ? .wipes : .doesNotWipe, ordering: .releasing)
                return wipes
            }
        } catch {
            throw .configuration(error)
        }
    }

    private static let isPreparing = Atomic(false)

    /// Makes libcurl ready on another thread; the request waits for it, or tries again where it failed.
    package static func prepare() {
        guard wipesIfOpened == nil, !isPreparing.exchange(true, ordering: .relaxed) else { return }
        var thread = pthread_t()
        let status = unsafe pthread_create(&thread, nil, { _ in unsafe CurlLibrary.open() }, nil)
        if status == 0 { pthread_detach(thread) }
    }

    private static func open() -> UnsafeMutableRawPointer? {
        _ = try? ready()
        return nil
    }

    static func open(named name: String) throws(ConfigurationProblem) {
        switch unsafe cvault_curl_open(name) {
        case 0: break
        case -1:
            switch LoaderFailure.current(of: name) {
            case .missing: throw .libraryMissing
            case .limit(let limit): throw .limit(limit)
            case .other(let words): throw .libraryNotLoaded(words)
            }
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
