import Glibc
import Testing
import VaultSystem
import VaultTestSupport

struct FilePolicyTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func reason(_ policy: FilePolicy, _ path: String) -> UnsafePath.Reason? {
        do throws(SystemError) {
            _ = try policy.open(path)
            return nil
        } catch {
            guard case .unsafePath(let unsafe) = error else { return nil }
            #expect(unsafe.path == path)
            return unsafe.reason
        }
    }

    @Test(arguments: [0o600, 0o400, 0o640, 0o604, 0o700, 0o644, 0o660, 0o4600] as [mode_t])
    func `our own file is for nobody else, and nothing else than a file`(mode: mode_t) throws {
        let path = try folder.write("x", to: "file")
        #expect(unsafe chmod(path, mode) == 0)
        let isFine = [0o600, 0o400].contains(mode)
        #expect(reason(.own, path) == (isFine ? nil : .openToOthers(mode: UInt32(mode))))
    }

    @Test(arguments: [0o400, 0o440, 0o444, 0o644, 0o620, 0o602] as [mode_t])
    func `a shared file may be read by others, and not written`(mode: mode_t) throws {
        let path = try folder.write("x", to: "file")
        #expect(unsafe chmod(path, mode) == 0)
        let expected: UnsafePath.Reason? = mode & 0o022 == 0 ? nil : .writableByOthers(mode: UInt32(mode))
        #expect(reason(.shared, path) == expected)
        #expect(reason(.trusted, path) == expected)
    }

    @Test func `a link is followed where it is handed over, and refused where it is ours`() throws {
        try folder.write("x", to: "file")
        #expect(unsafe symlink("file", folder("link")) == 0)
        #expect(reason(.own, folder("link")) == .symbolicLink)
        #expect(reason(.shared, folder("link")) == nil)
    }

    @Test func `a second name is refused for our own file`() throws {
        let path = try folder.write("x", to: "file")
        #expect(unsafe link(path, folder("other")) == 0)
        #expect(reason(.own, path) == .hardLinks(count: 2))
        #expect(reason(.trusted, path) == nil)
    }

    @Test func `a file that was removed while it was opened is no file with a second name`() throws {
        let path = try folder.write("content", to: "file")
        let file = try Result { () throws(Errno) in try FileDescriptor.open(path, .probingNoLink) }.get()
        #expect(unsafe unlink(path) == 0)
        try FilePolicy.own.check(file, path)
        #expect(try Result { () throws(Errno) in try file.read(7, at: 0) }.get() == Array("content".utf8))
    }

    @Test func `what isn't a regular file is refused at once, a FIFO without a writer too`() throws {
        #expect(unsafe mkfifo(folder("fifo"), 0o600) == 0)
        for policy in [FilePolicy.own, .shared, .trusted] {
            #expect(reason(policy, folder("fifo")) == .notARegularFile)
            #expect(reason(policy, folder.path) == .directory)
        }
    }

    @Test func `what isn't there is told with the system's number`() {
        #expect(throws: SystemError.failed(path: folder("none"), .opening, .noEntry)) {
            _ = try FilePolicy.own.open(folder("none"))
        }
        #expect(FilePolicy.own.fault(at: folder("none")) == nil)
    }

    @Test func `a file that isn't opened is judged alike`() throws {
        let path = try folder.write("x", to: "file", mode: 0o644)
        #expect(unsafe chmod(path, 0o644) == 0)
        #expect(FilePolicy.own.fault(at: path) == .unsafePath(UnsafePath(path: path, .openToOthers(mode: 0o644))))
        #expect(FilePolicy.shared.fault(at: path) == nil)
    }

    @Test(.privileged)
    func `root: a file of another user is refused, and one of root's serves where it is handed over`()
        throws
    {
        let path = try folder.write("x", to: "file", mode: 0o644)
        #expect(unsafe chmod(path, 0o644) == 0)
        #expect(reason(.trusted, path) == nil)
        #expect(unsafe chown(path, 65534, 65534) == 0)
        for policy in [FilePolicy.own, .shared, .trusted] {
            #expect(reason(policy, path) == .foreignFile(owner: 65534))
        }
    }

    @Test(.privileged) func `root: on a mount that nobody can write a shared file may be anybody's`() async throws {
        let path = try folder.write("x", to: "file", mode: 0o666)
        #expect(unsafe chmod(path, 0o666) == 0 && chown(path, 65534, 65534) == 0)
        #expect(reason(.shared, path) == .foreignFile(owner: 65534))
        // The rule itself; the mount is ProcessTests' business.
        let status = try FileStatus(of: path, followsLink: false)
        #expect(FilePolicy.shared.objection(to: status) { true } == nil)
        #expect(FilePolicy.trusted.objection(to: status) { true } == .foreignFile(owner: 65534))
        #expect(FilePolicy.own.objection(to: status) { true } == .foreignFile(owner: 65534))
    }

    @Test(arguments: [0o700, 0o755, 0o770, 0o775, 0o777, 0o1777, 0o2755] as [mode_t])
    func `a directory follows its policy`(mode: mode_t) throws {
        #expect(unsafe chmod(folder.path, mode) == 0)
        let status = try FileStatus(of: folder.path, followsLink: false)
        let shared = UnsafePath.Reason.sharedDirectory(mode: UInt32(mode))
        #expect(DirectoryPolicy.own.objection(to: status) == (mode & 0o022 == 0 ? nil : shared))
        #expect(DirectoryPolicy.trusted.objection(to: status) == (mode & 0o022 == 0 ? nil : shared))
        #expect(DirectoryPolicy.ownPrivate.objection(to: status) == (mode & 0o077 == 0 ? nil : shared))
        #expect(DirectoryPolicy.ancestor.objection(to: status) == (mode & 0o022 == 0 || mode == 0o1777 ? nil : shared))
    }

    @Test(.unprivileged) func `a directory of root's that root alone may write is as safe as ours, and isn't ours`()
        throws
    {
        let roots = try FileStatus(of: "/usr", followsLink: true)
        try #require(roots.owner == 0 && roots.mode & 0o022 == 0)
        for policy in [DirectoryPolicy.trusted, .ancestor] { #expect(policy.objection(to: roots) == nil) }
        for policy in [DirectoryPolicy.own, .ownPrivate] {
            #expect(policy.objection(to: roots) == .foreignDirectory(owner: 0))
        }
        // All may make names in it, and remove their own alone.
        let open = try FileStatus(of: "/tmp", followsLink: true)
        try #require(open.owner == 0 && open.mode == 0o1777)
        #expect(DirectoryPolicy.ancestor.objection(to: open) == nil)
        #expect(DirectoryPolicy.trusted.objection(to: open) == .sharedDirectory(mode: 0o1777, owner: 0))
    }
}
