internal import CVaultLinux
internal import Glibc
internal import IsogeoVault

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
        guard let name = command.first, !name.isEmpty else {
            throw VaultError(
                .usage,
                "No program is named.",
                remedy: "Write it behind two hyphens: isogeo-vault exec -- PROGRAM ARGUMENT…"
            )
        }
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
        let folders = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/bin:/usr/bin"
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
        throw refused ?? notFound(name)
    }

    private static func check(_ path: String) throws(VaultError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw cannotStart(path, errno) }
            throw notFound(path)
        }
        guard status.st_mode & S_IFMT == S_IFREG, unsafe access(path, X_OK) == 0 else {
            throw cannotStart(path, EACCES)
        }
        guard ScriptInterpreter(of: path).isThere else { throw cannotStart(path, ENOENT) }
    }

    /// Becomes the program; returns only by throwing.
    func become(_ environment: borrowing ChildEnvironment) throws(VaultError) {
        let failure = unsafe withArguments { arguments in
            unsafe environment.withEntries { entries in unsafe cvault_become(path, arguments, entries) }
        }
        throw Self.cannotStart(path, failure)
    }

    /// Starts the program beside us.
    func start(_ environment: borrowing ChildEnvironment) throws(VaultError) {
        let failure = unsafe withArguments { arguments in
            unsafe environment.withEntries { entries in unsafe cvault_start_child(path, arguments, entries) }
        }
        if failure != 0 { throw Self.cannotStart(path, failure) }
    }

    /// Waits for the program that was started and ends this process as that one has ended.
    static func end(after cleanUp: () -> Void) -> Never {
        let end = cvault_wait_for_child()
        cleanUp()
        if end < 0 { cvault_die_of(-end) }
        exit(end)
    }

    private func withArguments(_ body: ([UnsafeMutablePointer<CChar>?]) -> Int32) -> Int32 {
        let copies = unsafe arguments.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe body(copies + [nil])
    }

    private static func notFound(_ name: String) -> VaultError {
        // Quoted as one word, a line for the shell is taken for a program's name.
        let isForShell = name.contains { " \t\n|&;<>()$`*?~".contains($0) }
        return VaultError(
            .programNotFound,
            "There is no program \(name.shellWord).",
            remedy: isForShell
                ? "A line for the shell goes to one: isogeo-vault exec -- sh -c \(name.shellWord)"
                : "Check its name, and PATH; nothing was asked for, and nothing lent."
        )
    }

    private static func cannotStart(_ path: String, _ code: Int32) -> VaultError {
        // execve(2) says of the file what is true of the one that would run it.
        guard code != ENOENT else {
            return VaultError(
                .programNotStarted,
                "\(path.shellWord) can't be started: the interpreter that its first line names isn't there.",
                remedy: "Install it, or correct that line; look for Windows line ends (CRLF)."
            )
        }
        return VaultError(
            .programNotStarted,
            "\(path.shellWord) can't be started: \(unsafe String(cString: strerror(code))).",
            remedy: "Check that it is a program that you may execute."
        )
    }
}
