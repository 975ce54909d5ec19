import Foundation
import Synchronization

/// A server on this computer that answers each connection with scripted bytes and notes what it was sent.
final class ScriptedServer: Sendable {
    enum Answer: Sendable {
        /// These bytes, then the end of the connection.
        case bytes([UInt8])
        /// The end of the connection at once.
        case close
        /// A reset in place of an answer.
        case reset
        /// Nothing, until the client goes or the server stops.
        case silence
        /// A token once the client goes, or after ten seconds.
        case late

        static func http(_ status: String, _ body: String, _ headers: String...) -> Answer {
            let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
            return .bytes(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        }

        static let token = http("200 OK", #"{"access_token":"t","token_type":"bearer","expires_in":3599}"#)
    }

    struct Failure: Error { let errno: Int32 }

    let port: UInt16
    private let listener: Int32
    private let answers: [Answer]
    private let state = Mutex((requests: [[UInt8]](), isStopped: false))
    private let finished = DispatchSemaphore(value: 0)

    /// Listens on a free port of 127.0.0.1, or of ::1; the last answer is repeated.
    init(_ answers: Answer..., onIPv6: Bool = false) throws {
        self.answers = answers
        listener = socket(onIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw Failure(errno: errno) }
        port = try Self.listen(listener, onIPv6: onIPv6)
        Thread.detachNewThread { [self] in serve() }
    }

    /// Each request as it came.
    var requests: [String] { state.withLock { $0.requests.map { String(decoding: $0, as: UTF8.self) } } }

    /// Ends the server's thread, in ten seconds at most.
    func stop() {
        state.withLock { $0.isStopped = true }
        _ = finished.wait(timeout: .now() + 10)
    }

    private static func listen(_ listener: Int32, onIPv6: Bool) throws -> UInt16 {
        var bound: (Int32, Int32, in_port_t)
        if onIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_addr = in6addr_loopback
            bound = bindAndName(listener, &address)
            bound.2 = address.sin6_port
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
            bound = bindAndName(listener, &address)
            bound.2 = address.sin_port
        }
        guard bound.0 == 0, bound.1 == 0, Glibc.listen(listener, 8) == 0 else { throw Failure(errno: errno) }
        return UInt16(bigEndian: bound.2)
    }

    private static func bindAndName<Address>(_ listener: Int32, _ address: inout Address) -> (Int32, Int32, in_port_t) {
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                var count = socklen_t(MemoryLayout<Address>.size)
                let status = unsafe bind(listener, pointer, count)
                return (status, unsafe getsockname(listener, pointer, &count), 0)
            }
        }
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func serve() {
        var number = 0
        while !isStopped {
            guard Self.isReadable(listener) else { continue }
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { continue }
            let request = receive(connection)
            state.withLock { $0.requests.append(request) }
            send(answers[min(number, answers.count - 1)], connection)
            close(connection)
            number += 1
        }
        close(listener)
        finished.signal()
    }

    /// Waits a twentieth of a second.
    private static func isReadable(_ descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&request, 1, 50) > 0
    }

    /// Reads head and body of one request, or what came of it.
    private func receive(_ connection: Int32) -> [UInt8] {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isStopped, !Self.isWhole(request) {
            guard Self.isReadable(connection) else { continue }
            let count = unsafe read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            request += buffer[..<count]
        }
        return request
    }

    private static func isWhole(_ request: [UInt8]) -> Bool {
        // A TLS handshake (RFC 8446 §5.1) will become no request.
        if request.first == 0x16 { return true }
        let text = String(decoding: request, as: UTF8.self)
        guard let head = text.range(of: "\r\n\r\n") else { return false }
        let line = text[..<head.lowerBound].components(separatedBy: "\r\n").first { $0.hasPrefix("Content-Length: ") }
        let count = line.flatMap { Int($0.dropFirst("Content-Length: ".count)) } ?? 0
        return text[head.upperBound...].utf8.count >= count
    }

    private func send(_ answer: Answer, _ connection: Int32) {
        switch answer {
        case .bytes(let bytes): send(bytes, connection)
        case .close: break
        case .reset:
            var option = linger(l_onoff: 1, l_linger: 0)
            _ = unsafe setsockopt(connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        case .silence:
            while !isStopped, !Self.isReadable(connection) {}
        case .late:
            var looks = 0
            while looks < 200, !isStopped, !Self.isReadable(connection) { looks += 1 }
            send(.token, connection)
        }
    }

    private func send(_ bytes: [UInt8], _ connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest)
            let count = unsafe Glibc.send(connection, piece, piece.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
    }
}
