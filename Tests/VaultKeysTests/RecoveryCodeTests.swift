import Testing
import VaultCrypto
import VaultTestSupport

@testable import VaultKeys

/// Codes as people type them: right, and with every slip that the groups promise to find.
@Suite struct RecoveryCodeTests {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    /// Its code has every character of the alphabet.
    private static let sample = [UInt8](41..<73)
    /// The sample's 65 characters, hyphens left out.
    private static let characters = RecoveryCode(copying: sample.span).text.revealed.filter { $0 != UInt8(ascii: "-") }

    /// What reading `text` gives: the bytes, or why there are none.
    private func read(_ text: some Sequence<UInt8>) -> Result<[UInt8], KeyError> {
        let text = Array(text)
        return Result { () throws(KeyError) in try RecoveryCode(text: text.span).bytes.revealed }
    }

    private func read(_ text: String) -> Result<[UInt8], KeyError> { read(text.utf8) }

    private func group(of place: Int) -> Int { place / 5 + 1 }

    private func value(_ character: UInt8) throws -> Int { try #require(Self.alphabet.firstIndex(of: character)) }

    // MARK: - What a code is

    @Test func `a code is thirteen groups of five characters`() throws {
        let text = RecoveryCode(copying: Self.sample.span).text.revealed
        #expect(text.count == 77 && Self.characters.count == RecoveryCode.characterCount)
        let groups = text.split(separator: UInt8(ascii: "-"))
        #expect(groups.count == 13 && groups.allSatisfy { $0.count == 5 && $0.allSatisfy(Self.alphabet.contains) })
        #expect(Set(Self.characters).count == 32, "the sample doesn't have every character")
    }

    /// Written down once, to stay: computed by hand from the formula of the documentation, in another language.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), zeros), ([UInt8](repeating: 0xFF, count: 32), ones), (sample, mixed),
        ]
    )
    func `a code never changes its form`(_ bytes: [UInt8], _ text: String) {
        #expect(RecoveryCode(copying: bytes.span).text.revealed == Array(text.utf8))
        #expect(read(text) == .success(bytes))
    }

    private static let zeros = "00005-0000A-0000F-0000M-0000H-0000Y-0000V-0000D-00008-00007-00002-0000S-0000W"
    private static let ones = "ZZZZ8-ZZZZ7-ZZZZ2-ZZZZS-ZZZZW-ZZZZK-ZZZZP-ZZZZ0-ZZZZ5-ZZZZA-ZZZZF-ZZZZM-ZZZGF"
    private static let mixed = "54N20-PB1D4-5RQKY-0C9JV-6CT3G-ADHQD-70WKR-MESW3-7MZ3K-YG21F-891MX-8HA6G-8X40B"

    @Test func `every bit of the 256 comes back`() {
        for bit in 0..<256 {
            var bytes = [UInt8](repeating: 0, count: 32)
            bytes[bit / 8] = 1 << UInt8(bit % 8)
            #expect(read(RecoveryCode(copying: bytes.span).text.revealed) == .success(bytes))
        }
    }

    @Test func `new codes differ, and read back`() {
        let one = RecoveryCode.random()
        let other = RecoveryCode.random()
        #expect(one.bytes.revealed != other.bytes.revealed && one.bytes.count == 32)
        #expect(read(one.text.revealed) == .success(one.bytes.revealed))
    }

    @Test func `each byte is the character that Crockford says, or none`() {
        var meanings: [UInt8: UInt8] = [:]
        for (value, character) in Self.alphabet.enumerated() {
            meanings[character] = UInt8(value)
            if character >= UInt8(ascii: "A") { meanings[character | 0x20] = UInt8(value) }
        }
        for character in "Oo".utf8 { meanings[character] = 0 }
        for character in "IiLl".utf8 { meanings[character] = 1 }
        for byte in UInt8.min...UInt8.max { #expect(CrockfordBase32.value(of: byte) == meanings[byte], "\(byte)") }
        #expect((0..<32).map(CrockfordBase32.character(of:)) == Self.alphabet)
    }

    // MARK: - As people type it

    @Test func `case, hyphens, blanks and lines don't matter, nor O for 0 and I or L for 1`() {
        let text = String(decoding: Self.characters, as: UTF8.self)
        #expect(text.contains("0") && text.contains("1"))
        let zero = text.replacing("0", with: "o")
        #expect(read(text) == .success(Self.sample))
        #expect(read(text.lowercased()) == .success(Self.sample))
        #expect(read(zero.replacing("1", with: "I")) == .success(Self.sample))
        #expect(read(zero.replacing("1", with: "l").uppercased()) == .success(Self.sample))
        #expect(read(text.map { "\($0)" }.joined(separator: " - \t\r\n")) == .success(Self.sample))
        #expect(read("\n " + text + "\r\n\n") == .success(Self.sample))
    }

    // MARK: - Slips

    @Test func `any wrong character is found, and its group named`() throws {
        for place in Self.characters.indices {
            for wrong in Self.alphabet where wrong != Self.characters[place] {
                var text = Self.characters
                text[place] = wrong
                #expect(read(text) == .failure(.recoveryCodeDamaged(groups: [group(of: place)])))
            }
        }
    }

    @Test func `any two characters exchanged are found, and their groups named`() {
        for one in Self.characters.indices {
            for other in Self.characters.indices.dropFirst(one + 1) {
                var text = Self.characters
                text.swapAt(one, other)
                let isSame = text == Self.characters
                let groups = Set([group(of: one), group(of: other)]).sorted()
                #expect(read(text) == (isSame ? .success(Self.sample) : .failure(.recoveryCodeDamaged(groups: groups))))
            }
        }
    }

    @Test func `two characters exchanged are found in any group of any code`() throws {
        // The sum is linear: what an exchange adds to it depends on the places and the difference alone. With the first
        // character 0 and the second each of the 31 others, every pair of places sees every difference.
        for one in 0..<4 {
            for other in (one + 1)..<4 {
                for difference in 1..<32 as Range<UInt8> {
                    var values = [UInt8](repeating: 0, count: 52)
                    values[other] = difference
                    var text = RecoveryCode(copying: packed(values).span).text.revealed
                    text.swapAt(one, other)
                    #expect(read(text) == .failure(.recoveryCodeDamaged(groups: [1])))
                }
            }
        }
        // With the check character, which only the other four can choose: each group of one character.
        for place in 0..<4 {
            for value in 0..<32 as Range<UInt8> {
                var values = [UInt8](repeating: 0, count: 52)
                values[place] = value
                let text = RecoveryCode(copying: packed(values).span).text.revealed
                var exchanged = text
                exchanged.swapAt(place, 4)
                let isSame = exchanged == text
                #expect(isSame || read(exchanged) == .failure(.recoveryCodeDamaged(groups: [1])))
            }
        }
    }

    @Test func `any two groups exchanged are found, and named, in the code whose groups are all alike too`() {
        for bytes in [Self.sample, [UInt8](repeating: 0, count: 32)] {
            let text = RecoveryCode(copying: bytes.span).text.revealed
            let groups = text.split(separator: UInt8(ascii: "-"))
            for one in groups.indices {
                for other in groups.indices.dropFirst(one + 1) {
                    var exchanged = groups
                    exchanged.swapAt(one, other)
                    let expected = KeyError.recoveryCodeDamaged(groups: [one + 1, other + 1])
                    #expect(read(exchanged.joined(separator: [UInt8(ascii: "-")])) == .failure(expected))
                }
            }
        }
    }

    @Test func `a group of another code's place is named`() {
        let other = RecoveryCode(copying: [UInt8](repeating: 0x5A, count: 32).span).text.revealed
        var text = RecoveryCode(copying: Self.sample.span).text.revealed
        text[0..<5] = other[6..<11]
        #expect(read(text) == .failure(.recoveryCodeDamaged(groups: [1])))
    }

    @Test func `the four bits too many are zero, or the last group is named`() throws {
        // The last group with each character in its last place of data, closed as the formula says.
        for low in 1..<16 {
            var text = Self.characters
            let last = try value(text[63]) | low
            text[63] = Self.alphabet[last]
            let closed = try Self.alphabet.filter { check in
                GroupSum.closes(group: 13, try (text[60...63] + [check]).map(value))
            }
            try #require(closed.count == 1)
            text[64] = closed[0]
            #expect(read(text) == .failure(.recoveryCodeDamaged(groups: [13])))
        }
    }

    @Test func `characters missing or too many are counted`() {
        for place in Self.characters.indices {
            var text = Self.characters
            let character = text.remove(at: place)
            #expect(read(text) == .failure(.recoveryCodeIncomplete(characters: 64)))
            text.insert(contentsOf: [character, character], at: place)
            #expect(read(text) == .failure(.recoveryCodeIncomplete(characters: 66)))
        }
        for group in 0..<13 {
            var text = Self.characters
            text.removeSubrange(group * 5..<group * 5 + 5)
            #expect(read(text) == .failure(.recoveryCodeIncomplete(characters: 60)))
        }
        #expect(read("") == .failure(.recoveryCodeIncomplete(characters: 0)))
        #expect(read(" -\n") == .failure(.recoveryCodeIncomplete(characters: 0)))
        #expect(read(Self.characters + Self.characters) == .failure(.recoveryCodeIncomplete(characters: 130)))
    }

    @Test func `a text that is too long isn't looked at`() {
        let padding = [UInt8](repeating: 0x20, count: 1024 - 65)
        #expect(read(Self.characters + padding) == .success(Self.sample))
        #expect(read(Self.characters + padding + [0x20]) == .failure(.recoveryCodeIncomplete(characters: 1025)))
    }

    @Test(arguments: ["U", "u", "*", ".", "_", "é", "–", "\0", "\u{7F}", "{"])
    func `a character of no alphabet is found, and its group named`(_ foreign: String) {
        for place in Self.characters.indices {
            var text = Self.characters
            text.replaceSubrange(place...place, with: foreign.utf8)
            #expect(read(text) == .failure(.recoveryCodeNotAlphabet(group: group(of: place))))
        }
    }

    // MARK: - What is said

    @Test func `errors name groups and numbers, and the way on`() {
        #expect(
            KeyError.recoveryCodeDamaged(groups: [7]).sentence
                == "Group 7 of the recovery code isn't as it was given out."
        )
        #expect(
            KeyError.recoveryCodeDamaged(groups: [2, 3, 13]).sentence
                == "The groups 2, 3 and 13 of the recovery code aren't as they were given out."
        )
        #expect(
            KeyError.recoveryCodeIncomplete(characters: 64).sentence
                == "The recovery code has 64 characters instead of 65."
        )
        #expect(
            KeyError.recoveryCodeNotAlphabet(group: 1).sentence
                == "Group 1 of the recovery code has a character that is in no recovery code."
        )
        for error in [
            .recoveryCodeDamaged(groups: [1]), .recoveryCodeIncomplete(characters: 1),
            .recoveryCodeNotAlphabet(group: 1),
        ] as [KeyError] {
            #expect(error.remedy.hasPrefix("Compare ") && error.remedy.hasSuffix("."))
        }
    }

    @Test func `no error tells a character of the code`() throws {
        let canary = Canary()
        for text in [canary.bytes, canary.bytes + canary.bytes, Array(canary.text.filter { $0 != "U" }.utf8)] {
            guard case .failure(let error) = read(text) else { Issue.record("a canary is a code"); continue }
            canary.expectAbsent(in: "\(error) \(error.sentence) \(error.remedy)".utf8, named: "an error")
        }
        let code = RecoveryCode.random()
        var slip = code.text.revealed
        slip[0] = slip[0] == UInt8(ascii: "0") ? UInt8(ascii: "2") : UInt8(ascii: "0")
        guard case .failure(let error) = read(slip) else { Issue.record("the slip wasn't found"); return }
        let said = "\(error) \(error.sentence) \(error.remedy)".uppercased()
        for group in slip.split(separator: UInt8(ascii: "-")) {
            #expect(!said.contains(String(decoding: group, as: UTF8.self)))
        }
    }

    // MARK: - Helpers

    /// 32 bytes whose first characters have these values.
    private func packed(_ values: [UInt8]) -> [UInt8] {
        let bits = values.flatMap { value in (0..<5).map { value >> (4 - $0) & 1 } }
        return (0..<32).map { byte in bits[byte * 8..<byte * 8 + 8].reduce(0) { $0 << 1 | $1 } }
    }
}

/// The sum of a group by the formula, with powers of α from a table: computed otherwise than the code computes it.
private enum GroupSum {
    /// α⁰ … α⁵ in GF(32), modulo x⁵ + x² + 1.
    private static let powers = [1, 2, 4, 8, 16, 5]

    static func closes(group: Int, _ values: [Int]) -> Bool {
        let all = [group] + values
        return zip(all, powers.reversed()).reduce(0) { $0 ^ product($1.0, $1.1) } == 0
    }

    private static func product(_ one: Int, _ other: Int) -> Int {
        let carryless = (0..<5).reduce(0) { other >> $1 & 1 == 1 ? $0 ^ one << $1 : $0 }
        return (5..<9).reversed().reduce(carryless) { $0 >> $1 & 1 == 1 ? $0 ^ 0b100101 << ($1 - 5) : $0 }
    }
}
