import Foundation
import Testing
import VaultSystem
import VaultTestSupport

/// Drafts of processes that have died, and what only looks like one.
struct DraftSweepTests {
    private let folder: TemporaryDirectory
    private let name = ".isogeo-vault-0123456789abc.new"

    init() throws { folder = try TemporaryDirectory() }

    private func sweep() throws { DraftFile.sweep(try .named(folder.path)) }
    private func names() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) }

    @Test func `the next draft takes away those of the dead, and no other file`() throws {
        try folder.write("half", to: name)
        try folder.write("mine", to: "file.new")
        _ = try DraftFile.making("file", in: .named(folder.path))
        #expect(try names() == ["file.new"])
    }

    @Test func `a draft whose maker lives stays`() throws {
        let draft = try DraftFile.making("file", in: .named(folder.path))
        try sweep()
        #expect(try names() == [draft.draft])
        try draft.publishAsNew()
        #expect(try names() == ["file"])
    }

    @Test(arguments: [
        "isogeo-vault-0123456789abc.new", ".isogeo-vault-0123456789ab.new", ".isogeo-vault-0123456789abcd.new",
        ".isogeo-vault-0123456789ABC.new", ".isogeo-vault-0123456789abc.new2", "report.0123456789abc.new", "x.new",
    ])
    func `a file with another name stays`(other: String) throws {
        try folder.write("mine", to: other)
        try sweep()
        #expect(try names() == [other])
    }

    @Test func `what is no file stays, and nothing waits for it`() throws {
        try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: false)
        try sweep()
        #expect(try names() == [name])
        try FileManager.default.removeItem(atPath: folder(name))
        try folder.write("mine", to: "target")
        try FileManager.default.createSymbolicLink(atPath: folder(name), withDestinationPath: folder("target"))
        try sweep()
        #expect(try names() == [name, "target"])
        try FileManager.default.removeItem(atPath: folder(name))
        try #require(unsafe mkfifo(folder(name), 0o600) == 0)
        try sweep()
        #expect(try names() == [name, "target"])
    }

    @Test func `a file that was published by a second name is read once that is swept`() throws {
        try folder.write("whole", to: "file")
        try #require(unsafe link(folder("file"), folder(name)) == 0)
        let file = try FilePolicy.own.open(folder("file"))
        #expect(try file.readAll(limit: 10) == Array("whole".utf8))
        #expect(try names() == ["file"])
        try #require(unsafe link(folder("file"), folder("other")) == 0)
        #expect(throws: SystemError.unsafePath(UnsafePath(path: folder("file"), .hardLinks(count: 2)))) {
            _ = try FilePolicy.own.open(folder("file"))
        }
    }
}
