import Foundation
import Testing
import VaultTestSupport

struct MemorySearchTests {
    /// A page of our own with random bytes in its middle that stand nowhere else.
    @safe private final class Page {
        let memory: UnsafeMutableRawBufferPointer

        init() {
            let size = 3 * Int(getpagesize())
            let start = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: size)
        }

        deinit { unsafe munmap(memory.baseAddress, memory.count) }

        /// Writes them and makes the pattern, with no copy in between.
        func fill() -> MemorySearch.Pattern {
            let place = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[5000..<5032])
            for index in place.indices { unsafe place[index] = .random(in: .min ... .max) }
            return unsafe place.withMemoryRebound(to: UInt8.self) { unsafe MemorySearch.Pattern("key", lent: $0.span) }
        }
    }

    @Test func `our own memory is searched, ordinary and locked`() throws {
        let page = Page()
        let pattern = page.fill()
        let open = try MemorySearch(ofOurselvesFor: [pattern])
        #expect(open.hits.count == 1)
        #expect(open.hitsOutsideLockedMemory.count == 1)
        #expect(open.bytesRead > 1 << 20)

        try #require(unsafe mlock(page.memory.baseAddress, page.memory.count) == 0)
        let locked = try MemorySearch(ofOurselvesFor: [pattern])
        #expect(locked.hits.map(\.address) == open.hits.map(\.address))
        #expect(locked.hitsOutsideLockedMemory.isEmpty)

        unsafe page.memory.initializeMemory(as: UInt8.self, repeating: 0)
        #expect(try MemorySearch(ofOurselvesFor: [pattern]).hits.isEmpty)
    }

    @Test(.privileged) func `root: the memory of another process is searched`() async throws {
        let canary = Canary()
        let other = Canary()
        var command = Command("cat")
        command.input = .open
        let process = try command.start()
        process.write(canary.text)
        try await process.expect(canary.text)
        let search = try MemorySearch(
            of: process.pid,
            for: [.init("canary", canary.bytes), .init("other", other.bytes)]
        )
        #expect(Set(search.hits.map(\.pattern)) == ["canary"])
        #expect(search.hitsOutsideLockedMemory.count == search.hits.count)
    }

    @Test(.unprivileged) func `somebody else's memory is refused, not found empty`() throws {
        #expect(throws: (any Error).self) { try MemorySearch(of: 1, for: [.init("nothing", "12345678".utf8)]) }
    }
}

struct TemporaryDirectoryTests {
    @Test func `a temporary folder is ours alone and ends with its value`() throws {
        var path = ""
        do {
            let folder = try TemporaryDirectory()
            path = folder.path
            try folder.write("x", to: "file", mode: 0o400)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o700)
            #expect(try folder.read("file") == [0x78])
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
