extension ApplicationName {
    /// The name that was most likely meant where this one was typed; nil where none is near.
    ///
    /// Upper and lower case count as one letter. Two mistakes are a slip in a long name; in a short one they make any name
    /// of any other, so that one of at most four letters is forgiven one.
    package func suggestion(among known: [ApplicationName]) -> ApplicationName? {
        let typed = Array(description.lowercased())
        let limit = typed.count <= 4 ? 1 : 2
        let distances = known.map { (name: $0, distance: Self.distance(typed, Array($0.description.lowercased()))) }
        return distances.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
    }

    /// How many mistakes lie between two texts: a character too many, too few or wrong, or two neighbours exchanged.
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
