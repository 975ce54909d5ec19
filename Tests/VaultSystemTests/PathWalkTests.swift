import Foundation
import Glibc
import Testing
import VaultSystem
import VaultTestSupport

/// Where a path leads, and by way of what.
struct PathWalkTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        for name in ["a/b", "open"] {
            try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
        }
    }

    private func end(_ path: String) throws -> String { try Directory.walk(along: path).path }

    private func error(_ path: String) -> SystemError? {
        do throws(SystemError) {
            _ = try Directory.walk(along: path)
            return nil
        } catch {
            return error
        }
    }

    private func link(_ target: String, _ name: String) throws {
        try #require(unsafe symlink(target, folder(name)) == 0)
    }

    @Test func `a path is walked to its end, dots, slashes and links included`() throws {
        try link("b", "a/to-b")
        try link(folder("a"), "absolute")
        try link("absolute/", "chain")
        for path in ["a/b", "a//./b/", "a/b/../b", "a/b/../../a/to-b", "absolute/b", "chain/to-b", "chain/to-b/."] {
            #expect(try end(folder(path)) == folder("a/b"), "\(path)")
        }
        #expect(try end("/") == "/" && end("/..") == "/" && end("/../usr") == "/usr")
    }

    @Test func `a relative path begins in the working directory`() async throws {
        try folder.write("x", to: "a/file")
        await #expect(processExitsWith: .success) { [path = folder.path as String] () async throws in
            try #require(unsafe chdir(path + "/a") == 0)
            #expect(try Directory.walk(along: "b").path == path + "/a/b")
            #expect(try Directory.walk(along: "../open").path == path + "/open")
            _ = try FilePolicy.own.open("file")
            _ = try FilePolicy.own.open("./b/../file")
            // What is above is no part of the way: this process holds its directory.
            try #require(unsafe chmod(path, 0o777) == 0)
            _ = try FilePolicy.own.open("file")
            #expect(throws: SystemError.self) { _ = try FilePolicy.own.open("../a/file") }
        }
    }

    @Test func `what leads nowhere is told with the path that was given`() throws {
        try folder.write("x", to: "file")
        try link("loop", "loop")
        try link("none", "dangling")
        for (path, errno): (String, Errno) in [
            ("none/b", .noEntry), ("dangling/b", .noEntry), ("loop/b", .tooManyLinks), ("file/b", .notADirectory),
        ] {
            #expect(error(folder(path)) == .failed(path: folder(path), .opening, errno), "\(path)")
            #expect(throws: SystemError.failed(path: folder(path), .opening, errno)) {
                _ = try FilePolicy.own.open(folder(path))
            }
        }
        #expect(error("") == .failed(path: "", .opening, .noEntry))
        #expect(error("/a\0b") == .unsafePath(UnsafePath(path: "/a\0b", .notAFileName)))
        let slash = folder("file/")
        #expect(throws: SystemError.failed(path: slash, .opening, .notADirectory)) {
            _ = try FilePolicy.own.open(slash)
        }
    }

    @Test(arguments: [0o777, 0o775, 0o2770] as [mode_t])
    func `each folder in which a name or a link is looked up counts`(mode: mode_t) throws {
        try folder.write("x", to: "a/file")
        try link("../a", "open/way")
        try link("open/way/b", "first")
        try #require(unsafe chmod(folder("open"), mode) == 0)
        let shared = SystemError.unsafePath(UnsafePath(path: folder("open"), .sharedDirectory(mode: UInt32(mode))))
        for path in ["open", "open/way", "first", "a/../open/way/b"] {
            #expect(error(folder(path)) == shared, "\(path)")
        }
        for policy in [FilePolicy.own, .shared, .trusted] {
            #expect(throws: shared) { _ = try policy.open(folder("open/way/file")) }
            #expect(policy.fault(at: folder("open/way/file")) == shared)
        }
        #expect(error(folder("a/b")) == nil)
        // In a sticky folder no other user exchanges what is ours.
        try #require(unsafe chmod(folder("open"), 0o1777) == 0)
        for path in ["open", "open/way", "first"] { #expect(error(folder(path)) == nil, "\(path)") }
    }

    @Test func `a file that can't be meant is told as that first, and a missing one as missing`() throws {
        try folder.write("x", to: "open/file")
        try #require(unsafe chmod(folder("open"), 0o777) == 0)
        #expect(throws: SystemError.unexpectedSize(path: folder("open/file"), 1)) {
            _ = try FilePolicy.own.open(folder("open/file")) { $0 == 32 }
        }
        #expect(throws: SystemError.failed(path: folder("open/none"), .opening, .noEntry)) {
            _ = try FilePolicy.own.open(folder("open/none"))
        }
    }

    @Test(.unprivileged) func `of a file that we may not read all shows that is wrong`() throws {
        let path = try folder.write("x", to: "open/file")
        try #require(unsafe chmod(path, 0) == 0)
        #expect(FilePolicy.own.fault(at: path) == .failed(path: path, .opening, .accessDenied))
        try #require(unsafe chmod(folder("open"), 0o777) == 0)
        let shared = UnsafePath(path: folder("open"), .sharedDirectory(mode: 0o777))
        #expect(FilePolicy.own.fault(at: path) == .unsafePath(shared))
    }
}
