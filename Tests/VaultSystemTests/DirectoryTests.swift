import Foundation
import Testing
import VaultSystem
import VaultTestSupport

struct DirectoryTests {
    private let folder: TemporaryDirectory
    /// Without links, as walks want it.
    private let path: String

    init() throws {
        folder = try TemporaryDirectory()
        path = try FilePath.resolve(folder.path)
    }

    @Test func `a walk goes down step by step, and no link is taken`() throws {
        try FileManager.default.createDirectory(atPath: folder("a/b"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "a")
        #expect(try Directory.walk(to: path + "/a/b").path == path + "/a/b")
        #expect(throws: SystemError.unsafePath(UnsafePath(path: path + "/link", .notADirectory))) {
            _ = try Directory.walk(to: path + "/link/b")
        }
    }

    @Test func `a walk ends where others could exchange the next step`() throws {
        try FileManager.default.createDirectory(atPath: folder("a/b"), withIntermediateDirectories: true)
        #expect(unsafe chmod(folder("a"), 0o777) == 0)
        #expect(throws: SystemError.unsafePath(UnsafePath(path: path + "/a", .sharedDirectory(mode: 0o777)))) {
            _ = try Directory.walk(to: path + "/a/b")
        }
    }

    @Test func `names are listed and removed, and files opened without following links`() throws {
        try folder.write("one", to: "b")
        try folder.write("two", to: "a")
        try FileManager.default.createSymbolicLink(atPath: folder("c"), withDestinationPath: "a")
        let directory = try Directory.walk(to: path)
        #expect(try directory.names() == ["a", "b", "c"])
        #expect(try directory.open("a", .readOnly).readAll(limit: 2) == Array("tw".utf8))
        #expect(throws: Errno.tooManyLinks) { _ = try directory.open("c", .readOnly) }
        #expect(try directory.status(of: "c")?.kind == .symbolicLink)
        #expect(try directory.status(of: "d") == nil)
        try directory.remove("a")
        #expect(throws: Errno.noEntry) { try directory.remove("a") }
        #expect(try directory.names() == ["b", "c"])
    }
}

struct DraftFileTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func draft(_ name: String = "file", _ text: String = "new") throws -> DraftFile {
        let draft = try DraftFile.making(name, in: .named(folder.path))
        try draft.file.write(Array(text.utf8).span)
        return draft
    }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path) }

    @Test func `a file has its name once it is whole, and mode 0600`() throws {
        let draft = try draft()
        #expect(!FilePath.exists(folder("file")))
        try draft.publishAsNew()
        #expect(try folder.read("file") == Array("new".utf8))
        #expect(try FileStatus(of: folder("file"), followsLink: false).mode == 0o600)
        #expect(try names() == ["file"])
    }

    @Test func `what is given up leaves nothing`() throws {
        _ = try draft()
        #expect(try names() == [])
    }

    @Test func `a new file takes nobody's name`() throws {
        try folder.write("old", to: "file")
        #expect(throws: SystemError.failed(path: folder("file"), .writing, .exists)) { try draft().publishAsNew() }
        #expect(try names() == ["file"])
        #expect(try folder.read("file") == Array("old".utf8))
    }

    @Test func `a replacement takes the place of what is there`() throws {
        try folder.write("old", to: "file")
        try draft().publishReplacing()
        #expect(try names() == ["file"])
        #expect(try folder.read("file") == Array("new".utf8))
    }
}
