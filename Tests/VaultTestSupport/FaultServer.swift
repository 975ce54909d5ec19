import Foundation
import Glibc

/// `Tests/Servers/fault-server`: servers that go wrong in a way of their own each, for as long as this value lives.
package final class FaultServer: Sendable {
    /// What a server does with a connection, in turn; behind the last step it ends it.
    package enum Step: Sendable {
        /// A whole request.
        case read
        /// A request's first byte, which stays unread.
        case awaitRequest
        /// At once; `%PORT:NAME%` becomes the port of another one.
        case send([UInt8])
        /// Byte by byte, with this many seconds between.
        case drip([UInt8], every: Double)
        /// Again and again.
        case forever([UInt8], every: Double)
        /// To where the CONNECT that was read wants to go.
        case tunnel
        case hold
        case reset

        fileprivate var words: [Any] {
            func encoded(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
            return switch self {
            case .read: ["read"]
            case .awaitRequest: ["await"]
            case .send(let bytes): ["send", encoded(bytes)]
            case .drip(let bytes, let pause): ["drip", encoded(bytes), pause]
            case .forever(let bytes, let pause): ["forever", encoded(bytes), pause]
            case .tunnel: ["tunnel"]
            case .hold: ["hold"]
            case .reset: ["reset"]
            }
        }
    }

    package struct TLS: Sendable {
        /// One of the files that `ThrowawayCA` makes.
        package var certificate: String
        /// Nothing but this one, as Python's `ssl.TLSVersion` calls it.
        package var version: String?

        package init(_ certificate: String = "server.pem", version: String? = nil) {
            self.certificate = certificate
            self.version = version
        }
    }

    package struct Script: Sendable {
        package var steps: [Step]
        package var tls: TLS?
        package var onIPv6 = false

        package init(_ steps: [Step], tls: TLS? = nil, onIPv6: Bool = false) {
            self.steps = steps
            self.tls = tls
            self.onIPv6 = onIPv6
        }
    }

    /// What the servers with TLS are certified by.
    package let authority: ThrowawayCA
    private let ports: [String: Int]
    private let folder: TemporaryDirectory
    private let process: RunningProcess

    package init(_ scripts: [String: Script]) async throws {
        authority = try await ThrowawayCA(isFaulty: true)
        folder = try TemporaryDirectory()
        let object = scripts.mapValues { [path = authority.path, key = authority.serverKey] script in
            var object: [String: Any] = ["steps": script.steps.map(\.words), "ipv6": script.onIPv6]
            if let tls = script.tls {
                object["tls"] = ["cert": "\(path)/\(tls.certificate)", "key": key]
                    .merging(tls.version.map { ["version": $0] } ?? [:]) { $1 }
            }
            return object
        }
        let script = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
        var command = Command(
            TestPaths.checkout + "/Tests/Servers/fault-server",
            [try folder.write(script, to: "script"), folder("log")]
        )
        command.input = .open
        command.limit = Patience.ofServers
        process = try command.start()
        let said = await process.wait { $0.output.last == 0x0a }
        guard let ports = try? JSONDecoder().decode([String: Int].self, from: Data(said.output)) else {
            throw ServerError.notStarted("fault-server", said)
        }
        self.ports = ports
    }

    /// The port of a server.
    package func port(_ name: String) -> Int { ports[name] ?? 0 }

    /// `text` with ports, and `%CA%`, for what stands for them.
    package func resolve(_ text: String) -> String {
        var text = text.replacing("%CA%", with: authority.certificate)
        for (name, port) in ports { text = text.replacing("%PORT:\(name)%", with: "\(port)") }
        return text
    }

    /// How many whole requests a server was sent.
    package func requests(_ name: String) throws -> Int { try count("\(name) request") }

    /// How many connections a server had.
    package func connections(_ name: String) throws -> Int { try count("\(name) connection") }

    private func count(_ line: String) throws -> Int {
        String(decoding: try folder.read("log"), as: UTF8.self).split(separator: "\n").count { $0 == line }
    }

    /// Ends the servers.
    package func stop() async throws {
        process.closeInput()
        _ = try await process.outcome()
    }
}
