import Foundation
import VaultCrypto
import VaultKeys

/// What `body` throws; nil where it doesn't.
func failure<Result: ~Copyable>(_ body: () throws(KeyError) -> Result) -> KeyError? {
    do throws(KeyError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

extension VaultIdentity {
    static let sample = VaultIdentity(format: 1, id: [UInt8](repeating: 7, count: 16))
}

extension VaultKey {
    /// The key in the open, to be compared with `==`.
    var revealed: [UInt8] { bytes.withBytes { bytes in bytes.indices.map { bytes[$0] } } }
}

extension Passphrase {
    /// A test's passphrase.
    init(_ text: String) throws { self = try Passphrase(SecretBytes(copying: Array(text.utf8).span)) }
}

extension KeySlot {
    /// One of the parts that stand in a slot's row.
    enum Part: CaseIterable { case id, kind, created, parameters, salt, commitment, wrappedKey }

    /// The same slot but for one part.
    func edited(_ part: Part) -> KeySlot {
        KeySlot(
            id: part == .id ? id.flippingABit() : id,
            kind: part == .kind ? Kind(rawValue: "recovery") : kind,
            created: part == .created ? created + 1 : created,
            parameters: part == .parameters ? parameters.flippingABit() + [0] : parameters,
            salt: part == .salt ? salt.flippingABit() : salt,
            commitment: part == .commitment ? commitment.flippingABit() : commitment,
            wrappedKey: part == .wrappedKey ? wrappedKey.flippingABit() : wrappedKey
        )
    }

    /// The same slot with other parameters.
    func with(parameters: [UInt8]) -> KeySlot {
        KeySlot(
            id: id,
            kind: kind,
            created: created,
            parameters: parameters,
            salt: salt,
            commitment: commitment,
            wrappedKey: wrappedKey
        )
    }

    /// The same slot that asks for another cost.
    func asking(passes: UInt64, memory: UInt64) -> KeySlot {
        var encoder = CanonicalEncoder()
        encoder.append(passes)
        encoder.append(memory)
        return with(parameters: encoder.bytes)
    }
}

extension [UInt8] {
    /// One bit in the middle is another.
    func flippingABit() -> [UInt8] {
        guard !isEmpty else { return self }
        var bytes = self
        bytes[count / 2] ^= 0x10
        return bytes
    }
}
