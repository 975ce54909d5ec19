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

    @Test func `listening sockets are told by address, port and user`() {
        let ipv4 = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 1 1 0 100 0 0 10 0
               1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
               2: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1002        0 3 1 0 100 0 0 10 0
               3: 0501A8C0:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1003        0 4 1 0 100 0 0 10 0
            """
        #expect(LocalListener.owners(in: ipv4, false, "127.0.0.1", 0x1F90) == [1001])
        #expect(LocalListener.owners(in: ipv4, false, "127.0.0.1", 0x50) == [0])
        #expect(LocalListener.owners(in: ipv4, false, "127.0.0.2", 0x1F90) == [])
        #expect(LocalListener.owners(in: ipv4, false, "::1", 0x1F90) == [])
        let ipv6 = """
              sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1004 0 1 1 0
               1: 00000000000000000000000000000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1005 0 2 1 0
               2: 0000000000000000FFFF00000100007F:0052 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1006 0 3 1 0
            """
        #expect(LocalListener.owners(in: ipv6, true, "::1", 0x1F90) == [1004])
        #expect(LocalListener.owners(in: ipv6, true, "127.0.0.1", 0x51) == [1005])
        #expect(LocalListener.owners(in: ipv6, true, "127.0.0.1", 0x52) == [1006])
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
