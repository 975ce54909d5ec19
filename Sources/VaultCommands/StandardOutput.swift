internal import FoundationEssentials
internal import IsogeoVault
internal import VaultSystem

/// The two standard streams, written by write(2): what can't be written is an error and not lost in a buffer.
enum StandardOutput {
    /// Whether the result is shown by a terminal, which obeys what is in it.
    static var isTerminal: Bool { FileDescriptor(borrowing: 1).isTerminal() }

    /// Writes a result.
    ///
    /// - Throws: `inputOutput`, as on a full disk. A reader that has gone ends us by SIGPIPE, like any filter.
    static func write(_ bytes: [UInt8]) throws(VaultError) {
        do throws(Errno) { try FileDescriptor(borrowing: 1).write(bytes.span) } catch {
            throw VaultError(.output(error))
        }
    }

    /// Writes a line for people; where nothing takes it, it is lost.
    static func say(_ text: String) { try? FileDescriptor(borrowing: 2).write(Array("\(text)\n".utf8).span) }
}

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
