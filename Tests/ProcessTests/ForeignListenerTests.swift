import Foundation
import Testing
import VaultTestSupport

/// Another account that has taken the port of this computer where a token is requested over plain http.
@Suite(.serialized, .needsBinary, .privileged)
struct ForeignListenerTests {
    /// Listens as that account, tells its port, and writes down what it gets.
    private static let attacker = """
        import os, socket, sys
        family, address, user = sys.argv[1:4]
        os.setgroups([]); os.setgid(int(user)); os.setuid(int(user))
        server = socket.socket(getattr(socket, family))
        server.bind((address, 0))
        server.listen()
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _ = server.accept()
            got = connection.recv(65536)
            print("got", len(got), flush=True)
            body = b'{"access_token":"t","token_type":"bearer","expires_in":60}'
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n" % len(body) + body)
            connection.close()
        """

    @Test(arguments: [
        ("AF_INET", "127.0.0.1", "127.0.0.1"), ("AF_INET", "0.0.0.0", "localhost"), ("AF_INET6", "::1", "[::1]"),
    ])
    func `root: what another user listens for over plain http isn't sent`(
        family: String,
        address: String,
        host: String
    ) async throws {
        let attacker = try Command("python3", ["-c", Self.attacker, family, address, "65534"]).start()
        let first = try await attacker.expect("\n").outputText
        let port = try #require(Int(first.prefix { $0 != "\n" }))
        let home = try await Home.withVault(askingAt: "http://\(host):\(port)/token")
        try await home.run("token").expectFailure(
            78,
            "atlas at http://\(host):\(port): A program of another user (uid 65534) listens on port \(port) of this "
                + "computer, and would get what is sent.",
            "Use https, or if that program is meant, say so: --foreign-listener, or ISOGEO_VAULT_FOREIGN_LISTENER=1."
        )
        try await attacker.expect("got 0\n")
        try await home.run("token", "--foreign-listener").expectSuccess("t\n")
        let meant = try await home.run("token", "--refresh", with: ["ISOGEO_VAULT_FOREIGN_LISTENER": "1"])
        meant.expectSuccess("t\n")
        attacker.send(SIGTERM)
    }
}
