internal import CVaultSodium

/// What XChaCha20-Poly1305-IETF made of a plaintext: nonce (24 bytes), ciphertext, tag (16 bytes), in one piece.
package struct SealedBox: Equatable, Sendable {
    package let combined: [UInt8]

    package init(combined: [UInt8]) { self.combined = combined }
}

/// How long a plaintext is made before it is sealed, so that its length says little.
package enum Padding: Int, Sendable {
    /// Keys, whose length is no secret.
    case none = 1
    case secret = 256
    case metadata = 512
    case token = 1024
}

extension SealedBox {
    /// Seals `plaintext` under a nonce of its own.
    init(sealing plaintext: Span<UInt8>, under key: Span<UInt8>, padding: Padding, authenticating context: [UInt8]) {
        let nonce = Sodium.randomBytes(XChaCha20Poly1305.nonceCount)
        guard padding != .none else {
            combined = nonce + XChaCha20Poly1305.seal(plaintext, key: key, nonce: nonce, authenticating: context)
            return
        }
        let step = padding.rawValue
        let paddedCount = (plaintext.count / step + 1) * step
        let padded = SecretBytes(capacity: paddedCount) { (output: inout OutputSpan<UInt8>) in
            output.append(contentsOf: plaintext)
            output.append(0x80)
            output.append(repeating: 0, count: paddedCount - plaintext.count - 1)
        }
        combined = padded.withBytes {
            nonce + XChaCha20Poly1305.seal($0, key: key, nonce: nonce, authenticating: context)
        }
    }

    /// The plaintext, without its padding.
    func open(under key: Span<UInt8>, padding: Padding, authenticating context: [UInt8]) throws(CryptoError)
        -> SecretBytes
    {
        let nonceCount = XChaCha20Poly1305.nonceCount
        guard combined.count >= nonceCount else { throw .authenticationFailed }
        var plaintext = try XChaCha20Poly1305.open(
            combined.span.extracting(nonceCount...),
            key: key,
            nonce: Array(combined[..<nonceCount]),
            authenticating: context
        )
        guard padding != .none else { return plaintext }
        var length = 0
        let status = plaintext.withBytes { span in
            unsafe span.withPointer { unsafe sodium_unpad(&length, $0, span.count, padding.rawValue) }
        }
        guard status == 0 else { throw .authenticationFailed }
        plaintext.truncate(to: length)
        return plaintext
    }
}

extension Subkey {
    /// Seals `plaintext` for the place that `context` describes, under a nonce of its own.
    ///
    /// - Parameters:
    ///   - plaintext: what is sealed; any length.
    ///   - padding: the step to which it is lengthened first (`sodium_pad`, ISO/IEC 7816-4).
    ///   - context: authenticated with it, not stored in the box.
    /// - Returns: nonce, ciphertext and tag.
    package borrowing func seal(_ plaintext: Span<UInt8>, padding: Padding, authenticating context: [UInt8])
        -> SealedBox
    {
        bytes.withBytes { SealedBox(sealing: plaintext, under: $0, padding: padding, authenticating: context) }
    }

    /// Opens what `seal` made with the same key, padding and context.
    ///
    /// - Throws: `CryptoError.authenticationFailed`, whatever it is that differs.
    package borrowing func open(_ box: SealedBox, padding: Padding, authenticating context: [UInt8]) throws(CryptoError)
        -> SecretBytes
    {
        try bytes.withBytes { (key) throws(CryptoError) in
            try box.open(under: key, padding: padding, authenticating: context)
        }
    }
}

/// The algorithm with its nonce in the caller's hand: for `Subkey` and for test vectors alone.
enum XChaCha20Poly1305 {
    static let nonceCount = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
    static let tagCount = Int(crypto_aead_xchacha20poly1305_ietf_ABYTES)

    /// Ciphertext and tag.
    static func seal(
        _ plaintext: Span<UInt8>,
        key: Span<UInt8>,
        nonce: [UInt8],
        authenticating context: [UInt8]
    )
        -> [UInt8]
    {
        precondition(key.count == VaultKey.count && nonce.count == nonceCount, "key or nonce of another length")
        return [UInt8](capacity: plaintext.count + tagCount) { output in
            output.append(repeating: 0, count: plaintext.count + tagCount)
            var target = output.mutableSpan
            unsafe target.withPointer { target in
                unsafe plaintext.withPointer { source in
                    unsafe key.withPointer { key in
                        // It never fails: the length limit is 2^64 bytes.
                        _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                            target,
                            nil,
                            source,
                            UInt64(plaintext.count),
                            context,
                            UInt64(context.count),
                            nil,
                            nonce,
                            key
                        )
                    }
                }
            }
        }
    }

    /// The plaintext of ciphertext and tag.
    static func open(_ sealed: Span<UInt8>, key: Span<UInt8>, nonce: [UInt8], authenticating context: [UInt8])
        throws(CryptoError) -> SecretBytes
    {
        guard key.count == VaultKey.count, nonce.count == nonceCount, sealed.count >= tagCount else {
            throw .authenticationFailed
        }
        return try SecretBytes(count: sealed.count - tagCount) {
            (output: inout MutableSpan<UInt8>) throws(CryptoError) in
            let status = unsafe output.withPointer { target in
                unsafe sealed.withPointer { source in
                    unsafe key.withPointer { key in
                        unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                            target,
                            nil,
                            nil,
                            source,
                            UInt64(sealed.count),
                            context,
                            UInt64(context.count),
                            nonce,
                            key
                        )
                    }
                }
            }
            guard status == 0 else { throw .authenticationFailed }
        }
    }
}
