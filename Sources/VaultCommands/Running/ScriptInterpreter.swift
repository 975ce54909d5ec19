internal import VaultSystem

/// The program that a script's first line names, `#!/bin/sh`.
struct ScriptInterpreter {
    /// How much of the first line the kernel reads (execve(2)).
    private static let lineLimit = 255

    /// Nil for what is no script, or can't be read, which doesn't keep it from being started.
    private let path: String?

    /// Looks at the file that would be started.
    init(of file: String) {
        let beginning = try? FileDescriptor.open(file, .probing).readAll(limit: Self.lineLimit)
        path = beginning.flatMap { Self.path(in: $0[...]) }
    }

    /// Whether there is a file of that name; true where none is named.
    var isThere: Bool {
        path.map { !FilePath.isMissing($0) } ?? true
    }

    // A carriage return before the line's end is part of the name: the kernel takes it for one, too.
    private static func path(in text: ArraySlice<UInt8>) -> String? {
        guard text.starts(with: "#!".utf8), let end = text.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let words = text[..<end].dropFirst(2).split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return words.first.map { String(decoding: $0, as: UTF8.self) }
    }
}
