internal import IsogeoVault
internal import VaultSystem

/// A program that was found, and its arguments.
struct Program {
    /// Its name as given.
    let name: String
    private let path: String
    /// As they were given: a program may take what isn't UTF-8.
    private let arguments: [[UInt8]]

    /// Finds a program as execvp(3) does, before a token is requested or a secret handed over for nothing.
    ///
    /// - Throws: `usage` where none is named; `programNotFound`; `programNotStarted`.
    init(_ command: [String]) throws(VaultError) {
        guard let name = command.first, !name.isEmpty else { throw VaultError(.noProgramNamed) }
        self.name = name
        arguments = Arguments.bytes(endingWith: command)
        path = try Self.find(name)
    }

    private static func find(_ name: String) throws(VaultError) -> String {
        guard !name.contains("/") else {
            try check(name)
            return name
        }
        // Without PATH, what confstr(_CS_PATH) returns.
        let folders = Environment.value(of: "PATH") ?? "/bin:/usr/bin"
        var refused: VaultError?
        for folder in folders.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = folder.isEmpty ? "./\(name)" : "\(folder)/\(name)"
            do throws(VaultError) {
                try check(candidate)
                return candidate
            } catch {
                // A later folder may have an executable of that name.
                if error.code == .programNotStarted, refused == nil { refused = error }
            }
        }
        throw refused ?? VaultError(.programNotFound(name))
    }

    private static func check(_ path: String) throws(VaultError) {
        let status: FileStatus
        do throws(Errno) {
            status = try FileStatus(of: path, followsLink: true)
        } catch {
            guard [.noEntry, .notADirectory].contains(error) else { throw cannotStart(path, error) }
            throw VaultError(.programNotFound(path))
        }
        guard status.kind == .regular, FilePath.isExecutable(path) else { throw cannotStart(path, .accessDenied) }
        guard ScriptInterpreter(of: path).isThere else { throw cannotStart(path, .noEntry) }
    }

    /// Replaces this process with the program; returns only by throwing.
    func become(_ environment: borrowing ChildEnvironment) throws(VaultError) {
        throw Self.cannotStart(path, environment.become(path, arguments))
    }

    /// Starts the program as a child.
    func start(_ environment: borrowing ChildEnvironment) throws(VaultError) {
        do throws(Errno) { try environment.start(path, arguments) } catch { throw Self.cannotStart(path, error) }
    }

    private static func cannotStart(_ path: String, _ errno: Errno) -> VaultError {
        // execve(2) fails with ENOENT for a script whose interpreter is missing.
        VaultError(errno == .noEntry ? .interpreterMissing(path: path) : .programNotStarted(path: path, errno))
    }
}

/// The program that a script's first line names, `#!/bin/sh`.
struct ScriptInterpreter {
    /// How much of the first line the kernel reads (execve(2)).
    private static let lineLimit = 255

    /// Nil for what is no script, and for a file that can't be read, which may be started all the same.
    private let path: String?

    /// Looks at the file that would be started.
    init(of file: String) {
        let beginning = try? FileDescriptor.open(file, .probing).readAll(limit: Self.lineLimit)
        path = beginning.flatMap { Self.path(in: $0[...]) }
    }

    /// Whether the interpreter exists; true where none is named.
    var isThere: Bool {
        path.map { !FilePath.isMissing($0) } ?? true
    }

    // A carriage return before the line's end is part of the name, as for the kernel.
    private static func path(in text: ArraySlice<UInt8>) -> String? {
        guard text.starts(with: "#!".utf8), let end = text.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let words = text[..<end].dropFirst(2).split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return words.first.map { String(decoding: $0, as: UTF8.self) }
    }
}
