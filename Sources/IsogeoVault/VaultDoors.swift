internal import Glibc
package import VaultOAuth

/// What a vault needs of the world beside its file: the clock, the network, and somebody to be warned.
package struct VaultDoors: Sendable {
    /// Seconds since 1970.
    package var now: @Sendable () -> Int64
    /// What sends requests.
    package var transport: any TokenTransport
    /// Told, in a sentence, what went wrong without keeping anything from being done.
    package var warn: @Sendable (String) -> Void

    package init(
        now: @escaping @Sendable () -> Int64,
        transport: any TokenTransport,
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.now = now
        self.transport = transport
        self.warn = warn
    }

    /// The real ones; warnings go nowhere.
    package static let real = VaultDoors(now: { Int64(time(nil)) }, transport: CurlTransport(), warn: { _ in })
}
