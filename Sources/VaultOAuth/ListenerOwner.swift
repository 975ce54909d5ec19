internal import VaultSystem

/// Whether a program that listens on this computer is ours or root's.
///
/// Plain http has no certificate: any account may take a port that is free, and gets what is sent to it.
enum ListenerOwner {
    /// Asked when there is a connection: as long as the listener lives, no other program has the port.
    static func isTrusted(_ address: String, _ port: UInt16) -> Bool {
        let owners = LocalListener.owners(of: address, port: port)
        return !owners.isEmpty && owners.allSatisfy(isTrusted)
    }

    /// The user that isn't; nil where none is seen.
    static func foreign(at route: CurlRoute) -> UInt32? {
        ["127.0.0.1", "::1", route.host].lazy
            .flatMap { LocalListener.owners(of: $0, port: UInt16(truncatingIfNeeded: route.port)) }
            .first { !isTrusted($0) }
    }

    private static func isTrusted(_ owner: UInt32) -> Bool { owner == 0 || owner == ProcessIdentity.user }
}
