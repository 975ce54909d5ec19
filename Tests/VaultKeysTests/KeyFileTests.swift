import Foundation
import Glibc
import Testing
import VaultCrypto
import VaultSystem
import VaultTestSupport

@testable import VaultKeys

@Suite(.onItsOwnThread) struct KeyFileTests {
    let folder: TemporaryDirectory
    private let key = [UInt8](0..<32)
    private let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

    init() throws { folder = try TemporaryDirectory() }

    @Test func `32 bytes are a key, and so are 64 digits with or without a line end`() throws {
        let contents =
            [key] + [digits, digits + "\n", digits + "\r\n", digits.uppercased() + "\n"].map { Array($0.utf8) }
        for content in contents {
            let path = try folder.write(content, to: "key")
            #expect(try KeyFile.read(path, policy: .own).revealed == key)
        }
    }

    @Test func `32 bytes are taken as they are, a line feed at the end included`() throws {
        let content = key.dropLast() + [0x0A]
        #expect(try KeyFile.read(try folder.write(content, to: "key"), policy: .own).revealed == Array(content))
    }

    @Test(
        arguments: [
            [], [UInt8](repeating: 1, count: 31), [UInt8](repeating: 1, count: 33), [UInt8](repeating: 0x41, count: 63),
            [UInt8](repeating: 0x41, count: 65), [UInt8](repeating: 0x67, count: 64), [UInt8](repeating: 0, count: 64),
            [UInt8](repeating: 0x41, count: 64) + [0x0A, 0x0A], [UInt8](repeating: 0x41, count: 64) + [0x0D],
            [0x20] + [UInt8](repeating: 0x41, count: 63), [UInt8](repeating: 0x41, count: 128),
            [UInt8](repeating: 0x41, count: 1 << 20),
        ] as [[UInt8]]
    )
    func `anything else is no key file`(_ content: [UInt8]) throws {
        let path = try folder.write(content, to: "key")
        #expect(failure { () throws(KeyError) in try KeyFile.read(path, policy: .own) } == .notAKeyFile(path: path))
    }

    @Test func `nobody is told to close a file that isn't a key file`() throws {
        let path = try folder.write("a photograph", to: "photo.jpg", mode: 0o644)
        for policy in [FilePolicy.own, .shared] {
            #expect(
                failure { () throws(KeyError) in try KeyFile.read(path, policy: policy) } == .notAKeyFile(path: path)
            )
        }
        let key = try folder.write(String(repeating: "a", count: 64), to: "open", mode: 0o644)
        #expect(
            failure { () throws(KeyError) in try KeyFile.read(key, policy: .own) }
                == .unsafeFile(UnsafePath(path: key, .openToOthers(mode: 0o644)))
        )
    }

    @Test func `a key file that is made reads back, and holds 64 digits, mode 0600`() throws {
        let made = try KeyFile.make(folder("key"))
        #expect(made.key.count == 32)
        #expect(try KeyFile.read(folder("key"), policy: .own).revealed == made.key.revealed)
        #expect(try folder.read("key").count == 64)
        #expect(try folder.mode(of: "key") == 0o600)
    }

    @Test func `a key file that may go again is waited for`() throws {
        let path = folder("key")
        var made: MadeKeyFile? = try KeyFile.make(path)
        let refusal = failure { () throws(KeyError) in try MadeKeyFile.waitForMaker(of: path, until: .now) }
        #expect(refusal == .cannotWrite(path: path, errno: .wouldBlock))
        made = nil
        // A child that another test is just starting has the lock until it executes its program.
        let end = ContinuousClock.now + Patience.end
        #expect(failure { () throws(KeyError) in try MadeKeyFile.waitForMaker(of: path, until: end) } == nil)
        #expect(FilePath.exists(path) && made == nil)
    }

    @Test func `a key file is taken away by its maker, and another in its place isn't`() throws {
        try KeyFile.make(folder("key")).remove()
        #expect(!FilePath.exists(folder("key")))
        let made = try KeyFile.make(folder("key"))
        try FilePath.remove(folder("key"))
        try folder.write(digits, to: "key")
        made.remove()
        #expect(FilePath.exists(folder("key")))
    }

    @Test func `two key files are never the same`() throws {
        #expect(try KeyFile.make(folder("a")).key.revealed != KeyFile.make(folder("b")).key.revealed)
    }

    @Test(arguments: [0, 0o022, 0o077, 0o277, 0o777] as [mode_t])
    func `its mode is 0600 under any umask`(_ mask: mode_t) async throws {
        // In a process of its own: a umask is everybody's.
        await #expect(processExitsWith: .success) {
            [path = folder("key") as String, mask = mask as mode_t] () async throws in
            umask(mask)
            _ = try KeyFile.make(path)
        }
        #expect(try folder.mode(of: "key") == 0o600)
    }

    @Test func `nothing is overwritten, not even what a link leads to`() throws {
        let path = try folder.write("mine", to: "there")
        #expect(
            failure { () throws(KeyError) in try KeyFile.make(path) } == .cannotWrite(path: path, errno: .exists)
        )
        try FileManager.default.createSymbolicLink(atPath: folder("dangling"), withDestinationPath: folder("new"))
        #expect(
            failure { () throws(KeyError) in try KeyFile.make(folder("dangling")) }
                == .cannotWrite(path: folder("dangling"), errno: .exists)
        )
        #expect(try folder.read("there") == Array("mine".utf8))
        #expect(!FileManager.default.fileExists(atPath: folder("new")))
    }

    @Test func `a folder that isn't there, or that nobody may write, is told`() throws {
        let path = folder("missing/key")
        #expect(failure { () throws(KeyError) in try KeyFile.make(path) } == .cannotWrite(path: path, errno: .noEntry))
    }

    @Test(.unprivileged) func `a folder that can't be written is told`() throws {
        try folder.setMode(0o500)
        defer { try? folder.setMode(0o700) }
        let path = folder("key")
        #expect(
            failure { () throws(KeyError) in try KeyFile.make(path) } == .cannotWrite(path: path, errno: .accessDenied)
        )
    }
}

extension TemporaryDirectory {
    /// The permission bits of a file here.
    func mode(of name: String) throws -> mode_t {
        var status = stat()
        guard unsafe lstat(self(name), &status) == 0 else { throw POSIXError.last }
        return status.st_mode & 0o7777
    }

    /// Sets the permission bits of a file here, or of the folder itself.
    func setMode(_ mode: mode_t, of name: String? = nil) throws {
        guard unsafe chmod(name.map { self($0) } ?? path, mode) == 0 else { throw POSIXError.last }
    }
}
