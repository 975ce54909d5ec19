import Foundation
import Testing
import VaultTestSupport

@testable import VaultKeys

/// What the kernel's files say, from copies of them.
@Suite(.onItsOwnThread) struct AvailableMemoryTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var bytes: UInt64? { AvailableMemory(proc: folder("proc"), cgroups: folder("cgroup")).bytes }

    private func put(_ text: String, at path: String) throws {
        let parent = String(folder(path).prefix(upTo: try #require(folder(path).lastIndex(of: "/"))))
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try folder.write(text, to: path)
    }

    private func machine(mebibytes: UInt64) throws {
        try put(
            "MemTotal:       99999999 kB\nMemFree:          1 kB\nMemAvailable:    \(mebibytes << 10) kB\n",
            at: "proc/meminfo"
        )
    }

    private func group(_ path: String, limit: String, used: UInt64, idle: UInt64? = nil) throws {
        try put(limit + "\n", at: "cgroup\(path)/memory.max")
        try put("\(used)\n", at: "cgroup\(path)/memory.current")
        if let idle { try put("anon 1\ninactive_file \(idle)\nactive_file 5\n", at: "cgroup\(path)/memory.stat") }
    }

    @Test func `without any file nothing is known`() {
        #expect(bytes == nil)
    }

    @Test func `the machine's is known without groups`() throws {
        try machine(mebibytes: 300)
        #expect(bytes == 300 << 20)
    }

    @Test func `a line that isn't as it should be is passed over`() throws {
        try put("MemAvailable: many kB\n", at: "proc/meminfo")
        try put("nonsense\n0::\n:\n", at: "proc/self/cgroup")
        #expect(bytes == nil)
    }

    @Test func `a group's limit counts, less what it uses`() throws {
        try machine(mebibytes: 8000)
        try put("0::/user.slice/app.scope\n", at: "proc/self/cgroup")
        try group("/user.slice/app.scope", limit: "\(128 << 20)", used: 28 << 20)
        #expect(bytes == 100 << 20)
    }

    @Test func `a group above ours counts too, the least of all`() throws {
        try machine(mebibytes: 8000)
        try put("0::/a/b/c\n", at: "proc/self/cgroup")
        try group("/a/b/c", limit: "max", used: 1)
        try group("/a/b", limit: "\(500 << 20)", used: 0)
        try group("/a", limit: "\(200 << 20)", used: 50 << 20)
        #expect(bytes == 150 << 20)
    }

    @Test func `the root of a container's own view counts`() throws {
        try put("0::/\n", at: "proc/self/cgroup")
        try group("", limit: "\(64 << 20)", used: 4 << 20)
        #expect(bytes == 60 << 20)
    }

    @Test func `no limit is none`() throws {
        try machine(mebibytes: 300)
        try put("0::/a\n", at: "proc/self/cgroup")
        try group("/a", limit: "max", used: 5)
        #expect(bytes == 300 << 20)
    }

    @Test func `a group's page cache isn't counted as used`() throws {
        try put("0::/a\n", at: "proc/self/cgroup")
        try group("/a", limit: "\(128 << 20)", used: 120 << 20, idle: 100 << 20)
        #expect(bytes == 108 << 20)
        // More cache than use: a moment between two files.
        try group("/a", limit: "\(128 << 20)", used: 1 << 20, idle: 100 << 20)
        #expect(bytes == 128 << 20)
    }

    @Test func `a group beyond its limit has nothing left`() throws {
        try put("0::/a\n", at: "proc/self/cgroup")
        try group("/a", limit: "\(1 << 20)", used: 2 << 20)
        #expect(bytes == 0)
    }

    @Test func `a group without its files is passed over`() throws {
        try machine(mebibytes: 300)
        try put("0::/a\n", at: "proc/self/cgroup")
        try put("\(1 << 20)\n", at: "cgroup/a/memory.max")
        #expect(bytes == 300 << 20)
    }

    @Test func `version 1 has its own folder and names`() throws {
        try machine(mebibytes: 8000)
        try put("5:cpu,cpuacct:/x\n4:hugetlb,memory:/docker/c0ffee\n1:name=systemd:/y\n", at: "proc/self/cgroup")
        try put("\(256 << 20)\n", at: "cgroup/memory/docker/c0ffee/memory.limit_in_bytes")
        try put("\(56 << 20)\n", at: "cgroup/memory/docker/c0ffee/memory.usage_in_bytes")
        // What version 1 writes where there is no limit.
        try put("9223372036854771712\n", at: "cgroup/memory/memory.limit_in_bytes")
        try put("\(56 << 20)\n", at: "cgroup/memory/memory.usage_in_bytes")
        // Of another controller, and so not looked at.
        try put("1\n", at: "cgroup/x/memory.max")
        try put("0\n", at: "cgroup/x/memory.current")
        #expect(bytes == 200 << 20)
    }

    @Test func `this machine's files are read`() {
        #expect(AvailableMemory.current.bytes ?? 0 > 1 << 20)
    }
}
