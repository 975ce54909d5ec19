internal import FoundationEssentials
internal import IsogeoVault

/// What can be shown as JSON, with keys that are never renamed.
extension CommandContext {
    func printJSON(_ value: some Encodable) throws(VaultError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try output(Array(try encoder.encode(value)) + [0x0A])
        } catch let error as VaultError {
            throw error
        } catch {
            throw VaultError(.resultMakesNoJSON)
        }
    }
}

extension Date {
    /// UTC as RFC 3339 has it, to the second.
    var rfc3339: String { formatted(.iso8601) }

    /// Seconds since 1970.
    var epochSeconds: Int64 { Int64(timeIntervalSince1970) }
}

/// Columns for people: each as wide as its longest field.
func table(_ rows: [[String]]) -> String {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
        zip(row, widths).enumerated().map { index, field in
            index == row.count - 1 ? field.0 : field.0 + String(repeating: " ", count: field.1 - field.0.count + 2)
        }.joined()
    }.joined(separator: "\n")
}
