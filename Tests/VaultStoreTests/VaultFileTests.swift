import Foundation
import Testing
import VaultSystem
import VaultTestSupport

@testable import VaultStore

@Suite(.onItsOwnThread) struct VaultFileTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    @Test func `a vault is found by its resolved path, through links to its folder`() throws {
        try folder.file("vault.db")
        try Files.symbolicLink(folder("link"), to: folder.path)
        let file = try VaultFile.find(folder("link") + "/vault.db")
        #expect(file.path == folder("vault.db"))
        #expect(file.lockName == "vault.db.lock")
    }

    @Test func `where nothing lies, there is no vault`() throws {
        try folder.file("empty.db", [])
        #expect(failure { try VaultFile.find(folder("vault.db")) } == .noVault(path: folder("vault.db")))
        #expect(failure { try VaultFile.find(folder("a/b/vault.db")) } == .noVault(path: folder("a/b/vault.db")))
        #expect(failure { try VaultFile.find(folder("empty.db")) } == .noVault(path: folder("empty.db")))
    }

    @Test(arguments: ["", "/", "..", "a/.", "folder/", "a\0b"])
    func `what names no file is refused`(_ path: String) {
        #expect(fault { try VaultFile.find(path) } == .notAFileName)
        #expect(fault { try VaultFile.prepare(path) } == .notAFileName)
    }

    @Test func `a name or a path that SQLite or the file system couldn't take is too long`() throws {
        let long = String(repeating: "x", count: 248)
        #expect(fault { try VaultFile.find(long) } == .tooLong)
        #expect(fault { try VaultFile.prepare(long) } == .tooLong)
        let deep = folder.path + String(repeating: "/" + String(repeating: "d", count: 99), count: 5) + "/v"
        #expect(fault { try VaultFile.prepare(deep) } == .tooLong)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `a slash is a slash, whatever mark follows it`() throws {
        let inner = try folder.folder("\u{301}inner")
        try folder.file("\u{301}inner/vault.db")
        #expect(try VaultFile.find(inner + "/vault.db").path == inner + "/vault.db")
    }

    @Test func `a file in the place of a folder is refused`() throws {
        try folder.file("file")
        #expect(fault { try VaultFile.find(folder("file/vault.db")) } == .notADirectory)
        #expect(fault { try VaultFile.prepare(folder("file/vault.db")) } == .notADirectory)
    }

    @Test func `a link in the place of the vault is refused`() throws {
        try folder.file("other.db")
        try Files.symbolicLink(folder("vault.db"), to: folder("other.db"))
        #expect(fault { try VaultFile.find(folder("vault.db")) } == .symbolicLink)
        #expect(fault { try VaultFile.prepare(folder("vault.db")) } == .symbolicLink)
    }

    @Test func `a link that leads nowhere is refused`() throws {
        try Files.symbolicLink(folder("vault.db"), to: folder("nowhere"))
        #expect(fault { try VaultFile.find(folder("vault.db")) } == .symbolicLink)
        #expect(fault { try VaultFile.prepare(folder("vault.db")) } == .symbolicLink)
    }

    @Test func `a file with a second name is refused`() throws {
        try folder.file("vault.db")
        try Files.hardLink(folder("second"), to: folder("vault.db"))
        #expect(fault { try VaultFile.find(folder("vault.db")) } == .hardLinks(count: 2))
    }

    @Test func `a FIFO is refused without being opened`() throws {
        try Files.fifo(folder("vault.db"))
        #expect(fault { try VaultFile.find(folder("vault.db")) } == .notARegularFile)
    }

    @Test func `a folder in the place of the vault is refused`() throws {
        _ = try folder.folder("vault.db")
        #expect(fault { try VaultFile.find(folder("vault.db")) } == .directory)
    }

    @Test(arguments: [0o644, 0o640, 0o602, 0o700, 0o4600] as [mode_t])
    func `a file that allows more than 0600 is refused`(_ mode: mode_t) throws {
        try folder.file("vault.db", mode: mode)
        #expect(fault { try VaultFile.find(folder("vault.db")) } == .openToOthers(mode: UInt32(mode)))
    }

    @Test func `a stricter mode is taken`() throws {
        try folder.file("vault.db", mode: 0o400)
        #expect(try VaultFile.find(folder("vault.db")).path == folder("vault.db"))
    }

    @Test(arguments: [0o700, 0o711, 0o750, 0o755] as [mode_t])
    func `a folder whose names others may see is taken, and only we write there`(mode: mode_t) throws {
        let inner = try folder.folder("inner")
        try folder.file("inner/vault.db")
        try Files.setMode(inner, mode)
        #expect(try VaultFile.find(inner + "/vault.db").path == inner + "/vault.db")
        #expect(try VaultFile.prepare(inner + "/new.db").path == inner + "/new.db")
    }

    @Test(arguments: [0o770, 0o702, 0o777, 0o1777] as [mode_t])
    func `a folder in which others may write is refused, sticky or not`(_ mode: mode_t) throws {
        let inner = try folder.folder("inner", mode: mode)
        try folder.file("inner/vault.db")
        #expect(fault { try VaultFile.find(inner + "/vault.db") } == .sharedDirectory(mode: UInt32(mode)))
        #expect(fault { try VaultFile.prepare(inner + "/vault.db") } == .sharedDirectory(mode: UInt32(mode)))
    }

    @Test(arguments: [0o777, 0o770, 0o702] as [mode_t])
    func `a folder above in which others may exchange ours is refused`(_ mode: mode_t) throws {
        let inner = try folder.folder("shared/ours")
        try Files.setMode(folder("shared"), mode)
        try folder.file("shared/ours/vault.db")
        #expect(fault { try VaultFile.find(inner + "/vault.db") } == .sharedDirectory(mode: UInt32(mode)))
        try Files.setMode(folder("shared"), 0o1777)
        #expect(try VaultFile.find(inner + "/vault.db").directory == inner)
    }

    @Test func `everything is checked before any folder is made`() throws {
        _ = try folder.folder("shared", mode: 0o777)
        #expect(fault { try VaultFile.prepare(folder("shared/a/b/vault.db")) } == .sharedDirectory(mode: 0o777))
        #expect(!Files.exists(folder("shared/a")))
    }

    @Test func `missing folders are made for their owner alone`() throws {
        let file = try VaultFile.prepare(folder("a/b/vault.db"))
        #expect(file.directory == folder("a/b"))
        for made in ["a", "a/b"] {
            #expect(try Files.mode(of: folder(made)) == 0o700)
        }
        #expect(!Files.exists(file.path))
    }

    @Test(.unprivileged) func `a folder that can't be made below the root is named with one slash`() {
        let folder = "/isogeo-vault-\(UUID())"
        let error = failure { try VaultFile.prepare(folder + "/vault.db") }
        guard case .io(folder, .makingDirectory, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a journal that isn't ours alone is refused`() throws {
        try folder.file("vault.db")
        try folder.file("vault.db-journal", mode: 0o666)
        #expect(fault { try VaultFile.find(folder("vault.db")) } == .openToOthers(mode: 0o666))
    }

    @Test func `a write-ahead log beside the vault is refused`() throws {
        try folder.file("vault.db")
        try folder.file("vault.db-wal")
        #expect(try #require(damage { try VaultFile.find(folder("vault.db")) }).contains("vault.db-wal"))
    }

    @Test(.enabled(if: geteuid() == 0, "foreign owners can be made by root alone"))
    func `root: what belongs to somebody else is refused`() throws {
        let inner = try folder.folder("inner")
        try folder.file("inner/vault.db")
        try Files.setOwner(inner + "/vault.db", 65534)
        #expect(fault { try VaultFile.find(inner + "/vault.db") } == .foreignFile(owner: 65534))
        try Files.setOwner(inner, 65534)
        #expect(fault { try VaultFile.find(inner + "/vault.db") } == .foreignDirectory(owner: 65534))
        _ = try folder.folder("inner/deeper")
        #expect(fault { try VaultFile.prepare(inner + "/deeper/vault.db") } == .foreignDirectory(owner: 65534))
    }

    @Test(.enabled(if: geteuid() != 0, "root passes every permission"))
    func `a folder that can't be entered is a matter of permissions`() throws {
        let inner = try folder.folder("inner")
        try folder.file("inner/vault.db")
        try Files.setMode(inner, 0)
        defer { try? Files.setMode(inner, 0o700) }
        #expect(failure { try VaultFile.find(inner + "/vault.db") }?.category == .configuration)
    }
}

@Suite struct VaultPlaceTests {
    private func place(_ variables: [String: String]) -> String? { VaultPlace.standard { variables[$0] } }

    @Test func `the variable names the vault`() {
        #expect(place(["ISOGEO_VAULT": "here.db", "HOME": "/home/u"]) == "here.db")
    }

    @Test func `else it lies in the user's data folder`() {
        #expect(place(["XDG_DATA_HOME": "/data", "HOME": "/home/u"]) == "/data/isogeo-vault/vault.db")
        #expect(place(["HOME": "/home/u"]) == "/home/u/.local/share/isogeo-vault/vault.db")
        #expect(place(["ISOGEO_VAULT": "", "HOME": "/home/u"]) == "/home/u/.local/share/isogeo-vault/vault.db")
    }

    @Test(arguments: ["", "data", "./data", "~/data"])
    func `a relative data folder is passed over`(_ relative: String) {
        let path = place(["XDG_DATA_HOME": relative, "HOME": "/home/u"])
        #expect(path == "/home/u/.local/share/isogeo-vault/vault.db")
    }

    @Test func `without a home the password database knows one`() throws {
        let home = try #require(Files.homeInPasswordDatabase(), "this user is in no password database")
        #expect(VaultPlace.home { _ in nil } == home)
        #expect(VaultPlace.home { _ in "relative" } == home)
    }
}
