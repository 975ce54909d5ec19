internal import IsogeoVault
internal import VaultSystem

/// A program that was found, and its arguments.
struct Program {
    /// As it was called.
    let name: String
    private let path: String
    private let arguments: [String]

    /// Finds a program, as execvp(3) does: before a token is asked for, or a secret lent, to no end.
    ///
    /// - Throws: `usage` where none is named; `programNotFound`; `programNotStarted`.
    init(_ command: [String]) throws(VaultError) {
        guard let name = command.first, !name.isEmpty else { throw VaultError(.noProgramNamed) }
        self.name = name
        arguments = command
        path = try Self.find(name)
    }

    private static func find(_ name: String) throws(VaultError) -> String {
        guard !name.contains("/") else {
            try check(name)
            return name
        }
        // confstr(_CS_PATH) where there is no PATH.
        let folders = Environment.value(of: "PATH") ?? "/bin:/usr/bin"
        var refused: VaultError?
        for folder in folders.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = folder.isEmpty ? "./\(name)" : "\(folder)/\(name)"
            do throws(VaultError) {
                try check(candidate)
                return candidate
            } catch {
                // Another one of that name, further on, may be let through.
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

    /// Becomes the program; returns only by throwing.
    func become(_ environment: borrowing ChildEnvironment) throws(VaultError) {
        throw Self.cannotStart(path, environment.become(path, arguments))
    }

    /// Starts the program beside us.
    func start(_ environment: borrowing ChildEnvironment) throws(VaultError) {
        do throws(Errno) { try environment.start(path, arguments) } catch { throw Self.cannotStart(path, error) }
    }

    private static func cannotStart(_ path: String, _ errno: Errno) -> VaultError {
        // execve(2) says of the file what is true of the one that would run it.
        VaultError(errno == .noEntry ? .interpreterMissing(path: path) : .programNotStarted(path: path, errno))
    }
}
