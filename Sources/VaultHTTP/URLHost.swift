internal import Glibc

/// A host as it stands in a URL: a name of ASCII letters, an IPv4 address in its one full form, or `[IPv6]`.
///
/// Readers of URLs differ about everything else (`127.1`, `0x7f.1`, `%31`, a final dot, zone ids), and the one that
/// checks must not see another host than the one that connects.
package struct URLHost: Hashable, Sendable {
    /// In lower case; IPv6 in the form of RFC 5952, with its brackets.
    package let text: String

    /// 127.0.0.0/8, `[::1]`, or exactly `localhost`.
    package let isLoopback: Bool

    /// Isogeo's own, which need not be read.
    package static let isogeo = URLHost(text: "id.api.isogeo.com", isLoopback: false)

    private init(text: String, isLoopback: Bool) {
        self.text = text
        self.isLoopback = isLoopback
    }

    /// Reads a host; nil for everything else.
    package init?(_ text: some StringProtocol) {
        let text = text.lowercased()
        if text.hasPrefix("[") {
            guard text.hasSuffix("]"), let address = Self.canonicalIPv6(String(text.dropFirst().dropLast())) else {
                return nil
            }
            self.text = "[\(address)]"
            isLoopback = address == "::1"
        } else if let first = Self.firstOctetOfIPv4(text) {
            self.text = text
            isLoopback = first == 127
        } else {
            guard Self.isName(text) else { return nil }
            self.text = text
            isLoopback = text == "localhost"
        }
    }

    private static func canonicalIPv6(_ text: String) -> String? {
        // inet_pton knows no zone ids, and refuses what isn't an address.
        var address = in6_addr()
        guard unsafe inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        var canonical = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard unsafe inet_ntop(AF_INET6, &address, &canonical, socklen_t(canonical.count)) != nil else { return nil }
        return String(decoding: canonical.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func firstOctetOfIPv4(_ text: String) -> Int? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let octets = parts.compactMap { part -> Int? in
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                part == "0" || !part.hasPrefix("0"), let octet = Int(part), octet < 256
            else { return nil }
            return octet
        }
        return parts.count == 4 && octets.count == 4 ? octets[0] : nil
    }

    private static func isName(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...253).contains(text.utf8.count), let last = labels.last, labels.allSatisfy(isLabel) else {
            return false
        }
        // A name whose last label is a number is an address to some readers (WHATWG URL, "ends in a number").
        return !last.utf8.allSatisfy { (0x30...0x39).contains($0) } && !last.hasPrefix("0x")
    }

    private static func isLabel(_ label: Substring) -> Bool {
        // The underscore isn't a host name's (RFC 952), but internal networks have it.
        (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
            && label.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
            }
    }
}
