import Testing

@testable import IsogeoVault

struct ApplicationNameDistanceTests {
    @Test(arguments: [
        ("", "", 0), ("atlas", "atlas", 0), ("", "abc", 3), ("abc", "", 3),
        ("atlas", "atla", 1), ("atlas", "attlas", 1), ("atlas", "atlos", 1), ("atlas", "altas", 1),
        ("atlas", "tlasa", 2), ("altsa", "atlas", 2), ("kitten", "sitting", 3), ("ca", "abc", 3),
        ("été", "ete", 2), ("🗺️", "🌍", 1),
    ]) func `the distance is the number of mistakes, from both sides`(one: String, other: String, distance: Int) {
        #expect(ApplicationName.distance(Array(one), Array(other)) == distance)
        #expect(ApplicationName.distance(Array(other), Array(one)) == distance)
    }

    @Test(arguments: [
        ("city-mpas", "city-maps"), ("Atlas", "atlas"), ("ATLAS", "atlas"), ("atla", "atlas"), ("map", "maps"),
        ("cty-mps", "city-maps"), ("atlas-3", "atlas-2"),
    ]) func `a name mistyped in one or two places is recognised`(typed: String, meant: String) throws {
        let known = try ["globe", "city-maps", "atlas", "atlas-2", "maps"].map { try #require(ApplicationName($0)) }
        #expect(try #require(ApplicationName(typed)).suggestion(among: known)?.description == meant)
    }

    @Test(arguments: ["x", "xy", "gl", "hydro", "ct-mp", "mopst2"])
    func `a name that is none of them by far isn't guessed`(
        typed: String
    ) throws {
        let known = try ["globe", "city-maps", "atlas", "maps"].map { try #require(ApplicationName($0)) }
        #expect(try #require(ApplicationName(typed)).suggestion(among: known) == nil)
        #expect(try #require(ApplicationName(typed)).suggestion(among: []) == nil)
    }

    @Test func `the nearest of several is meant, the first of equals`() throws {
        let known = try ["atlas-a", "atlas-b", "atlas-cc"].map { try #require(ApplicationName($0)) }
        #expect(try #require(ApplicationName("atlas-c")).suggestion(among: known)?.description == "atlas-a")
        #expect(try #require(ApplicationName("atlas-ccc")).suggestion(among: known)?.description == "atlas-cc")
    }

    @Test func `a suggestion stands before the names that there are`() throws {
        let known = try ["atlas", "globe"].map { try #require(ApplicationName($0)) }
        #expect(
            VaultError.noApplication(ApplicationName("atlsa"), known: known).remedy
                == "Did you mean atlas? The vault holds: atlas, globe"
        )
        #expect(
            VaultError.noApplication(ApplicationName("hydro"), known: known).remedy
                == "Name one of those in the vault: atlas, globe"
        )
    }
}
