import CVaultCurl
import Foundation
import Testing

/// A block of the allocator's, named by its address: `#expect` and pointers don't go together.
private struct Block {
    let address: UInt

    init?(_ pointer: UnsafeMutableRawPointer?) {
        let address = UInt(bitPattern: pointer)
        guard address != 0 else { return nil }
        self.address = address
    }

    private var pointer: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: address) }

    func fill(_ value: UInt8, count: Int) {
        unsafe pointer?.initializeMemory(as: UInt8.self, repeating: value, count: count)
    }
    func bytes(_ range: Range<Int>) -> [UInt8] {
        range.map { unsafe pointer?.load(fromByteOffset: $0, as: UInt8.self) ?? 0 }
    }
    func resized(to size: Int) -> Block? { unsafe Block(cvault_wiping_realloc(pointer, size)) }
    func free() { unsafe cvault_wiping_free(pointer) }
    func freeByMalloc() { unsafe Foundation.free(pointer) }

    static func make(_ size: Int) -> Block? { unsafe Block(cvault_wiping_malloc(size)) }
    static func makeZeroed(_ count: Int, _ size: Int) -> Block? { unsafe Block(cvault_wiping_calloc(count, size)) }
    static func makeByMalloc(_ size: Int) -> Block? { unsafe Block(malloc(size)) }
}

// One at a time: the last test fills the table of large blocks.
@Suite(.serialized) struct WipingAllocatorTests {
    @Test func `a block keeps its content as it grows and shrinks across the two kinds`() throws {
        var block = try #require(Block.make(100))
        block.fill(7, count: 100)
        for size in [200, 20_000, 100_000, 50, 17_000, 10] {
            block = try #require(block.resized(to: size))
            #expect(block.bytes(0..<10) == [UInt8](repeating: 7, count: 10))
        }
        block.free()
    }

    @Test func `large blocks are pages of their own, and stay out of core dumps`() throws {
        let block = try #require(Block.make(16 * 1024))
        #expect(block.address.isMultiple(of: 4096))
        #expect(try flags(at: block.address)?.contains(" dd") == true)
        block.free()
        #expect(try flags(at: block.address)?.contains(" dd") != true)
    }

    @Test func `small blocks are malloc's own, so that either may free them`() throws {
        let block = try #require(Block.make(16 * 1024 - 1))
        #expect(try flags(at: block.address)?.contains(" dd") == false)
        block.freeByMalloc()
        try #require(Block.makeByMalloc(64)).free()
    }

    @Test func `what is freed is wiped`() throws {
        // malloc mostly gives a small block out again to the thread that freed it; its first bytes are bookkeeping
        // then.
        var held: [Block] = []
        defer { for block in held { block.freeByMalloc() } }
        for _ in 0..<100 {
            let block = try #require(Block.make(512))
            block.fill(0xA5, count: 512)
            block.free()
            // Outside of the macro, which takes memory of its own.
            let next = Block.makeByMalloc(512)
            held.append(try #require(next))
            guard next == block else { continue }
            #expect(!block.bytes(16..<512).contains(0xA5))
            return
        }
        Issue.record("malloc never gave the same block again")
    }

    @Test func `zeroed blocks are zero, and impossible ones aren't given`() throws {
        for count in [10, 20_000] {
            let block = try #require(Block.makeZeroed(count, 2))
            #expect(block.bytes(0..<2 * count).allSatisfy { $0 == 0 })
            block.free()
        }
        #expect(Block.makeZeroed(.max, 2) == nil)
        #expect(Block.make(.max) == nil)
    }

    @Test func `more large blocks than the table holds are given all the same`() throws {
        let blocks = try (0..<300).map { _ in try #require(Block.make(16 * 1024)) }
        for block in blocks { block.fill(1, count: 16 * 1024) }
        for block in blocks { block.free() }
        #expect(Set(blocks.map(\.address)).count == 300)
    }

    /// The line `VmFlags` of the mapping that holds an address (proc(5)).
    private func flags(at address: UInt) throws -> String? {
        var isInside = false
        // Its size is said to be 0, which `String(contentsOfFile:)` believes.
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps"))
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let range = line.prefix { $0 != " " }.split(separator: "-")
            if range.count == 2, let low = UInt(range[0], radix: 16), let high = UInt(range[1], radix: 16) {
                isInside = low <= address && address < high
            }
            if isInside, line.hasPrefix("VmFlags:") { return String(line) }
        }
        return nil
    }
}

extension Block: Equatable {}
