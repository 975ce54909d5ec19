import Testing
import VaultTestSupport

@testable import VaultCrypto

@Suite struct SealedBoxTests: ~Copyable {
    private let key = VaultKey.random()
    private let context = Array("format 1, vault, row".utf8)
    private let secret = Array("application-secret".utf8)

    @Test(arguments: [Padding.none, .secret, .metadata, .token])
    func `what was sealed opens in its place`(padding: Padding) throws {
        let subkey = key.subkey(for: .secrets)
        for count in [0, 1, 255, 256, 257, 1023, 1024, 5000] {
            let plaintext = [UInt8](repeating: 7, count: count)
            let box = subkey.seal(plaintext.span, padding: padding, authenticating: context)
            #expect(try subkey.open(box, padding: padding, authenticating: context).revealed == plaintext)
        }
    }

    @Test func `a box tells no more of a length than its step`() {
        let subkey = key.subkey(for: .secrets)
        let sizes = [0, 1, 64, 255].map { count in
            subkey.seal([UInt8](repeating: 1, count: count).span, padding: .secret, authenticating: context).combined
                .count
        }
        #expect(Set(sizes) == [24 + 256 + 16])
        let next = subkey.seal([UInt8](repeating: 1, count: 256).span, padding: .secret, authenticating: context)
        #expect(next.combined.count == 24 + 512 + 16)
    }

    @Test func `every flipped bit is refused`() {
        let subkey = key.subkey(for: .secrets)
        let box = subkey.seal(secret.span, padding: .none, authenticating: context)
        for index in box.combined.indices {
            for bit in 0..<8 {
                var flipped = box.combined
                flipped[index] ^= 1 << UInt8(bit)
                #expect(throws: CryptoError.authenticationFailed) {
                    _ = try subkey.open(SealedBox(combined: flipped), padding: .none, authenticating: context)
                }
            }
        }
    }

    @Test func `a box cut short anywhere is refused`() {
        let subkey = key.subkey(for: .secrets)
        let box = subkey.seal(secret.span, padding: .none, authenticating: context)
        for count in box.combined.indices {
            #expect(throws: CryptoError.authenticationFailed) {
                let cut = SealedBox(combined: Array(box.combined[..<count]))
                _ = try subkey.open(cut, padding: .none, authenticating: context)
            }
        }
    }

    @Test func `another place, purpose, key or padding doesn't open it`() {
        let subkey = key.subkey(for: .secrets)
        let box = subkey.seal(secret.span, padding: .secret, authenticating: context)
        #expect(throws: CryptoError.authenticationFailed) {
            _ = try subkey.open(box, padding: .secret, authenticating: context + [0])
        }
        #expect(throws: CryptoError.authenticationFailed) {
            _ = try key.subkey(for: .tokens).open(box, padding: .secret, authenticating: context)
        }
        #expect(throws: CryptoError.authenticationFailed) {
            _ = try VaultKey.random().subkey(for: .secrets).open(box, padding: .secret, authenticating: context)
        }
        #expect(throws: CryptoError.authenticationFailed) {
            _ = try subkey.open(box, padding: .metadata, authenticating: context)
        }
    }

    @Test func `the same plaintext never gives the same box`() {
        let subkey = key.subkey(for: .secrets)
        let boxes = (0..<100).map { _ in subkey.seal(secret.span, padding: .secret, authenticating: context).combined }
        #expect(Set(boxes).count == 100)
    }

    @Test func `every purpose has a subkey of its own`() {
        for one in VaultKey.Purpose.allCases {
            for other in VaultKey.Purpose.allCases {
                let same = key.subkey(for: one).bytes.matches(key.subkey(for: other).bytes)
                #expect(same == (one == other))
            }
        }
    }

    @Test func `a vault key of another length is refused`() {
        #expect(throws: CryptoError.wrongLength(expected: 32, found: 31)) {
            _ = try VaultKey(SecretBytes.random(count: 31))
        }
    }
}
