import Testing
import VaultCrypto
import VaultTestSupport

@testable import VaultKeys

/// Where a recovery code stands in this process's memory while it is used, and afterwards.
@Suite struct RecoveryMemoryTests {
    /// A code's three forms: the random bytes, the text, and the five-bit values between the two.
    private func patterns(of code: borrowing RecoveryCode) -> [MemorySearch.Pattern] {
        let text = code.text
        let values = SecretBytes(capacity: text.count) { (output: inout OutputSpan<UInt8>) in
            text.withBytes { text in
                for index in text.indices {
                    if let value = CrockfordBase32.value(of: text[index]) { output.append(value) }
                }
            }
        }
        return [
            code.bytes.withBytes { .init("bytes", lent: $0) },
            text.withBytes { .init("text", lent: $0.extracting(first: 20)) },
            values.withBytes { .init("values", lent: $0.extracting(first: 20)) },
        ]
    }

    /// Makes a code, a slot for it, and opens that with what was read from the code's text.
    private func use(_ body: ([MemorySearch.Pattern]) throws -> Void) throws -> [MemorySearch.Pattern] {
        let vault = VaultIdentity(format: 1, id: [UInt8](repeating: 7, count: 16))
        let code = RecoveryCode.random()
        let patterns = patterns(of: code)
        let text = code.text
        let slot = RecoverySlot.make(code, wrapping: .random(), of: vault, now: 1)
        let read = try RecoveryCode(text: text)
        #expect(try RecoverySlot.open([slot], by: read, of: vault, name: .kind(.recovery)).slot == slot.id)
        try text.withBytes { _ in try body(patterns) }
        return patterns
    }

    @Test func `a code stands in locked memory alone, and nowhere once it has served`() async {
        // In a process of its own: whether all secrets are hidden is known of all of a process, whichever test made
        // them.
        await #expect(processExitsWith: .success) {
            let patterns = try Self().use { patterns in
                let search = try MemorySearch(ofOurselvesFor: patterns)
                // Where the kernel hides them, no search finds them.
                let seen: Set = SecretBytes.allHidden ? [] : ["bytes", "text"]
                #expect(Set(search.hits.map(\.pattern)) == seen, "the search finds nothing at all")
                #expect(search.hitsOutsideLockedMemory.isEmpty, "\(search.hitsOutsideLockedMemory)")
            }
            let search = try MemorySearch(ofOurselvesFor: patterns)
            #expect(search.bytesRead > 1 << 20 && search.hits.isEmpty, "\(search.hits)")
        }
    }

    @Test func `a code with a slip in it leaves nothing either`() throws {
        let code = RecoveryCode.random()
        var text = code.text
        let patterns = patterns(of: code).filter { $0.name != "bytes" }
        text.truncate(to: text.count - 1)
        #expect(throws: KeyError.recoveryCodeIncomplete(characters: 64)) { _ = try RecoveryCode(text: text) }
        text.truncate(to: 0)
        let search = try MemorySearch(ofOurselvesFor: patterns)
        #expect(search.bytesRead > 1 << 20 && search.hits.isEmpty, "\(search.hits)")
    }
}
