import Foundation
import Testing
import VaultTestSupport

@testable import VaultSystem

/// What is small: numbers, words, texts and paths.
struct SystemTests {
    @Test func `error numbers have the C library's words`() {
        #expect("\(Errno.noEntry)" == "No such file or directory")
        #expect("\(Errno(99999))".contains("99999"))
        #expect(Errno.notPermitted.isAboutPermissions && !Errno.noSpace.isAboutPermissions)
    }

    @Test(arguments: [
        ("libx.so.1: cannot open shared object file: No such file or directory", LoaderFailure.missing),
        (
            "liby.so.2: cannot open shared object file: No such file or directory",
            .other("liby.so.2: cannot open shared object file: No such file or directory")
        ),
        ("libx.so.1: cannot open shared object file: Too many open files", .limit(.openFiles)),
        ("libx.so.1: failed to map segment from shared object", .limit(.memory)),
        ("liby.so.2: cannot create shared object descriptor: Cannot allocate memory", .limit(.memory)),
        (
            "libx.so.1: failed to map segment from shared object: Operation not permitted",
            .other("libx.so.1: failed to map segment from shared object: Operation not permitted")
        ),
    ])
    func `what the loader says is told apart`(words: String, failure: LoaderFailure) {
        #expect(LoaderFailure("libx.so.1", words: words) == failure)
    }

    @Test func `an error number tells of a limit or none, and this process has enough of all`() {
        #expect(Errno.tooManyFiles.limit == .openFiles && Errno.outOfMemory.limit == .memory)
        #expect(Errno.noSpace.limit == nil && Errno.accessDenied.limit == nil)
        #expect(ResourceLimit.reached() == nil)
        #expect(ResourceLimit.reached(needing: 1 << 60) == .memory)
    }

    @Test(arguments: [("127.0.0.1", false), ("::1", true), ("127.0.0.1", true)])
    func `who is at the other end of a connection is told`(address: String, isDualStack: Bool) async throws {
        let script = """
            import socket, sys
            v6 = sys.argv[2] == "true"
            server = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET)
            if v6: server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            server.bind(("::" if v6 else "127.0.0.1", 0)); server.listen()
            port = server.getsockname()[1]
            client = socket.create_connection((sys.argv[1], port))
            accepted, _ = server.accept()
            print(port, client.getsockname()[1], flush=True)
            sys.stdin.read()
            """
        var command = Command("python3", ["-c", script, address, "\(isDualStack)"])
        command.input = .open
        let server = try command.start()
        let ports = try await server.expect("\n").outputText.split { $0.isWhitespace }.compactMap { UInt16($0) }
        try #require(ports.count == 2)
        #expect(try LocalPeer.users(at: address, ports[0], from: address, ports[1]) == [geteuid(), geteuid()])
        #expect(throws: Errno.noEntry) { try LocalPeer.users(at: address, 1, from: address, ports[1]) }
        server.closeInput()
        _ = try await server.outcome()
    }

    /// A program of another user accepts the connection, stops listening, and the real server takes the port again.
    @Test(.privileged) func `root: a connection that another user has accepted is that user's`() async throws {
        let script = """
            import os, socket, sys
            reading, writing = os.pipe()
            accepted_reading, accepted_writing = os.pipe()
            child = os.fork()
            if child == 0:
                os.setgroups([]); os.setgid(65534); os.setuid(65534)
                server = socket.socket()
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind(("127.0.0.1", 0)); server.listen()
                os.write(writing, str(server.getsockname()[1]).encode())
                connection, _ = server.accept()
                server.close()
                os.write(accepted_writing, b"x")
                connection.recv(1)
                os._exit(0)
            port = int(os.read(reading, 10))
            client = socket.create_connection(("127.0.0.1", port))
            os.read(accepted_reading, 1)
            server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port)); server.listen()
            print(port, client.getsockname()[1], flush=True)
            sys.stdin.read()
            client.close()
            os.waitpid(child, 0)
            """
        var command = Command("python3", ["-c", script])
        command.input = .open
        let server = try command.start()
        let ports = try await server.expect("\n").outputText.split { $0.isWhitespace }.compactMap { UInt16($0) }
        try #require(ports.count == 2)
        #expect(try LocalPeer.users(at: "127.0.0.1", ports[0], from: "127.0.0.1", ports[1]) == [0, 65534])
        server.closeInput()
        _ = try await server.outcome()
    }

    @Test func `modes have four octal digits`() {
        #expect((0o644 as UInt32).octalMode == "0644")
        #expect((0o1777 as UInt32).octalMode == "1777")
        #expect((0 as UInt32).octalMode == "0000")
    }

    @Test func `hexadecimal digits are lower case, and read in either`() {
        #expect(HexadecimalDigits.text([0, 9, 0xAF, 0xFF]) == "0009afff")
        #expect("09afAF".utf8.map { HexadecimalDigits.value(of: $0) } == [0, 9, 10, 15, 10, 15])
        #expect(HexadecimalDigits.value(of: UInt8(ascii: "g")) == nil)
        #expect(HexadecimalDigits.value(of: UInt8(ascii: " ")) == nil)
    }

    @Test(arguments: ["plain/path-1.db", "two words", "it's", "$(rm)", "", "-x", "ü", "a\nb"])
    func `a shell reads a quoted word as it was`(text: String) async throws {
        for word in [text.quotedForShell, text.shellWord] {
            let report = try await Command("sh", ["-c", "printf %s \(word)"]).run()
            #expect(text == "-x" || report.outputText == text, "\(word): \(report)")
        }
    }

    @Test func `a plain word isn't quoted for people`() {
        #expect("a/b.c_d-e".shellWord == "a/b.c_d-e")
        #expect("a b".shellWord == "'a b'")
    }

    @Test func `paths are split as bytes`() throws {
        #expect(try FilePath.split("/a/b") == ("/a", "b"))
        #expect(try FilePath.split("/b") == ("/", "b"))
        #expect(try FilePath.split("b") == (".", "b"))
        #expect(try FilePath.split("a//b") == ("a", "b"))
        #expect(try FilePath.split("a/\u{301}b") == ("a", "\u{301}b"))
        for path in ["", "/", "a/", "a/.", "a/..", "a\0b"] {
            #expect(throws: SystemError(UnsafePath(path: path, .notAFileName))) { try FilePath.split(path) }
        }
        let long = String(repeating: "x", count: 248)
        #expect(throws: SystemError(UnsafePath(path: long, .tooLong))) { try FilePath.split(long) }
    }

    @Test func `a path that isn't UTF-8 becomes no other path`() async throws {
        let folder = try TemporaryDirectory()
        let script = "import os, sys; os.chdir(sys.argv[1]); os.mkdir(b'r\\xe9'); os.symlink(b'r\\xe9', 'link')"
        #expect(try await Command("python3", ["-c", script, folder.path]).run().exitCode == 0)
        #expect(throws: SystemError.unsafePath(UnsafePath(path: folder("link"), .notAFileName))) {
            _ = try FilePath.resolveDirectory(folder("link"))
        }
        #expect(try FilePath.resolveDirectory(folder("none")) == nil)
    }

    @Test func `variables are told from empty ones`() throws {
        #expect(Environment.value(of: "ISOGEO_VAULT_TEST_NOT_SET") == nil)
        #expect(!Environment.isSet("ISOGEO_VAULT_TEST_NOT_SET") && !Environment.hasValue("ISOGEO_VAULT_TEST_NOT_SET"))
        let path = try #require(Environment.value(of: "PATH"))
        #expect(Environment.isSet("PATH") && Environment.hasValue("PATH"))
        #expect(Environment.withBytes(of: "PATH") { $0.count } == path.utf8.count)
    }

    @Test func `clocks run`() {
        let before = SystemClock.timeSinceBoot
        SystemClock.sleep(.milliseconds(2))
        #expect(SystemClock.timeSinceBoot > before)
        #expect(SystemClock.millisecondsSinceBoot > 0)
        #expect(SystemClock.secondsSinceEpoch > 1_700_000_000)
    }

    @Test func `a lock excludes other descriptors, and ends with its own`() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("", to: "lock")
        do {
            let first = try FileDescriptor.open(path, .readWrite)
            #expect(try first.tryLock(byte: 7))
            let second = try FileDescriptor.open(path, .readWrite)
            #expect(try !second.tryLock(byte: 7))
            #expect(try second.tryLock(byte: 8))
        }
        let third = try FileDescriptor.open(path, .readWrite)
        #expect(try third.tryLock(byte: 7))
    }
}
