import Glibc
import Testing
import VaultCrypto
import VaultTestSupport

@Suite struct SecretBytesTests {
    @Test func `what goes in comes out`() {
        let secret = SecretBytes(copying: Array("hunter2".utf8).span)
        #expect(secret.count == 7)
        #expect(secret.revealed == Array("hunter2".utf8))
        let middle = secret.withBytes(in: 2..<4) { bytes in bytes.indices.map { bytes[$0] } }
        #expect(middle == Array("nt".utf8))
    }

    @Test func `nothing at all is a secret of no bytes`() {
        let nothing = SecretBytes(copying: [UInt8]().span)
        #expect(nothing.count == 0)
        #expect(nothing.revealed == [])
    }

    @Test func `two secrets match when each byte does`() {
        let secret = SecretBytes(copying: [1, 2, 3].span)
        for (bytes, same) in [([1, 2, 3], true), ([1, 2, 4], false), ([1, 2], false), ([], false)] as [([UInt8], Bool)]
        {
            let matches = secret.matches(bytes.span)
            #expect(matches == same)
            let other = SecretBytes(copying: bytes.span)
            let matchesSecret = secret.matches(other)
            #expect(matchesSecret == same)
        }
    }

    @Test func `what is cut off is gone`() {
        var secret = SecretBytes(copying: [1, 2, 3, 4].span)
        secret.truncate(to: 2)
        #expect(secret.revealed == [1, 2])
    }

    @Test func `an error while filling reaches the caller`() {
        struct Interrupted: Error {}
        #expect(throws: Interrupted.self) {
            _ = try SecretBytes(capacity: 8) { (output: inout OutputSpan<UInt8>) throws(Interrupted) in
                output.append(1)
                throw Interrupted()
            }
        }
    }

    @Test func `random bytes differ each time`() {
        #expect(SecretBytes.random(count: 32).revealed != SecretBytes.random(count: 32).revealed)
    }

    @Test func `a secret is locked, left out of core dumps, and wiped when it ends`() throws {
        // The mapping's own words, from the kernel: "lo" locked, "dd" not dumped.
        let secret = SecretBytes.random(count: 64)
        let address = secret.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { buffer in UInt(bitPattern: buffer.baseAddress) }
        }
        let flags = try #require(vmFlags(containing: address))
        #expect(flags.contains("dd"))
        #expect(flags.contains("lo") || !SecretBytes.allLocked)
    }

    @Test func `reading behind the end kills the process instead of giving the neighbour's bytes`() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let secret = SecretBytes.random(count: 16)
            let next = unsafe secret.withBytes { bytes in
                unsafe bytes.withUnsafeBufferPointer { buffer in unsafe buffer.baseAddress?.advanced(by: 16) }
            }
            if let next = unsafe next { print(unsafe next.pointee) }
        }
    }
}

/// The `VmFlags` of the mapping that holds `address`, from /proc/self/smaps.
private func vmFlags(containing address: UInt) -> [Substring]? {
    guard let file = unsafe fopen("/proc/self/smaps", "r") else { return nil }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 4096)
    var inside = false
    while unsafe fgets(&line, CInt(line.count), file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace)
        let ends = words.first?.split(separator: "-").compactMap { UInt($0, radix: 16) } ?? []
        if ends.count == 2 { inside = ends[0] <= address && address < ends[1] }
        if inside, words.first == "VmFlags:" { return Array(words.dropFirst()) }
    }
    return nil
}
