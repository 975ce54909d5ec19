internal import CVaultLinux

/// The program at the other end of a connection within this computer: sock_diag(7).
package enum LocalPeer {
    /// More sockets than these listen on no port that is meant for us.
    private static let limit = 16

    /// The users that can read what is sent over a connection.
    ///
    /// Those who listen come first: while they do, nobody else has the port, and closing a listener resets what it
    /// hasn't accepted. So a connection that was accepted by another program, which stopped listening since, shows by
    /// the user of the accepted socket.
    ///
    /// - Parameters:
    ///   - address: of the peer, in numbers.
    ///   - port: of the peer.
    ///   - own: our own end's address.
    ///   - ownPort: our own end's port.
    /// - Returns: the users of the sockets that listen there, and the one that accepted; root's where no process has.
    /// - Throws: what the kernel says; `noEntry` where nothing listens, or there is no such connection.
    package static func users(at address: String, _ port: UInt16, from own: String, _ ownPort: UInt16) throws(Errno)
        -> [UInt32]
    {
        var peer = cvault_address()
        var here = cvault_address()
        try check(unsafe cvault_address_read(address, port, &peer))
        try check(unsafe cvault_address_read(own, ownPort, &here))
        var users = [UInt32](repeating: 0, count: limit)
        var count = 0
        try check(unsafe cvault_listeners(&peer, &users, limit, &count))
        guard count > 0 else { throw .noEntry }
        var accepted: UInt32 = 0
        try check(unsafe cvault_accepted_by(&peer, &here, &accepted))
        return users.prefix(count) + [accepted]
    }

    private static func check(_ failure: Int32) throws(Errno) {
        guard failure == 0 else { throw Errno(failure) }
    }
}
