internal import FoundationEssentials
internal import IsogeoVault
internal import VaultSystem

/// Standard output and error, written by write(2): a failure is an error at once, and not lost in a buffer.
enum StandardOutput {
    /// Whether a terminal shows the result, and so would obey the control characters in it.
    static var isTerminal: Bool { FileDescriptor(borrowing: 1).isTerminal() }

    /// Writes a result.
    ///
    /// - Throws: `inputOutput`, as on a full disk. If the reader has ended, SIGPIPE ends us, like any filter.
    static func write(_ bytes: [UInt8]) throws(VaultError) {
        do throws(Errno) { try FileDescriptor(borrowing: 1).write(bytes.span) } catch {
            throw VaultError(.output(error))
        }
    }

    /// Writes a line to standard error; if that fails, it is lost.
    static func say(_ text: String) { try? FileDescriptor(borrowing: 2).write(Array("\(text)\n".utf8).span) }
}

extension CommandContext {
    /// Prints a result as JSON; its keys are never renamed.
    func printJSON(_ value: some Encodable) throws(VaultError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try output(Array((String(decoding: try encoder.encode(value), as: UTF8.self).visibleJSON + "\n").utf8))
        } catch let error as VaultError {
            throw error
        } catch {
            throw VaultError(.resultMakesNoJSON)
        }
    }
}

extension Date {
    /// The time in UTC by RFC 3339, to the second.
    var rfc3339: String { formatted(.iso8601) }

    /// Seconds since 1970.
    var epochSeconds: Int64 { Int64(timeIntervalSince1970) }
}

/// Columns for people: each as wide as its longest field, and nothing in them that a terminal obeys.
func table(_ rows: [[String]]) -> String {
    let rows = rows.map { $0.map(\.visible) }
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
        zip(row, widths).enumerated().map { index, field in
            index == row.count - 1 ? field.0 : field.0 + String(repeating: " ", count: field.1 - field.0.count + 2)
        }.joined()
    }.joined(separator: "\n")
}
