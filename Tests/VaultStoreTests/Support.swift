import Foundation
import Testing
import VaultSystem
import VaultTestSupport

@testable import VaultStore

/// A folder of our own, 0700, removed at the end.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let base = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
        path = base + "/vault-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try Files.setMode(path, 0o700)
    }

    deinit {
        // Tests that take rights away leave folders that can't be emptied otherwise.
        try? Files.setMode(path, 0o700)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A name in this folder.
    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// A folder in this folder.
    func folder(_ name: String, mode: mode_t = 0o700) throws -> String {
        let path = self(name)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Files.setMode(path, mode)
        return path
    }

    /// A file in this folder.
    @discardableResult
    func file(_ name: String, _ bytes: [UInt8] = [1], mode: mode_t = 0o600) throws -> String {
        let path = self(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try Files.setMode(path, mode)
        return path
    }

    /// A new vault in this folder.
    func vault(_ name: String = "vault.db", _ more: [Mutation] = []) throws -> VaultDatabase {
        try VaultDatabase.create(.prepare(self(name)), Sample.contents + more)
    }

    /// Opens the vault anew.
    func reopen(_ name: String = "vault.db", forWriting: Bool = true, patience: Duration = Patience.end) throws
        -> VaultDatabase
    {
        try VaultDatabase.open(.find(self(name)), forWriting: forWriting, patience: patience)
    }
}

/// Records of the right lengths, which is all that the store knows of them.
enum Sample {
    static func bytes(_ count: Int, _ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: count) }

    static func header(tag: UInt8 = 1, generation: Int64 = 1, slots: [UInt8] = [1]) -> HeaderRecord {
        let entries = slots.map { SlotDigests.Entry(id: bytes(16, $0), digest: bytes(32, $0)) }
        guard let digests = SlotDigests(entries) else { preconditionFailure("1 to 16 different slots") }
        return HeaderRecord(
            vaultID: bytes(16, 7),
            created: 1_700_000_000,
            changed: 1_700_000_001,
            keyEpoch: 1,
            generation: generation,
            slots: digests,
            state: bytes(104, 8),
            tag: bytes(32, tag)
        )
    }

    static func slot(_ id: UInt8 = 1) -> SlotRecord {
        SlotRecord(
            id: bytes(16, id),
            kind: "key-file",
            created: 1_700_000_000,
            parameters: [],
            salt: bytes(16, 2),
            commitment: bytes(32, 3),
            wrappedKey: bytes(72, 4)
        )
    }

    static func application(_ id: UInt8 = 1, name: UInt8? = nil, secret: UInt8 = 6) -> ApplicationRecord {
        ApplicationRecord(
            id: bytes(16, id),
            nameTag: bytes(32, name ?? id),
            metadata: bytes(552, 5),
            secret: bytes(296, secret)
        )
    }

    static func token(_ id: UInt8 = 1, of application: UInt8 = 1, expires: Int64 = 1_700_003_600, box: UInt8 = 9)
        -> TokenRecord
    {
        TokenRecord(id: bytes(32, id), application: bytes(16, application), expires: expires, box: bytes(1064, box))
    }

    static let contents: [Mutation] = [.putHeader(header()), .putSlot(slot()), .putApplication(application())]
    static let tag = bytes(32, 1)
}

/// Python, for what Swift can't do here: other processes that hold locks or die, and editing a vault without its
/// checks.
enum Python {
    static let path = ["/usr/bin/python3", "/usr/local/bin/python3"].first(where: Files.canRun)
    static let isThere = path != nil

    struct Failed: Error { let message: String }

    /// Runs a script to its end.
    @discardableResult
    static func run(_ script: String, _ arguments: String...) throws -> String {
        let child = try Child(script, arguments)
        let output = child.everything()
        guard child.status() == 0 else { throw Failed(message: output) }
        return output
    }

    /// Edits a database as a stranger would: without our checks, and with the schema writable.
    static func edit(_ path: String, _ statements: String) throws {
        try run(
            """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1])
            connection.executescript("pragma ignore_check_constraints=on; pragma writable_schema=on;" + sys.argv[2])
            connection.commit()
            connection.close()
            """,
            path,
            statements
        )
    }
}

/// A child process running Python; killed at the end if it still runs.
final class Child {
    private let process = Process()
    private let output = Pipe()

    init(_ script: String, _ arguments: [String]) throws {
        let path = try #require(Python.path)
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-c", script] + arguments
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit { kill() }

    var identifier: Int32 { process.processIdentifier }

    /// Waits until the child has said `word` and a newline.
    func waits(for word: String) throws {
        var said = ""
        let deadline = ContinuousClock.now + Patience.end
        while !said.contains(word + "\n") {
            var state = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard deadline > .now, unsafe poll(&state, 1, 1000) >= 0 else { throw Python.Failed(message: said) }
            guard state.revents != 0 else { continue }
            let part = output.fileHandleForReading.availableData
            guard !part.isEmpty else { throw Python.Failed(message: said) }
            said += String(decoding: part, as: UTF8.self)
        }
    }

    func everything() -> String {
        String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }

    /// The exit status; scripts here end by themselves once their output has.
    func status() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// SIGKILL, to this child alone.
    func kill() {
        guard process.isRunning else { return }
        _ = Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

/// What `body` throws; nil where it doesn't.
func failure<Result: ~Copyable>(_ body: () throws -> Result) -> StoreError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? StoreError
    }
}

/// Why a path was refused; nil where it wasn't, or for another error.
func fault<Result: ~Copyable>(_ body: () throws -> Result) -> UnsafePath.Reason? {
    guard case .unsafePath(let fault) = failure(body) else { return nil }
    return fault.reason
}

/// What is damaged; nil where nothing is, or for another error.
func damage<Result: ~Copyable>(_ body: () throws -> Result) -> String? {
    guard case .damaged(_, let what) = failure(body) else { return nil }
    return what.words
}
