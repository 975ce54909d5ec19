import Foundation
import InMemoryLogging
import IsogeoVault
import IsogeoVaultTesting
import Logging
import VaultTestSupport

/// A logger that keeps every level, and what it was told.
struct RecordedLog {
    let logger: Logger
    private let handler: InMemoryLogHandler

    init() {
        var handler = InMemoryLogHandler()
        handler.logLevel = .trace
        self.handler = handler
        var logger = Logger(label: "test") { [handler] _ in handler }
        logger.logLevel = .trace
        self.logger = logger
    }

    var entries: [InMemoryLogHandler.Entry] { handler.entries }

    /// Everything that was logged, as text.
    var text: String {
        entries.map { "\($0.level) \($0.message) \($0.metadata) \(String(describing: $0.error))" }.joined(
            separator: "\n"
        )
    }

    func messages(_ level: Logger.Level) -> [String] { entries.filter { $0.level == level }.map { "\($0.message)" } }

    func values(of key: String) -> [String] { entries.compactMap { $0.metadata[key].map { "\($0)" } } }
}

/// Whether the two errors have one code.
func fails<Value>(_ code: VaultError.Code, _ body: () async throws -> Value) async -> Bool {
    do {
        _ = try await body()
        return false
    } catch {
        return (error as? VaultError)?.code == code
    }
}

/// Whether something lies there.
func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// Waits until something has come about.
func waitUntil(_ condition: @Sendable () -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + Patience.end
    while !condition(), .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    return condition()
}

/// Connects to 127.0.0.1, sends, and hangs up.
func sendAndClose(_ bytes: [UInt8], to port: UInt16) throws {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard connection >= 0 else { throw POSIXError.last }
    defer { close(connection) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    address.sin_port = port.bigEndian
    let status = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            unsafe connect(connection, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard status == 0, unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
        throw POSIXError.last
    }
}
