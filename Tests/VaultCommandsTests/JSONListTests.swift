import Foundation
import Testing

@testable import VaultCommands

/// What is printed piece by piece is what is printed at once.
@Suite struct JSONListTests {
    private struct Element: Encodable {
        let name: String
        let list: [String]
    }

    private struct Whole: Encodable {
        let applications: [Element]
        let vault: String
    }

    @Test(arguments: [[], [1], [2], [1, 1], [3, 0, 2]]) func `pieces make the whole`(pages: [Int]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var (list, elements, text) = (JSONList(), [Element](), [UInt8]())
        for page in pages {
            let next = (0..<page).map { Element(name: "a/b \($0)\n", list: $0 == 0 ? [] : ["x", "y"]) }
            elements += next
            text += list.text(try next.map { String(decoding: try encoder.encode($0), as: UTF8.self) })
        }
        text += list.end(String(decoding: try encoder.encode(["vault": "/v"]), as: UTF8.self))
        let whole = try encoder.encode(Whole(applications: elements, vault: "/v"))
        #expect(String(decoding: text, as: UTF8.self) == String(decoding: whole, as: UTF8.self) + "\n")
    }
}
