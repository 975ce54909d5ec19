import Foundation
package import Testing

/// A random secret that nothing else looks like, and the shapes in which it could leak.
package struct Canary: Sendable {
    /// Letters and digits, 48 unless told.
    package let text: String

    package init(length: Int = 48) {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        text = String((0..<length).map { _ in alphabet[Int.random(in: alphabet.indices)] })
    }

    package var bytes: [UInt8] { Array(text.utf8) }

    /// The secret in clear, reversed, in hexadecimal digits of both cases, in UTF-16, and what of its Base64 doesn't
    /// depend on its neighbours, at each of the three offsets that it can have in a longer text.
    package var shapes: [(name: String, bytes: [UInt8])] {
        let hexadecimal = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let base64 = (0..<3).map { offset in
            let encoded = Data([UInt8](repeating: 0, count: offset) + bytes).base64EncodedString()
            return (name: "Base64 at \(offset)", bytes: Array(encoded.utf8.dropFirst(4).dropLast(4)))
        }
        return [
            ("in clear", bytes), ("reversed", bytes.reversed()), ("hexadecimal", Array(hexadecimal.utf8)),
            ("HEXADECIMAL", Array(hexadecimal.uppercased().utf8)), ("UTF-16", bytes.flatMap { [$0, 0] }),
        ] + base64
    }

    /// The shapes that stand in `content`.
    package func findings(in content: some Sequence<UInt8>) -> [String] {
        let content = Array(content)
        return shapes.filter { content.firstRange(of: $0.bytes) != nil }.map(\.name)
    }

    /// The files below a folder that hold the secret, or are named so, and in which shape.
    package func findings(inFolder folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).flatMap { name in
            let content = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
            return findings(in: name.utf8).map { "a name: \($0)" } + findings(in: content).map { "\(name): \($0)" }
        }
    }

    /// Records an issue for each shape that stands in `content`.
    package func expectAbsent(
        in content: some Sequence<UInt8>,
        named name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for finding in findings(in: content) {
            Issue.record("a secret stands in \(name), \(finding)", sourceLocation: sourceLocation)
        }
    }

    package func expectAbsent(in report: ProcessReport, sourceLocation: SourceLocation = #_sourceLocation) {
        expectAbsent(in: report.output, named: "\(report.program)'s output", sourceLocation: sourceLocation)
        expectAbsent(in: report.errors, named: "\(report.program)'s errors", sourceLocation: sourceLocation)
    }

    package func expectAbsent(inFolder folder: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        for finding in try findings(inFolder: folder) {
            Issue.record("a secret stands in a file, \(finding)", sourceLocation: sourceLocation)
        }
    }
}
