internal import CVaultSodium

/// libsodium itself.
package enum Sodium {
    private static let status = sodium_init()

    /// Makes libsodium ready, once; every entry into the library passes here.
    static func initialize() {
        // sodium_init fails only where the kernel gives no randomness at all: no key could be made or checked then.
        guard status >= 0 else { fatalError("libsodium can't start: no source of random bytes") }
    }

    /// The version of the library that is used.
    package static var version: String { unsafe String(cString: sodium_version_string()) }

    /// `count` public random bytes: ids, salts, nonces.
    package static func randomBytes(_ count: Int) -> [UInt8] {
        initialize()
        return [UInt8](capacity: count) { output in
            output.append(repeating: 0, count: count)
            var target = output.mutableSpan
            unsafe target.withPointer { unsafe randombytes_buf($0, count) }
        }
    }
}
