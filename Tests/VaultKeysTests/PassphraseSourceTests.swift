import Foundation
import Glibc
import Testing
import VaultCrypto
import VaultSystem
import VaultTestSupport

@testable import VaultKeys

extension PassphraseSource {
    /// Whether this source gives exactly these bytes.
    func gives(_ bytes: [UInt8]) throws -> Bool {
        let expected = try Passphrase(SecretBytes(copying: bytes.span))
        return try read().matches(expected)
    }

    func gives(_ text: String) throws -> Bool { try gives(Array(text.utf8)) }

    var refusal: KeyError? { failure { () throws(KeyError) in try read(within: 600_000) } }
}

private let tooLong = [UInt8](repeating: 0x61, count: 1025)
private let longest = [UInt8](repeating: 0x61, count: 1024)

@Suite(.onItsOwnThread) struct PassphraseFileTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func file(_ bytes: some Sequence<UInt8>) throws -> PassphraseSource {
        .file(try folder.write(bytes, to: "file"), policy: .own)
    }

    @Test func `exactly one line end is taken off`() throws {
        #expect(try file("secret".utf8).gives("secret"))
        #expect(try file("secret\n".utf8).gives("secret"))
        #expect(try file("secret\r\n".utf8).gives("secret"))
        #expect(try file("secret\n\n".utf8).gives("secret\n"))
        #expect(try file("secret\r\n\r\n".utf8).gives("secret\r\n"))
        #expect(try file("secret\r".utf8).gives("secret\r"))
        #expect(try file(" secret \n".utf8).gives(" secret "))
        #expect(try file("two\nlines\n".utf8).gives("two\nlines"))
    }

    @Test func `bytes are kept as they are, NUL and broken UTF-8 included`() throws {
        let bytes: [UInt8] = [0, 0xFF, 0xC3, 0x28, 0, 0x80]
        #expect(try file(bytes + [0x0A]).gives(bytes))
    }

    @Test(arguments: ["", "\n", "\r\n"]) func `an empty passphrase is refused`(_ content: String) throws {
        let source = try file(content.utf8)
        #expect(source.refusal == .emptyPassphrase(source.name))
    }

    @Test func `1024 bytes and a line end are taken, and not one byte more`() throws {
        #expect(try file(longest + [0x0D, 0x0A]).gives(longest))
        for content in [tooLong, tooLong + [0x0A], longest + [0x0A, 0x0A], [UInt8](repeating: 1, count: 100_000)] {
            let source = try file(content)
            #expect(source.refusal == .passphraseTooLong(source.name))
        }
    }

    @Test func `what is wrong with the file is told`() throws {
        try folder.write("secret", to: "open", mode: 0o644)
        #expect(
            PassphraseSource.file(folder("open"), policy: .own).refusal
                == .unsafeFile(UnsafePath(path: folder("open"), .openToOthers(mode: 0o644)), holding: .passphrase)
        )
    }
}

@Suite(.onItsOwnThread) struct PassphraseDescriptorTests {
    private func pipe(_ bytes: some Sequence<UInt8>) throws -> Descriptor {
        let (reading, writing) = try Descriptor.pipe()
        let bytes = Array(bytes)
        try #require(unsafe write(writing.number, bytes, bytes.count) == bytes.count)
        return reading
    }

    @Test func `a pipe is read to its end`() throws {
        for (content, passphrase) in [("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret")] {
            let reading = try pipe(content.utf8)
            #expect(try PassphraseSource.descriptor(reading.number).gives(passphrase))
        }
        let reading = try pipe(longest + [0x0A])
        #expect(try PassphraseSource.descriptor(reading.number).gives(longest))
    }

    @Test func `nothing, or too much, is refused`() throws {
        let (empty, full) = (try pipe([]), try pipe(tooLong))
        let (nothing, much) = (PassphraseSource.descriptor(empty.number), PassphraseSource.descriptor(full.number))
        #expect(nothing.refusal == .emptyPassphrase(nothing.name))
        #expect(much.refusal == .passphraseTooLong(much.name))
    }

    @Test func `a descriptor that isn't open, or not for reading, is told`() throws {
        // Above what any limit of open files allows, so that no other test can open it meanwhile.
        #expect(PassphraseSource.descriptor(.max).refusal == .badDescriptor(.max, errno: .badDescriptor))
        #expect(PassphraseSource.descriptor(-1).refusal == .badDescriptor(-1, errno: .badDescriptor))
        let (reading, writing) = try Descriptor.pipe()
        // Nobody is left to read: whoever polls the writing end is told of an error, not kept waiting.
        withExtendedLifetime(consume reading) {}
        #expect(
            PassphraseSource.descriptor(writing.number).refusal == .badDescriptor(writing.number, errno: .badDescriptor)
        )
    }

    @Test func `a pipe that stays open and gives nothing is given up`() throws {
        let (reading, writing) = try Descriptor.pipe()
        let source = PassphraseSource.descriptor(reading.number)
        #expect(failure { () throws(KeyError) in try source.read(within: 20) } == .timedOut(source.name))
        try #require(unsafe write(writing.number, "half", 4) == 4)
        #expect(failure { () throws(KeyError) in try source.read(within: 20) } == .timedOut(source.name))
    }
}

/// The command runs without a terminal here, or with one: what is said holds for both.
@Suite(.onItsOwnThread) struct PassphraseCommandTests {
    @Test func `its output is the passphrase, less one line end`() throws {
        #expect(try PassphraseSource.command("echo secret").gives("secret"))
        #expect(try PassphraseSource.command("printf 'secret\\r\\n'").gives("secret"))
        #expect(try PassphraseSource.command("printf 'se\\000cret\\377'").gives(Array("se\0cret".utf8) + [0xFF]))
        #expect(try PassphraseSource.command("printf %s \"it's a \\\"shell\\\"\" | cat").gives("it's a \"shell\""))
    }

    @Test func `its standard input is empty`() throws {
        #expect(try PassphraseSource.command("cat; echo secret").gives("secret"))
    }

    @Test func `its exit status is told, also where it printed something`() {
        #expect(PassphraseSource.command("echo secret; exit 3").refusal == .commandFailed(status: 3))
        #expect(PassphraseSource.command("exit 255").refusal == .commandFailed(status: 255))
        #expect(PassphraseSource.command("exec /dev/null/program 2>/dev/null").refusal == .commandFailed(status: 127))
    }

    @Test func `a signal that killed it is told as shells count it`() {
        #expect(PassphraseSource.command("kill -9 $$").refusal == .commandFailed(status: 128 + SIGKILL))
        #expect(PassphraseSource.command("echo secret; kill -15 $$").refusal == .commandFailed(status: 128 + SIGTERM))
    }

    @Test func `nothing, or too much, is refused`() {
        let nothing = PassphraseSource.command("true")
        #expect(nothing.refusal == .emptyPassphrase(nothing.name))
        let much = PassphraseSource.command("head -c 1025 /dev/zero")
        #expect(much.refusal == .passphraseTooLong(much.name))
    }

    @Test func `output without end is refused, and ended`() {
        let endless = PassphraseSource.command("yes")
        #expect(endless.refusal == .passphraseTooLong(endless.name))
    }

    @Test func `it can be interrupted, whatever the thread blocks that asks for it`() {
        var (all, before) = (sigset_t(), sigset_t())
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        #expect(PassphraseSource.command("echo secret; kill -2 $$").refusal == .commandFailed(status: 128 + SIGINT))
    }

    @Test(arguments: ["sleep 3600", "echo half; sleep 3600", "echo all; exec >&-; sleep 3600", "sleep 3600 & echo all"])
    func `a command that takes too long is ended, with what it started`(_ line: String) throws {
        // Whoever lives holds the pipe open, which is at its end once all have died.
        let (reading, writing) = try Descriptor.pipe()
        let inherited = dup(writing.number)
        withExtendedLifetime(consume writing) {}
        let command = PassphraseCommand(line: line, patience: 200)
        let refusal = failure { () throws(KeyError) in try command.output(limit: 100, name: .kind(.passphrase)) }
        #expect(refusal == .timedOut(.kind(.passphrase)))
        close(inherited)
        var state = pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0)
        #expect(unsafe poll(&state, 1, 600_000) == 1)
        #expect(state.revents & Int16(POLLHUP) != 0)
    }
}

/// Secrets in the environment, each in a process of its own: the environment is everybody's.
@Suite struct EnvironmentSecretTests {
    @Test func `a variable is given as it is, and overwritten where the process was given it`() async {
        await #expect(processExitsWith: .success) { () async throws in
            // A variable that the process was started with lies where /proc shows it; one of setenv's doesn't.
            let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
            func environmentAtStart() throws -> [UInt8] {
                Array(try #require(FileManager.default.contents(atPath: "/proc/self/environ")))
            }
            try #require(path.utf8.count > 4)
            try #require(try environmentAtStart().firstRange(of: Array("PATH=\(path)".utf8)) != nil)
            #expect(EnvironmentSecret.take("PATH")?.revealed == Array(path.utf8))
            #expect(try environmentAtStart().firstRange(of: Array("PATH=\(path)".utf8)) == nil)
            #expect(try environmentAtStart().firstRange(of: Array("PATH=\0\0\0".utf8)) != nil)
            #expect(unsafe getenv("PATH").map { unsafe $0[0] } == 0)
        }
    }

    @Test func `a variable that isn't set is none`() {
        #expect(EnvironmentSecret.take("ISOGEO_VAULT_NOBODY_SETS_THIS")?.revealed == nil)
        let source = PassphraseSource.variable("ISOGEO_VAULT_NOBODY_SETS_THIS")
        #expect(source.refusal == .emptyPassphrase(.passphrase(.variable("ISOGEO_VAULT_NOBODY_SETS_THIS"))))
    }

    @Test func `no line end is taken off a variable; empty or too long it is refused`() async {
        await #expect(processExitsWith: .success) { () async throws in
            func source(_ value: String) -> PassphraseSource {
                _ = unsafe setenv("SECRET_OF_A_TEST", value, 1)
                return .variable("SECRET_OF_A_TEST")
            }
            let name = KeyName.passphrase(.variable("SECRET_OF_A_TEST"))
            #expect(try source("secret\n").gives("secret\n"))
            #expect(try source("secret\r\n").gives("secret\r\n"))
            #expect(source("").refusal == .emptyPassphrase(name))
            #expect(try source(String(repeating: "a", count: 1024)).gives(String(repeating: "a", count: 1024)))
            #expect(source(String(repeating: "a", count: 1025)).refusal == .passphraseTooLong(name))
        }
    }

    @Test func `a variable gives its secret once`() async {
        await #expect(processExitsWith: .success) { () async throws in
            _ = unsafe setenv("SECRET_OF_A_TEST", "secret", 1)
            #expect(try PassphraseSource.variable("SECRET_OF_A_TEST").gives("secret"))
            #expect(
                PassphraseSource.variable("SECRET_OF_A_TEST").refusal
                    == .emptyPassphrase(.passphrase(.variable("SECRET_OF_A_TEST")))
            )
        }
    }
}
