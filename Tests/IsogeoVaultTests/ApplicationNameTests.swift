import IsogeoVault
import Testing

@Suite struct ApplicationNameTests {
    @Test func `two ways of writing one letter give one name`() throws {
        let one = try #require(ApplicationName("\u{E9}diteur"))
        let other = try #require(ApplicationName("e\u{301}diteur"))
        #expect(one == other && one.hashValue == other.hashValue)
        #expect(Array(other.description.utf8) == Array("\u{E9}diteur".utf8))
        // A ligature is another name, though a compatible one: form C, not KC.
        #expect(try #require(ApplicationName("\u{FB01}n")).description.utf8.count == 4)
    }

    @Test func `a name has 1 to 128 bytes, counted in form C`() {
        #expect(ApplicationName("") == nil)
        #expect(ApplicationName("a") != nil)
        #expect(ApplicationName(String(repeating: "a", count: 128)) != nil)
        #expect(ApplicationName(String(repeating: "a", count: 129)) == nil)
        #expect(ApplicationName(String(repeating: "e\u{301}", count: 64)) != nil)
        #expect(ApplicationName(String(repeating: "e\u{301}", count: 65)) == nil)
    }

    @Test(arguments: ["a\0b", "a\nb", "\u{1B}[31mred", "a\u{7F}", "a\u{9B}b", "\t"])
    func `control characters make no name`(_ text: String) {
        #expect(ApplicationName(text) == nil)
    }

    @Test(arguments: ["a b", "with/slash", "-dash", "日本語", "🗺️", "'; drop table", "a\u{200D}b"])
    func `everything else does`(_ text: String) {
        #expect(ApplicationName(text)?.description == text)
    }

    @Test(
        arguments: [
            ("python-minimalist-sdk-test-uuid-1a2b3c4d5e6f7g8h9i0j11k12l", "python-minimalist-sdk-test"),
            ("qgis-plugin-123e4567-e89b-12d3-a456-426614174000", "qgis-plugin"),
            ("qgis-plugin-uuid-123e4567-e89b-12d3-a456-426614174000", "qgis-plugin"),
            ("catalogue-0123456789abcdef0123456789abcdef", "catalogue"),
            ("catalogue", "catalogue"), ("my-catalogue", "my-catalogue"), ("catalogue-2024", "catalogue-2024"),
            // A word, however long, has no digits.
            ("app-internationalisation-team", "app-internationalisation-team"),
            ("app-counterrevolutionaries", "app-counterrevolutionaries"),
            // Of nothing but a UUID something must be left.
            ("123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
            ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
            ("uuid", "uuid"),
        ]
    )
    func `a client_id suggests its name`(_ clientID: String, _ name: String) {
        #expect(ApplicationName(suggestedBy: clientID)?.description == name)
    }

    @Test func `a client_id that is too long for a name suggests none`() {
        #expect(ApplicationName(suggestedBy: String(repeating: "a", count: 200)) == nil)
        #expect(ApplicationName(suggestedBy: "") == nil)
    }
}
