import Testing
import VaultCrypto

@testable import VaultOAuth

@Suite struct StrictJSONTests {
    private func failure(_ text: String) -> StrictJSON.Failure? { failure(Array(text.utf8)) }

    private func failure(_ bytes: [UInt8]) -> StrictJSON.Failure? {
        do throws(StrictJSON.Failure) {
            _ = try StrictJSON(guarded(bytes))
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "{}", "[]", "null", "true", "false", "0", "-0", "1e400", "3600.0", "-1.5E-7", "\"\"", " \t\r\n[ 1 , 2 ]\n",
        #"{"a":{"b":[{},[],""]}}"#, #""\"\\\/\b\f\n\r\t\u0041""#, #""\ud83d\ude00""#, "\"é€😀\"", #"{"":1," ":2}"#,
        "\"\u{7F}\"", #"{"a":1,"A":2}"#, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    ]) func `valid JSON is read`(_ text: String) { #expect(failure(text) == nil) }

    @Test(
        arguments: [
            ("", .empty), ("  \n", .empty), ("{", .cutOff), ("[1", .cutOff), ("\"a", .cutOff), (#""\u00"#, .cutOff),
            (#"{"a""#, .cutOff), ("tru", .cutOff), ("-", .cutOff), ("1.", .cutOff), ("1e", .cutOff), ("\"\\", .cutOff),
            ("[1,]", .trailingComma), (#"{"a":1,}"#, .trailingComma), ("[,]", .unexpectedCharacter),
            ("{,}", .unexpectedCharacter), (#"{"a":}"#, .unexpectedCharacter), (#"{"a"}"#, .unexpectedCharacter),
            (#"{"a" 1}"#, .unexpectedCharacter), ("{1:2}", .unexpectedCharacter), ("[1 2]", .unexpectedCharacter),
            ("[1}", .unexpectedCharacter), (#"{"a":1]"#, .unexpectedCharacter), (#"{"a":]"#, .unexpectedCharacter),
            ("'a'", .unexpectedCharacter), ("True", .unexpectedCharacter), ("nul1", .unexpectedCharacter),
            ("NaN", .unexpectedCharacter), ("Infinity", .unexpectedCharacter), ("+1", .unexpectedCharacter),
            (".5", .unexpectedCharacter), ("]", .unexpectedCharacter), ("\u{FEFF}{}", .unexpectedCharacter),
            ("\u{A0}1", .unexpectedCharacter), ("007", .invalidNumber), ("-01", .invalidNumber),
            ("1.e5", .invalidNumber),
            ("-a", .invalidNumber), ("1e+x", .invalidNumber), ("1x", .trailingCharacters),
            ("{}{}", .trailingCharacters),
            ("{},", .trailingCharacters), ("1 2", .trailingCharacters), ("// a\n{}", .comment), ("[/**/]", .comment),
            (#"{"a":1/**/}"#, .comment), ("\"\n\"", .controlCharacter), ("\"\u{0}\"", .controlCharacter),
            (#""\x""#, .invalidEscape), (#""\u12G4""#, .invalidEscape), (#""\ud800""#, .loneSurrogate),
            (#""\ud800\u0041""#, .loneSurrogate), (#""\ud800\n234567""#, .loneSurrogate),
            (#""\udc00""#, .loneSurrogate),
            (#""\u0000""#, .nulCharacter), (#"{"a":1,"a":2}"#, .duplicateKey),
            (#"{"a":1,"b":2,"\u0061":3}"#, .duplicateKey),
            (#"[{"x":{"\/":1,"/":1}}]"#, .duplicateKey),
        ] as [(String, StrictJSON.Reason)]
    ) func `what isn't JSON is refused`(_ text: String, _ reason: StrictJSON.Reason) {
        #expect(failure(text)?.reason == reason)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82, 0x41],
        ] as [[UInt8]]
    ) func `invalid UTF-8 is refused`(_ bytes: [UInt8]) {
        #expect(failure([0x22] + bytes + [0x22])?.reason == .invalidUTF8)
    }

    @Test func `nesting is bounded and costs no stack`() {
        #expect(failure(String(repeating: "[", count: 33))?.reason == .tooDeep)
        #expect(failure(String(repeating: "[", count: 100_000))?.reason == .tooDeep)
        #expect(failure(String(repeating: #"{"a":"#, count: 100_000))?.reason == .tooDeep)
    }

    @Test func `a failure says line and column and nothing of the text`() {
        let failure = failure("{\n  \"é\": \"\(canary)\",\n  \"ü\": oops\n}")
        #expect(failure == StrictJSON.Failure(reason: .unexpectedCharacter, line: 3, column: 8))
        #expect(!"\(String(reflecting: failure))".contains(canary))
    }

    @Test func `the second of two equal names is pointed at`() {
        #expect(failure(#"{"a":1, "a":2}"#) == StrictJSON.Failure(reason: .duplicateKey, line: 1, column: 9))
    }

    @Test func `an object of many names takes no quadratic time`() {
        let members = (0..<50_000).map { "\"\($0)\":0" }.joined(separator: ",")
        #expect(failure("{\(members)}") == nil)
        #expect(failure("{\(members),\"7\":0}")?.reason == .duplicateKey)
    }

    @Test func `values are found by name and given unescaped`() throws {
        let json = try StrictJSON(
            guarded(#"{"skip":[{"a":0}],"\u0061":"x\n\u00e9\ud83d\ude00","n":-2.5,"l":[1,"z",{}]}"#)
        )
        guard let value = json.member("a", of: json.root), let number = json.member("n", of: json.root),
            let list = json.member("l", of: json.root), let secret = json.secret(value)
        else {
            Issue.record("a member isn't found")
            return
        }
        let (text, unescaped) = (json.text(value), plain(secret))
        #expect(text == "x\né😀")
        #expect(unescaped == "x\né😀")
        let (missing, inText) = (json.member("missing", of: json.root), json.member("a", of: value))
        #expect(missing == nil)
        #expect(inText == nil)
        let (asNumber, asText, isSecret) = (json.number(number), json.text(number), json.secret(number) != nil)
        #expect(asNumber == -2.5)
        #expect(asText == nil)
        #expect(!isSecret)
        let (kinds, ofObject) = (json.elements(of: list).map { json.kind(of: $0) }, json.elements(of: json.root))
        #expect(kinds == [.number, .string, .object])
        #expect(ofObject.isEmpty)
    }

    @Test func `numbers beyond a Double are infinite and strings are none`() throws {
        let json = try StrictJSON(guarded(#"[1e400,-1e400,3600.0,"3600"]"#))
        let numbers = json.elements(of: json.root).map { json.number($0) }
        #expect(numbers == [.infinity, -.infinity, 3600, nil])
    }

    @Test func `reading can begin behind a byte order mark`() throws {
        let json = try StrictJSON(guarded("\u{FEFF}[]"), from: 3)
        let kind = json.kind(of: json.root)
        #expect(kind == .array)
    }

    @Test func `each reason has words of its own`() {
        #expect(Set(StrictJSON.Reason.allCases.map(\.phrase)).count == StrictJSON.Reason.allCases.count)
    }
}
