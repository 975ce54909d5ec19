import Foundation
import Glibc
import Testing
import VaultCrypto
import VaultSystem
import VaultTestSupport

@testable import VaultKeys

/// Which files a secret is read from.
@Suite(.onItsOwnThread) struct SecretFileTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func refusal(_ name: String, _ policy: FilePolicy) -> KeyError? {
        failure { () throws(KeyError) in try SecretFile.read(folder(name), limit: 16, policy: policy) }
    }

    @Test(arguments: [0o600, 0o400] as [mode_t]) func `a file of ours alone is read`(_ mode: mode_t) throws {
        try folder.write("secret", to: "file")
        try folder.setMode(mode, of: "file")
        #expect(try SecretFile.read(folder("file"), limit: 16, policy: .own).revealed == Array("secret".utf8))
    }

    @Test(arguments: [0o644, 0o660, 0o640, 0o604, 0o602, 0o610, 0o601, 0o700] as [mode_t])
    func `a file that others can open, or that can be run, is refused with its mode`(_ mode: mode_t) throws {
        try folder.write("secret", to: "file")
        try folder.setMode(mode, of: "file")
        #expect(refusal("file", .own) == .unsafeFile(UnsafePath(path: folder("file"), .openToOthers(mode: mode))))
    }

    @Test func `a symbolic link is refused, whatever it leads to`() throws {
        try folder.write("secret", to: "file")
        try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: folder("file"))
        #expect(refusal("link", .own) == .unsafeFile(UnsafePath(path: folder("link"), .symbolicLink)))
    }

    @Test func `a second name is refused`() throws {
        try folder.write("secret", to: "file")
        try FileManager.default.linkItem(atPath: folder("file"), toPath: folder("other"))
        #expect(refusal("file", .own) == .unsafeFile(UnsafePath(path: folder("file"), .hardLinks(count: 2))))
    }

    @Test(arguments: [FilePolicy.own, .shared])
    func `a FIFO that nobody writes to is refused at once`(_ policy: FilePolicy) throws {
        try folder.makeFIFO("fifo")
        #expect(refusal("fifo", policy) == .unsafeFile(UnsafePath(path: folder("fifo"), .notARegularFile)))
    }

    @Test(arguments: [FilePolicy.own, .shared])
    func `a folder, a device and a missing file are refused`(_ policy: FilePolicy) throws {
        try FileManager.default.createDirectory(atPath: folder("folder"), withIntermediateDirectories: false)
        #expect(refusal("folder", policy) == .unsafeFile(UnsafePath(path: folder("folder"), .directory)))
        #expect(
            failure { () throws(KeyError) in try SecretFile.read("/dev/null", limit: 1, policy: policy) }
                == .unsafeFile(UnsafePath(path: "/dev/null", .notARegularFile))
        )
        #expect(refusal("missing", policy) == .unreadable(path: folder("missing"), errno: .noEntry))
    }

    @Test(.unprivileged) func `a file that we may not read is told with the system's word`() throws {
        try folder.write("secret", to: "file")
        try folder.setMode(0, of: "file")
        #expect(refusal("file", .own) == .unreadable(path: folder("file"), errno: .accessDenied))
        #expect(refusal("file", .own)?.sentence == "\(folder("file")) can't be read: Permission denied.")
    }

    @Test(.privileged) func `root: a file that belongs to somebody else is refused with the owner's number`() throws {
        try folder.write("secret", to: "file")
        try #require(unsafe chown(folder("file"), 54321, 54321) == 0)
        for policy in [FilePolicy.own, .shared] {
            #expect(
                refusal("file", policy) == .unsafeFile(UnsafePath(path: folder("file"), .foreignFile(owner: 54321)))
            )
        }
    }

    @Test(.privileged) func `root: a lent file of root's is read by whoever may`() async throws {
        // Where the other user can get to.
        let folder = try TemporaryDirectory(in: "/tmp")
        let path = try folder.write("secret", to: "file", mode: 0o444)
        try folder.setMode(0o711)
        await #expect(processExitsWith: .success) { [path = path as String] () async throws in
            try #require(setuid(54321) == 0)
            #expect(try SecretFile.read(path, limit: 16, policy: .shared).revealed == Array("secret".utf8))
            #expect(
                failure { () throws(KeyError) in try SecretFile.read(path, limit: 16, policy: .own) }
                    == .unsafeFile(UnsafePath(path: path, .foreignFile(owner: 0)))
            )
        }
    }

    @Test(arguments: [0o600, 0o400, 0o440, 0o444] as [mode_t])
    func `a lent file may be read by anybody, and reached by links`(_ mode: mode_t) throws {
        try folder.write("secret", to: "file")
        try folder.setMode(mode, of: "file")
        try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: folder("file"))
        try FileManager.default.linkItem(atPath: folder("file"), toPath: folder("other"))
        for name in ["file", "link", "other"] {
            #expect(try SecretFile.read(folder(name), limit: 16, policy: .shared).revealed == Array("secret".utf8))
        }
    }

    @Test(arguments: [0o666, 0o660, 0o622, 0o602] as [mode_t])
    func `a lent file that others may write is refused`(_ mode: mode_t) throws {
        try folder.write("secret", to: "file")
        try folder.setMode(mode, of: "file")
        #expect(
            refusal("file", .shared) == .unsafeFile(UnsafePath(path: folder("file"), .writableByOthers(mode: mode)))
        )
    }

    @Test func `one byte more than the limit is read, and no more`() throws {
        try folder.write([UInt8](repeating: 1, count: 100), to: "file")
        #expect(try SecretFile.read(folder("file"), limit: 16, policy: .own).count == 17)
    }
}

/// Files that somebody names once: their owner and mode don't matter.
@Suite(.onItsOwnThread) struct InputFileTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    @Test func `a file is read whoever may read it, and by any link`() throws {
        try folder.write("{}", to: "file", mode: 0o644)
        try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: folder("file"))
        #expect(try SecretFile.readInput(folder("link"), limit: 16).revealed == Array("{}".utf8))
        #expect(try SecretFile.readInput("/dev/null", limit: 16).count == 0)
    }

    @Test func `a folder or a missing file is refused`() throws {
        let path = folder.path
        #expect(
            failure { () throws(KeyError) in try SecretFile.readInput(path, limit: 1) }
                == .unsafeFile(UnsafePath(path: path, .directory))
        )
        #expect(
            failure { () throws(KeyError) in try SecretFile.readInput(folder("missing"), limit: 1) }
                == .unreadable(path: folder("missing"), errno: .noEntry)
        )
    }

    @Test func `a FIFO that nobody opens for writing is given up`() throws {
        try folder.makeFIFO("fifo")
        #expect(
            failure { () throws(KeyError) in try SecretFile.readInput(folder("fifo"), limit: 1, within: 20) }
                == .silentInput(path: folder("fifo"))
        )
    }

    @Test func `a FIFO is read once somebody writes`() async throws {
        try folder.makeFIFO("fifo")
        var writer = Command("/bin/sh", ["-c", "printf '{}' > '\(folder("fifo"))'"])
        writer.input = .open
        let writing = try writer.start()
        #expect(try SecretFile.readInput(folder("fifo"), limit: 16, within: 600_000).revealed == Array("{}".utf8))
        #expect(try await writing.outcome().exitCode == 0)
    }
}

extension TemporaryDirectory {
    func makeFIFO(_ name: String) throws {
        guard unsafe mkfifo(self(name), 0o600) == 0 else { throw POSIXError.last }
    }
}
