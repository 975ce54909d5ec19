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
    func printJSON(_ value: some Encodable) throws(VaultError) { try output(Array((try json(value) + "\n").utf8)) }

    /// A result as JSON, without the end of the line.
    func json(_ value: some Encodable) throws(VaultError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self).visibleJSON
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
    guard let first = rows.first else { return "" }
    var columns = Columns(first)
    for row in rows { columns.measure(row) }
    return rows.map { columns.line($0) }.joined(separator: "\n")
}

/// The columns of a table that is printed line by line, once all fields were measured.
struct Columns {
    private let names: [String]
    private var widths: [Int]

    init(_ names: [String]) {
        self.names = names
        widths = names.map(\.visible.count)
    }

    /// The line of their names.
    var head: String { line(names) }

    mutating func measure(_ row: [String]) {
        for (column, field) in row.enumerated() where column < widths.count {
            widths[column] = max(widths[column], field.visible.count)
        }
    }

    func line(_ row: [String]) -> String {
        zip(row.map(\.visible), widths).enumerated().map { column, field in
            let (text, width) = field
            return column == row.count - 1 ? text : text + String(repeating: " ", count: width - text.count + 2)
        }.joined()
    }
}
