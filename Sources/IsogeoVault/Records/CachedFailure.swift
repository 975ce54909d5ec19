internal import VaultCrypto

/// Why the server gave no token, kept a while in the token's place: those who waited for it needn't ask again.
struct CachedFailure: Equatable, Sendable {
    /// When the asking began and ended, in seconds since 1970.
    let began: Int64
    let ended: Int64
    /// Before this nobody asks again, in seconds since 1970; the time of its end where it was only for those who waited.
    let notBefore: Int64
    /// `VaultError.Code.name`.
    let code: String
    let sentence: String
    let remedy: String

    /// How long a refused credential is remembered, in seconds: asked with each minute, it locks no account.
    static let refusalMemory: Int64 = 60
    /// The longest that a server may keep us from asking, in seconds.
    static let longestMemory: Int64 = 86_400
    private static let word = "failure"
    private static let version: UInt64 = 1

    /// Whether it keeps everybody from asking, and not only those who waited for it.
    ///
    /// One that comes from the future, or speaks of a time further off than any, is of a clock that was wrong.
    func forbidsAsking(at now: Int64) -> Bool {
        ended - 60 <= now && now < notBefore && notBefore <= ended + Self.longestMemory
    }

    /// When it goes.
    var expires: Int64 { max(notBefore, ended + Self.refusalMemory) }

    /// The failure, as those who share it are told; nil for one that this version doesn't know.
    var error: VaultError? {
        let codes = [VaultError.Code.credentialRefused, .tryAgain, .unexpectedAnswer]
        return codes.first { $0.name == code }.map { VaultError($0, sentence, remedy: remedy) }
    }

    var encoded: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(Self.word)
        encoder.append(Self.version)
        for time in [began, ended, notBefore] { encoder.append(time) }
        for text in [code, sentence, remedy] { encoder.append(text) }
        return encoder.bytes
    }

    init(began: Int64, ended: Int64, notBefore: Int64, code: String, sentence: String, remedy: String) {
        self.began = began
        self.ended = ended
        self.notBefore = notBefore
        self.code = code
        self.sentence = sentence
        self.remedy = remedy
    }

    init(encoded: [UInt8]) throws(CryptoError) {
        var decoder = CanonicalDecoder(encoded)
        guard try decoder.nextText() == Self.word, try decoder.nextNumber() == Self.version else {
            throw .malformedEncoding
        }
        began = try decoder.nextSignedNumber()
        ended = try decoder.nextSignedNumber()
        notBefore = try decoder.nextSignedNumber()
        code = try decoder.nextText()
        sentence = try decoder.nextText()
        remedy = try decoder.nextText()
        try decoder.finish()
    }
}
