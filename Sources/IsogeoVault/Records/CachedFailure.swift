internal import VaultCrypto
internal import VaultHTTP
internal import VaultOAuth
internal import VaultSystem

/// Why the server gave no token, kept for a while in the token's place, so that processes that waited don't ask again.
struct CachedFailure: Equatable, Sendable {
    /// When the request began and ended, in seconds since 1970.
    let began: Int64
    let ended: Int64
    /// Until when no process asks again, in seconds since 1970; `ended` where it is only for processes that waited.
    let notBefore: Int64
    let content: Content

    enum Content: Equatable, Sendable {
        case problem(OAuthError)
        /// What earlier versions stored: `VaultError.Code.name`, sentence and remedy.
        case words(code: String, sentence: String, remedy: String)
    }

    /// For how many seconds a refused credential isn't sent again: once a minute locks no account.
    static let refusalMemory: Int64 = 60
    /// For how many seconds a server may forbid requests at most.
    static let longestMemory: Int64 = 86_400
    private static let word = "failure"
    private static let version: UInt64 = 2
    private static let versionOfWords: UInt64 = 1

    /// Whether it forbids requests to all processes, and not only to those that waited for it.
    ///
    /// One that ended in the future, or forbids for longer than is possible, was written under a wrong clock.
    func forbidsAsking(at now: Int64) -> Bool {
        ended - 60 <= now && now < notBefore && notBefore <= ended + Self.longestMemory
    }

    /// When it is deleted.
    var expires: Int64 { max(notBefore, ended + Self.refusalMemory) }

    /// The error that the processes throw that share it; nil for one that this version doesn't know.
    func error(asking metadata: ApplicationMetadata) -> VaultError? {
        switch content {
        case .problem(let problem): return VaultError(problem, asking: metadata)
        case .words(let name, let sentence, let remedy):
            let codes = [VaultError.Code.credentialRefused, .tryAgain, .unexpectedAnswer]
            return codes.first { $0.name == name }
                .map { VaultError(.remembered($0, sentence: sentence, remedy: remedy)) }
        }
    }

    var encoded: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(Self.word)
        switch content {
        case .problem(let problem):
            encoder.append(Self.version)
            for time in [began, ended, notBefore] { encoder.append(time) }
            encoder.append(VaultError(problem).code.name)
            let fields = problem.fields
            var list = CanonicalEncoder()
            list.append(UInt64(fields.count))
            for field in fields { list.append(field) }
            encoder.append(list.bytes)
            let cause = problem.curlCause
            for number in [cause.code, cause.certificate, cause.errno.map { Int($0.code) }] {
                encoder.append(Int64(number ?? 0))
            }
        case .words(let code, let sentence, let remedy):
            encoder.append(Self.versionOfWords)
            for time in [began, ended, notBefore] { encoder.append(time) }
            for text in [code, sentence, remedy] { encoder.append(text) }
        }
        return encoder.bytes
    }

    init(began: Int64, ended: Int64, notBefore: Int64, _ content: Content) {
        self.began = began
        self.ended = ended
        self.notBefore = notBefore
        self.content = content
    }

    init(encoded: [UInt8]) throws(CryptoError) {
        var decoder = CanonicalDecoder(encoded)
        guard try decoder.nextText() == Self.word else { throw .malformedEncoding }
        let version = try decoder.nextNumber()
        began = try decoder.nextSignedNumber()
        ended = try decoder.nextSignedNumber()
        notBefore = try decoder.nextSignedNumber()
        let code = try decoder.nextText()
        switch version {
        case Self.versionOfWords:
            content = .words(code: code, sentence: try decoder.nextText(), remedy: try decoder.nextText())
        case Self.version:
            var fields: [String] = []
            var list = CanonicalDecoder(try decoder.next())
            for _ in 0..<min(try list.nextNumber(), 8) { fields.append(try list.nextText()) }
            try list.finish()
            var numbers: [Int?] = []
            for _ in 0..<3 {
                let number = Int(try decoder.nextSignedNumber())
                numbers.append(number == 0 ? nil : number)
            }
            let errno = numbers[2].flatMap { Int32(exactly: $0) }.map { Errno($0) }
            let cause = CurlCause(code: numbers[0], certificate: numbers[1], errno: errno)
            guard let problem = OAuthError(fields: fields, cause) else { throw .malformedEncoding }
            content = .problem(problem)
        default: throw .malformedEncoding
        }
        try decoder.finish()
    }
}
