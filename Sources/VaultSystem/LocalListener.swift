internal import Glibc

/// Whose program listens on a port of this computer: /proc/net/tcp and tcp6 (proc(5)).
package enum LocalListener {
    /// The most that is read of each table, in bytes; listening sockets stand first in it.
    private static let limit = 4 << 20

    /// The users whose sockets get the connections to an address of this computer.
    ///
    /// - Parameters:
    ///   - address: 127.0.0.0/8 or `::1`, as numbers.
    ///   - port: of the connection.
    /// - Returns: one user each for the sockets that listen there; none where the tables show none, as where /proc
    ///   isn't mounted.
    package static func owners(of address: String, port: UInt16) -> [UInt32] {
        let tables = [("/proc/net/tcp", false), ("/proc/net/tcp6", true)]
        return tables.flatMap { path, isIPv6 in
            guard let table = FileDescriptor.text(of: path, limit: limit) else { return [UInt32]() }
            return owners(in: table, isIPv6, address, port)
        }
    }

    /// The same in a table.
    static func owners(in table: String, _ isIPv6: Bool, _ address: String, _ port: UInt16) -> [UInt32] {
        let local = digits(of: address)
        let places = isIPv6 ? [local.ipv6, String(repeating: "0", count: 32)] : [local.ipv4, "00000000"]
        let wanted = places.compactMap(\.self).map { "\($0):\(hexadecimal(port))" }
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 8)
            // sl, local address, remote address, state (0A: TCP_LISTEN), queues, timer, retransmissions, user.
            guard fields.count > 7, fields[3] == "0A", wanted.contains(String(fields[1])) else { return nil }
            return UInt32(fields[7])
        }
    }

    /// An address as the tables have it: words of 32 bits in the processor's own order.
    ///
    /// A socket of IPv6 that listens on all addresses gets those to IPv4 as well.
    private static func digits(of address: String) -> (ipv4: String?, ipv6: String?) {
        var ipv4 = in_addr()
        if unsafe inet_pton(AF_INET, address, &ipv4) == 1 {
            let word = hexadecimal(ipv4.s_addr)
            return (word, "0000000000000000\(hexadecimal(UInt32(0xFFFF).bigEndian))\(word)")
        }
        return (nil, address == "::1" ? "000000000000000000000000\(hexadecimal(UInt32(1).bigEndian))" : nil)
    }

    private static func hexadecimal(_ number: some FixedWidthInteger & UnsignedInteger) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: number.bitWidth / 4 - digits.count) + digits
    }
}
