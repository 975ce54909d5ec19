import Foundation
import Testing
import VaultTestSupport

/// The `openssl` program, as a server; every wait for it is bounded, and on a thread of its own.
// @unchecked: Process and Pipe are used by one thread after the other.
final class OpenSSL: @unchecked Sendable {
    static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first(where: FileManager.default.isExecutableFile)

    let input = Pipe()
    /// What it writes: a file, so that nothing of it comes into this process's memory unasked.
    private let output: URL
    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)

    init(_ arguments: [String], in folder: URL) throws {
        output = folder.appendingPathComponent("output-\(UUID().uuidString)")
        try Data().write(to: output)
        process.executableURL = URL(fileURLWithPath: try #require(Self.path))
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        // `waitUntilExit` waits for the run loop of the thread that started it.
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
    }

    /// What it has written once `isEnough` says so, or nothing comes.
    func waitForOutput(_ isEnough: (_ count: Int) throws -> Bool) throws {
        let end = ContinuousClock.now + Patience.end
        repeat {
            let attributes = try FileManager.default.attributesOfItem(atPath: output.path)
            if try isEnough(attributes[.size] as? Int ?? 0) { return }
            Thread.sleep(forTimeInterval: 0.02)
        } while .now < end
        Issue.record("openssl says nothing")
    }

    /// What it has written so far.
    func text() throws -> String { String(decoding: try Data(contentsOf: output), as: UTF8.self) }

    func stop() {
        // It was seen to outlive SIGTERM.
        kill(process.processIdentifier, SIGKILL)
        _ = ended.wait(timeout: .now() + 600)
    }
}

/// `openssl s_server`, which answers the first connection with a token, or never.
struct TLSServer: Sendable {
    let port: Int
    private let program: OpenSSL

    init(
        _ authority: ThrowawayCA,
        certificate: String = "server.pem",
        options: [String] = [],
        isSilent: Bool = false
    ) throws {
        let arguments = ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", "server.key"]
        let program = try OpenSSL(arguments + options, in: URL(fileURLWithPath: authority.path))
        var port: Int?
        try program.waitForOutput { _ in
            let lines = try program.text().split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            port = lines.first { $0.hasPrefix("ACCEPT ") }?.split(separator: ":").last.flatMap { Int($0) }
            return port != nil
        }
        self.port = try #require(port)
        self.program = program
        guard !isSilent else { return }
        let body = #"{"access_token":"over-tls","expires_in":5}"#
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)\r\n"
        // It stays open behind this: its end would end the server.
        try program.input.fileHandleForWriting.write(contentsOf: Data(answer.utf8))
    }

    /// Waits until a request has come, without reading it: s_server writes it out, behind 500 bytes about the
    /// handshake.
    func waitForRequest() throws {
        try program.waitForOutput { $0 > 900 }
    }

    func stop() { program.stop() }
}
