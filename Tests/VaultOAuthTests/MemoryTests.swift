import Foundation
import Testing
import VaultCrypto
import VaultTestSupport

@testable import VaultOAuth

/// This process's memory, searched as somebody with a core dump or a swap partition would.
private enum ProcessMemory {
    struct Found: Equatable {
        var locked = 0
        var unlocked = 0
    }

    /// Counts where `needle` stands, in locked pages and outside of them.
    static func occurrences(of needle: Span<UInt8>) throws -> Found {
        let memory = unsafe open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        try #require(memory >= 0)
        defer { close(memory) }
        // What is read must not be found again where it was read to.
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let own = unsafe buffer.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        var found = Found()
        for mapping in try mappings() {
            var start = mapping.range.lowerBound
            while start < mapping.range.upperBound {
                let wanted = min(buffer.count, Int(mapping.range.upperBound - start))
                let count = unsafe pread(memory, &buffer, wanted, Int(start))
                guard count >= needle.count else { break }
                for offset in positions(of: needle, in: buffer, count) {
                    let address = start + UInt(offset)
                    guard address < own || address >= own + UInt(buffer.count) else { continue }
                    if mapping.isLocked { found.locked += 1 } else { found.unlocked += 1 }
                }
                // Pieces overlap by what could be cut in two.
                start += UInt(count < buffer.count ? count : count - needle.count + 1)
            }
        }
        unsafe memset(&buffer, 0, buffer.count)
        return found
    }

    private static func positions(of needle: Span<UInt8>, in buffer: [UInt8], _ count: Int) -> [Int] {
        let first = needle[0]
        return unsafe buffer.withUnsafeBytes { buffer in
            unsafe needle.withUnsafeBufferPointer { needle in
                guard let base = buffer.baseAddress, let needleBase = needle.baseAddress else { return [] }
                var positions: [Int] = []
                var offset = 0
                while offset + needle.count <= count,
                    let candidate = unsafe memchr(base + offset, Int32(first), count - offset - needle.count + 1)
                {
                    offset = unsafe UnsafeRawPointer(candidate) - base
                    if unsafe memcmp(candidate, needleBase, needle.count) == 0 { positions.append(offset) }
                    offset += 1
                }
                return positions
            }
        }
    }

    private static func mappings() throws -> [(range: Range<UInt>, isLocked: Bool)] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps"))
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        var mappings: [(range: Range<UInt>, isLocked: Bool)] = []
        var current: Range<UInt>?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let range = words[0].split(separator: "-")
            if range.count == 2, let low = UInt(range[0], radix: 16), let high = UInt(range[1], radix: 16) {
                // Only what was written to: libraries' code holds no secret, and there is much of it.
                current = words[1].hasPrefix("rw") ? low..<high : nil
            } else if let range = current, line.hasPrefix("VmFlags:") {
                mappings.append((range, words.contains("lo")))
            }
        }
        return mappings
    }
}

/// A secret that exists in no other place, and the Base64 text of its header.
private final class Needle: Sendable {
    let secret: SecretBytes
    let encodedPair: SecretBytes

    init() throws {
        let secret = SecretBytes.random(count: 48).withBytes { Base64.encode($0) }
        encodedPair = try BasicCredentials(clientID: clientID, secret: secret, encoding: .raw)
            .withEncodedPair { SecretBytes(copying: $0) }
        self.secret = secret
    }

    /// Where the secret stands, and where the header's text does.
    func occurrences() throws -> [ProcessMemory.Found] {
        [
            try secret.withBytes { try ProcessMemory.occurrences(of: $0) },
            try encodedPair.withBytes { try ProcessMemory.occurrences(of: $0) },
        ]
    }
}

@Suite(.enabled(if: OpenSSL.path != nil, "the openssl program isn't installed"))
struct MemoryTests {
    @Test func `while an answer is awaited, and afterwards, the secret is in locked pages alone`() async throws {
        let authority = try await ThrowawayCA()
        let server = try await onThread { try TLSServer(authority, isSilent: true) }
        let needle = try Needle()
        guard SecretBytes.allLocked else { try Test.cancel("RLIMIT_MEMLOCK is too small here") }
        let interruption = Interruption()
        let request = try TokenRequest(endpoint: TokenEndpoint("https://localhost:\(server.port)/"))
        let settings = ConnectionSettings(caFile: try CAFile.read(authority.certificate), interruption: interruption)

        async let waiting = onThread {
            defer { interruption.interrupt() }
            try server.waitForRequest()
            return try needle.occurrences()
        }
        let result = try await onThread {
            Result { () throws(OAuthError) in
                try TokenClient().token(
                    for: request,
                    clientID: clientID,
                    secret: needle.secret,
                    connection: settings
                )
            }
        }
        let found = try await waiting
        let afterwards = try await onThread { try needle.occurrences() }
        try await onThread { server.stop() }

        #expect(result == .failure(.connection(.interrupted)))
        #expect(found.map(\.unlocked) == [0, 0])
        // The secret itself, and no copy of it; the header, and curl's send buffer.
        #expect(found[0].locked == 1)
        #expect(found[1].locked >= 2)
        #expect(afterwards == [.init(locked: 1, unlocked: 0), .init(locked: 1, unlocked: 0)])
    }
}
