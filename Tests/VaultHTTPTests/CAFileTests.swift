import Foundation
import Glibc
import Testing
import VaultSystem
import VaultTestSupport

@testable import VaultHTTP

/// Which files certificates are taken from, and what is taken of them.
@Suite(.onItsOwnThread) struct CAFileTests {
    private let folder: TemporaryDirectory
    /// As small as one can be.
    private let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"

    init() throws { folder = try TemporaryDirectory() }

    private func problem(_ path: String) -> ConfigurationProblem? {
        do throws(HTTPError) {
            _ = try CAFile.read(path)
            return nil
        } catch {
            guard case .configuration(let problem) = error else { return nil }
            return problem
        }
    }

    private func setMode(_ mode: mode_t, _ path: String) throws { try #require(unsafe chmod(path, mode) == 0) }

    @Test func `certificates are taken, and nothing around them`() throws {
        let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
        let trusted = "-----BEGIN TRUSTED CERTIFICATE-----\nMAEA\n-----END TRUSTED CERTIFICATE-----\n"
        let text = "# ours\r\n" + pem.replacing("\n", with: "\r\n") + key + "words\n" + trusted + "-----BEGIN"
        let path = try folder.write(text, to: "ca.pem", mode: 0o644)
        #expect(try CAFile.read(path) == CAFile(path: path, certificates: Array((pem + trusted).utf8)))
    }

    @Test(arguments: [
        "", "no certificate", "-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nMAA=\n",
        " -----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAE=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAQA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMA?=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nM===\n-----END CERTIFICATE-----\n",
    ])
    func `what holds no certificate, or one that is cut off or broken, is refused`(text: String) throws {
        let path = try folder.write(text, to: "ca.pem")
        #expect(problem(path) == .caFileInvalid(path: path))
        // OpenSSL would take none of them.
        try folder.write(pem + text, to: "ca.pem")
        let isBroken = text.hasPrefix("-----BEGIN CERTIFICATE-----")
        #expect(problem(path) == (isBroken ? .caFileInvalid(path: path) : nil))
    }

    @Test func `certificates of more than 256 KiB, and a file of more than a mebibyte, are refused`() throws {
        let path = folder("ca.pem")
        try folder.write(String(repeating: pem, count: 256 * 1024 / pem.utf8.count), to: "ca.pem")
        #expect(try CAFile.read(path).certificates.count > 255 * 1024)
        try folder.write(String(repeating: pem, count: 256 * 1024 / pem.utf8.count + 1), to: "ca.pem")
        #expect(problem(path) == .caFileTooLarge(path: path))
        // The system's own may have as many.
        try CAFile.check(path)
        try folder.write(pem + String(repeating: "#", count: 1 << 20), to: "ca.pem")
        #expect(problem(path) == .caFileTooLarge(path: path))
    }

    @Test func `what is no file, or isn't there, is told`() throws {
        #expect(problem(folder("none")) == .caFileMissing(path: folder("none")))
        #expect(problem(folder.path) == .unsafeCAFile(UnsafePath(path: folder.path, .directory)))
        #expect(problem("/dev/null") == .unsafeCAFile(UnsafePath(path: "/dev/null", .notARegularFile)))
        let file = try folder.write(pem, to: "ca.pem")
        #expect(problem(file + "/below") == .caFileUnreadable(path: file + "/below", errno: .notADirectory))
    }

    @Test(.unprivileged) func `one that may not be read is told from a missing one`() throws {
        let path = try folder.write(pem, to: "ca.pem")
        try setMode(0, path)
        #expect(problem(path) == .caFileUnreadable(path: path, errno: .accessDenied))
    }

    @Test(arguments: [0o666, 0o664, 0o602] as [mode_t]) func `one that others may write is refused`(mode: mode_t) throws
    {
        let path = try folder.write(pem, to: "ca.pem")
        try setMode(mode, path)
        #expect(problem(path) == .unsafeCAFile(UnsafePath(path: path, .writableByOthers(mode: UInt32(mode)))))
    }

    @Test(arguments: [0o777, 0o775, 0o770, 0o2775] as [mode_t])
    func `one in a folder that others may write, or below such a folder, is refused`(mode: mode_t) throws {
        try FileManager.default.createDirectory(atPath: folder("a/b"), withIntermediateDirectories: true)
        try folder.write(pem, to: "a/ca.pem")
        try folder.write(pem, to: "a/b/ca.pem")
        try setMode(mode, folder("a"))
        let shared = UnsafePath(path: folder("a"), .sharedDirectory(mode: UInt32(mode)))
        for name in ["a/ca.pem", "a/b/ca.pem", "a/b/../ca.pem"] {
            #expect(problem(folder(name)) == .unsafeCAFile(shared), "\(name)")
        }
        // There nobody can exchange what is ours.
        try setMode(0o1777, folder("a"))
        for name in ["a/ca.pem", "a/b/ca.pem"] { #expect(problem(folder(name)) == nil, "\(name)") }
    }

    @Test func `a link in a folder that others may write is refused, wherever it leads`() throws {
        for name in ["safe", "open"] {
            try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
        }
        try folder.write(pem, to: "safe/ca.pem")
        let (file, way) = (folder("open/ca.pem"), folder("open/way"))
        try #require(unsafe symlink("../safe/ca.pem", file) == 0 && symlink(folder("safe"), way) == 0)
        #expect(problem(file) == nil && problem(way + "/ca.pem") == nil)
        // Links that lead to such a link are no better.
        try #require(unsafe symlink("open/way", folder("first")) == 0)
        try setMode(0o777, folder("open"))
        let shared = UnsafePath(path: folder("open"), .sharedDirectory(mode: 0o777))
        for path in [file, way + "/ca.pem", folder("first/ca.pem")] {
            #expect(problem(path) == .unsafeCAFile(shared), "\(path)")
        }
    }

    @Test func `in a sticky folder a second name of a file is refused`() throws {
        try FileManager.default.createDirectory(atPath: folder("open"), withIntermediateDirectories: true)
        try folder.write(pem, to: "ca.pem")
        try #require(unsafe link(folder("ca.pem"), folder("open/ca.pem")) == 0)
        #expect(problem(folder("open/ca.pem")) == nil)
        try setMode(0o1777, folder("open"))
        let unsafe = UnsafePath(path: folder("open/ca.pem"), .hardLinks(count: 2))
        #expect(problem(folder("open/ca.pem")) == .unsafeCAFile(unsafe))
    }

    @Test(.privileged) func `root: a file, a folder or a link of another user's is refused`() throws {
        let path = try folder.write(pem, to: "ca.pem", mode: 0o644)
        let (user, link) = (65_534 as UInt32, folder("open/link"))
        try FileManager.default.createDirectory(atPath: folder("open"), withIntermediateDirectories: true)
        try #require(unsafe symlink("../ca.pem", link) == 0)
        try setMode(0o1777, folder("open"))
        #expect(problem(link) == nil)
        try #require(unsafe lchown(link, user, user) == 0)
        #expect(problem(link) == .unsafeCAFile(UnsafePath(path: link, .foreignFile(owner: user))))
        try #require(unsafe chown(path, user, user) == 0)
        #expect(problem(path) == .unsafeCAFile(UnsafePath(path: path, .foreignFile(owner: user))))
        try #require(unsafe chown(path, 0, 0) == 0 && chown(folder.path, user, user) == 0)
        #expect(problem(path) == .unsafeCAFile(UnsafePath(path: folder.path, .foreignDirectory(owner: user))))
        try #require(unsafe chown(folder.path, 0, 0) == 0)
    }

    @Test func `each refusal has a remedy of its own`() {
        let folder = "/srv/open"
        let problems: [(ConfigurationProblem, String)] = [
            (.unsafeCAFile(UnsafePath(path: folder, .sharedDirectory(mode: 0o777))), "chmod go-w /srv/open"),
            (.unsafeCAFile(UnsafePath(path: folder, .sharedDirectory(mode: 0o777, owner: 0))), "root gives the folder"),
            (.unsafeCAFile(UnsafePath(path: folder, .foreignDirectory(owner: 7))), "Copy it to a place of your own"),
            (.caFileTooLarge(path: "/ca.pem"), "the certificates alone"),
        ]
        for (problem, word) in problems { #expect(problem.remedy.contains(word), "\(problem.remedy)") }
    }
}
