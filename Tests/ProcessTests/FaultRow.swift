import VaultTestSupport

/// One way in which a token endpoint, or the way to it, goes wrong, and what the command makes of it.
struct FaultRow: Sendable {
    let name: String
    var script: FaultServer.Script
    /// The exit code.
    let exit: Int
    /// What the error says, or a part of it; with 0, of the warning, if there is to be one.
    let says: String
    /// How many whole requests the endpoint gets.
    let requests: Int
    /// Further arguments of `token`; `%CA%` and `%PORT:NAME%` are resolved.
    var options: [String] = []
    var importOptions: [String] = []
    var environment: [String: String] = [:]
    /// Another address than the server's own.
    var address: String?

    init(
        _ name: String,
        _ steps: [FaultServer.Step],
        _ exit: Int,
        _ says: String = "",
        requests: Int = 1,
        tls: FaultServer.TLS? = nil
    ) {
        self.name = name
        script = FaultServer.Script(steps, tls: tls)
        (self.exit, self.says, self.requests) = (exit, says, requests)
        if tls != nil { options = ["--ca-file", "%CA%"] }
    }

    /// The token endpoint's address.
    var endpoint: String {
        if let address { return address }
        let host = script.onIPv6 ? "[::1]" : script.tls == nil ? "127.0.0.1" : "localhost"
        return "\(script.tls == nil ? "http" : "https")://\(host):%PORT:\(name)%/oauth/token"
    }

    func with(_ change: (inout FaultRow) -> Void) -> FaultRow {
        var row = self
        change(&row)
        return row
    }

    func with(options: String..., environment: [String: String] = [:]) -> FaultRow {
        with {
            $0.options += options
            $0.environment.merge(environment) { $1 }
        }
    }
}

extension [FaultServer.Step] {
    static let token = answer("200 OK", FaultRow.token())

    /// A request is read, and answered with this.
    static func answer(_ status: String, _ body: String, _ headers: String...) -> Self {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        return [.read, .send([UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))]
    }

    /// A request is read, and answered with these bytes.
    static func raw(_ text: String, then steps: FaultServer.Step...) -> Self {
        [.read, .send([UInt8](text.utf8))] + steps
    }
}

extension FaultRow {
    /// A token's JSON, with a member replaced, or left out where its value is empty.
    static func token(_ name: String = "", _ value: String = "") -> String {
        let members = ["access_token": "\"t\"", "token_type": "\"bearer\"", "expires_in": "3599"]
            .merging([name: value]) { $1 }
        return
            "{\(members.filter { !$1.isEmpty }.sorted { $0.key < $1.key }.map { "\"\($0)\": \($1)" }.joined(separator: ", "))}"
    }
}
