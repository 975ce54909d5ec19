import Foundation
import Testing
import VaultCrypto
import VaultTestSupport

@testable import VaultOAuth

/// A server that sends the secret back, in each encoding that was seen or thought of.
@Suite struct SecretEchoTests {
    /// No two of its encodings have twelve characters in common, as those of the alphabet have.
    private static let secret = "kR3vTq9ZbW0xLd7HyN2sGf5MjP8cVa1EuJ6tXo4QiKmBzhYrDgSwCpFnUlAeO3T7"

    private static let encodings: [(name: String, make: @Sendable (String) -> String)] = [
        ("as it is", { $0 }),
        ("its first 40 characters", { String($0.prefix(40)) }),
        ("twelve characters from its middle", { String($0.dropFirst(20).prefix(12)) }),
        ("its last 20 characters", { String($0.suffix(20)) }),
        ("in lower case", { $0.lowercased() }),
        ("in upper case", { $0.uppercased() }),
        ("Base64", { Data($0.utf8).base64EncodedString() }),
        ("Base64 without padding, for adencodings", { base64URL($0) }),
        ("the pair's Base64", { Data("\(clientID):\($0)".utf8).base64EncodedString() }),
        (
            "the pair's Base64, its head alone",
            { String(Data("\(clientID):\($0)".utf8).base64EncodedString().prefix(120)) }
        ),
        ("the pair's Base64 with another id", { Data("a:\($0)".utf8).base64EncodedString() }),
        ("Base64 of it among other words", { Data("xy \($0) z".utf8).base64EncodedString() }),
        ("hexadecimal", { $0.utf8.map { String(format: "%02x", $0) }.joined() }),
        ("hexadecimal in capitals, with colons", { $0.utf8.map { String(format: "%02X", $0) }.joined(separator: ":") }),
        ("hexadecimal behind backslashes", { $0.utf8.map { String(format: "\\x%02x", $0) }.joined() }),
        ("percent-encoded, each byte", { $0.utf8.map { String(format: "%%%02X", $0) }.joined() }),
        ("percent-encoded twice", { $0.utf8.map { String(format: "%%25%02X", $0) }.joined() }),
        ("HTML in decimal", { $0.utf8.map { "&#\($0);" }.joined() }),
        ("HTML in hexadecimal", { $0.utf8.map { String(format: "&#x%x;", $0) }.joined() }),
        ("HTML in percent signs", { $0.utf8.map { "%26%23\($0);" }.joined() }),
        ("\\u escapes that JSON left", { $0.utf16.map { String(format: "\\u%04x", $0) }.joined() }),
        ("broken over lines", { $0.prefix(20) + "\r\n" + $0.dropFirst(20) }),
        ("a letter a line", { $0.map(String.init).joined(separator: "\n") }),
        ("with spaces, in groups of four", { spaced($0) }),
        ("with zero width spaces", { $0.map(String.init).joined(separator: "\u{200B}") }),
        ("with combining grapheme joiners", { $0.map(String.init).joined(separator: "\u{34F}") }),
        ("with soft hyphens", { $0.map(String.init).joined(separator: "\u{AD}") }),
        (
            "in full width",
            { String(String.UnicodeScalarView($0.unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xFEE0) })) }
        ),
        ("HTML without semicolons", { $0.utf8.map { "&#\($0)" }.joined() }),
        ("with HTML's spaces", { $0.map(String.init).joined(separator: "&nbsp;") }),
        ("with HTML's soft hyphens", { $0.map(String.init).joined(separator: "&shy;") }),
        ("as bytes of C", { $0.utf8.map { String(format: "0x%02x", $0) }.joined(separator: ", ") }),
        ("long escapes of Python", { $0.unicodeScalars.map { String(format: "\\U%08x", $0.value) }.joined() }),
        ("escapes of Swift", { $0.unicodeScalars.map { String(format: "\\u{%x}", $0.value) }.joined() }),
        ("in colours of a terminal", { $0.map(String.init).joined(separator: "\u{1B}[0m") }),
        (
            "with line ends in backslashes",
            { $0.prefix(10) + "\\n" + $0.dropFirst(10).prefix(10) + "\\n" + $0.dropFirst(20) }
        ),
        ("as a host", { "https://\($0.lowercased()).example/" }),
    ]

    private static func base64URL(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=",
            with: ""
        )
    }

    private static func spaced(_ text: String) -> String {
        text.enumerated().map { $0.offset % 4 == 3 ? "\($0.element) " : "\($0.element)" }.joined()
    }

    @Test(arguments: encodings.indices) func `the secret is found in each encoding, in words and as a token`(index: Int)
    {
        let (name, make) = Self.encodings[index]
        let encoded = make(Self.secret)
        let echo = echo(of: Self.secret)
        for text in [encoded, "We got \(encoded), sorry.", "x\(encoded)x"] {
            #expect(echo.isIn(words: text), "\(name): \(text)")
            #expect(echo.isIn(token: text), "\(name): \(text)")
        }
    }

    @Test(arguments: ["p+s &wörd-with-odds", "!!!!####$$$$%%%%", "é#é#é#é#é#é#é#", "-----BEGIN-secret-----+/=+/=+/="])
    func `a secret of odd characters is found, form-encoded too`(secret: String) {
        let echo = echo(of: secret)
        let encoded = FormEncoding.encode(secret)
        let pair = Data("\(clientID):".utf8) + Data(encoded)
        for text in [secret, String(decoding: encoded, as: UTF8.self), pair.base64EncodedString()] {
            #expect(echo.isIn(words: text), "\(text)")
        }
    }

    @Test func `eleven characters in common are none`() {
        for text in [String(canary.prefix(11)), String(canary.suffix(11)), "We don't know this client: \(clientID)"] {
            #expect(!echo().isIn(words: text), "\(text)")
        }
    }

    /// Isogeo's own example has an id and a secret that end alike.
    @Test func `what the client_id has too is no secret`() {
        let shared = "1a2b3c4d5e6f7g8h9i0j11k12l"
        let echo = SecretEcho(
            secret: guarded("application-secret-\(shared)13m14n15o16p"),
            clientID: "sdk-test-\(shared)"
        )
        let claims = #"{"client_id":"sdk-test-\#(shared)","exp":1}"#
        let token = "eyJhbGciOiJIUzI1NiJ9.\(Data(claims.utf8).base64EncodedString()).c2ln"
        #expect(!echo.isIn(token: token))
        #expect(!echo.isIn(words: "no client sdk-test-\(shared)"))
        #expect(echo.isIn(words: "13m14n15o16p"))
    }

    @Test func `tokens of other bytes are taken`() {
        for seed in 0..<200 as Range<UInt64> {
            var generator = SplitMix(state: seed)
            let token = (0..<40).map { _ in String(UInt64.random(in: 0 ... .max, using: &generator), radix: 36) }
                .joined()
            #expect(!echo().isIn(token: token), "\(token)")
        }
    }

    /// Short secrets may be in a token by chance, and can't be shown in words.
    @Test func `a short secret is looked for in words alone`() {
        #expect(echo(of: "tho").isIn(words: "not authorised"))
        #expect(!echo(of: "tho").isIn(token: "not-authorised"))
        #expect(echo(of: "tho").isIn(token: "tho"))
        #expect(echo(of: "short-secret").isIn(token: "x.short-secret.y"))
    }
}

/// A generator of the same numbers in each run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SecretEcho {
    fileprivate func isIn(words: String) -> Bool {
        let bytes = Array(words.utf8)
        return isIn(words: bytes.span)
    }

    fileprivate func isIn(token: String) -> Bool {
        let bytes = Array(token.utf8)
        return isIn(token: bytes.span)
    }
}
