extension ApplicationName {
    /// The known name that was most likely meant by this one; nil if none is similar.
    ///
    /// Case doesn't count. Two mistakes are a slip in a long name but turn one short name into another: up to four
    /// letters allow one.
    package func suggestion(among known: [ApplicationName]) -> ApplicationName? {
        let typed = Array(description.lowercased())
        let limit = typed.count <= 4 ? 1 : 2
        let distances = known.map { (name: $0, distance: Self.distance(typed, Array($0.description.lowercased()))) }
        return distances.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
    }

    /// The number of mistakes between two texts: characters inserted, deleted, replaced, or exchanged with a neighbour.
    ///
    /// The Damerau–Levenshtein distance in its restricted form (optimal string alignment): no character is moved twice.
    static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var rowBefore: [Int] = []
        var row = Array(0...other.count)
        for i in one.indices {
            var next = [i + 1]
            for j in other.indices {
                let isSame = one[i] == other[j]
                var least = min(row[j + 1] + 1, next[j] + 1, row[j] + (isSame ? 0 : 1))
                if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] {
                    least = min(least, rowBefore[j - 1] + 1)
                }
                next.append(least)
            }
            (rowBefore, row) = (row, next)
        }
        return row[other.count]
    }
}
