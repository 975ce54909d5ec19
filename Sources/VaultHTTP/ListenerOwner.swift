internal import VaultSystem

/// Whose program gets what is sent to this computer over plain http, which has no certificate: any account may take a
/// port that is free.
enum ListenerOwner {
    /// What is known of a peer, as the number that C keeps: -1 where it is ours or root's, -2 where it can't be told,
    /// else the user.
    static func verdict(_ address: String, _ port: UInt16, from own: String, _ ownPort: UInt16) -> Int64 {
        do throws(Errno) {
            let users = try LocalPeer.users(at: address, port, from: own, ownPort)
            return users.first { $0 != 0 && !ProcessIdentity.isOurs($0) }.map { Int64($0) } ?? trusted
        } catch {
            return -2
        }
    }

    static let trusted: Int64 = -1

    /// The user of another one; nil where it can't be told.
    static func user(of verdict: Int64) -> UInt32? { UInt32(exactly: verdict) }
}
