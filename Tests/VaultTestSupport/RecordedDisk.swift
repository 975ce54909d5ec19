package import Foundation

/// A folder on a disk that loses power: what a command changed in it, and what a cut may leave of that.
///
/// POSIX promises what was synced and nothing else. Of what wasn't, anything may have reached the disk, in any order: a
/// write as a whole, some of its sectors, or nothing; a change of a folder, or not.
package struct RecordedDisk: Sendable {
    /// A file or a folder, under the number that stands for it even where the kernel reuses its inode.
    typealias Node = Int

    /// A change of one file's content, or of one folder's entries; or that it was synced.
    enum Change: Sendable {
        case write(Node, at: Int, [UInt8])
        case truncate(Node, Int)
        /// What a name of a folder stands for from then on; nil for nothing.
        case entry(Node, String, Node?)
        /// Two changes of entries that happen together, or not at all.
        case rename(Node, String, Node, String, Node)
        case sync(Node)
    }

    /// The files by their paths from the folder, and its folders.
    package typealias Tree = (files: [String: Data], folders: Set<String>)

    private struct State {
        var contents: [Node: [UInt8]] = [:]
        var entries: [Node: [String: Node]] = [0: [:]]
    }

    private var start = State()
    private var changes: [Change] = []
    private var inodes: [Int: Node] = [:]
    private var nodes = 1

    /// How many moments there are at which the power may be cut: before each change, and behind the last.
    package var moments: Int { changes.count + 1 }

    /// Notes what lies in a folder, all of it on the disk.
    package init(folder: String) throws {
        inodes[try Self.inode(of: folder)] = 0
        let manager = FileManager.default
        // A folder comes before what is in it.
        for path in try manager.subpathsOfDirectory(atPath: folder).sorted() {
            let node = take(try Self.inode(of: folder + "/" + path))
            let (parent, name) = try Self.split(path)
            guard let folderNode = inodes[try Self.inode(of: folder + "/" + parent)] else { throw POSIXError(.ENOENT) }
            start.entries[folderNode, default: [:]][name] = node
            if let content = manager.contents(atPath: folder + "/" + path) {
                start.contents[node] = Array(content)
            } else {
                start.entries[node] = [:]
            }
        }
    }

    private static func inode(of path: String) throws -> Int {
        guard let number = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int else {
            throw POSIXError(.EIO)
        }
        return number
    }

    private static func split(_ path: String) throws -> (parent: String, name: String) {
        let parts = path.split(separator: "/")
        return (parts.dropLast().joined(separator: "/"), String(parts.last ?? ""))
    }

    private mutating func take(_ inode: Int) -> Node {
        inodes[inode] = nodes
        nodes += 1
        return nodes - 1
    }

    // MARK: - The record

    /// Reads what `Tests/Preloads/record_writes.c` wrote; what lies elsewhere is left out.
    package mutating func read(_ record: String) throws {
        var names = start.entries
        for line in record.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            func node(_ index: Int) -> Node? { Int(words[index]).flatMap { inodes[$0] } }
            switch words[0] {
            case "create", "mkdir":
                guard let folder = node(1), let inode = Int(words[2]) else { continue }
                let made = take(inode)
                if words[0] == "mkdir" { names[made] = [:] }
                if words[0] == "mkdir" { start.entries[made] = [:] } else { start.contents[made] = [] }
                names[folder]?[words[3]] = made
                changes.append(.entry(folder, words[3], made))
            case "link":
                guard let folder = node(1), let linked = node(2) else { continue }
                names[folder]?[words[3]] = linked
                changes.append(.entry(folder, words[3], linked))
            case "unlink":
                guard let folder = node(1) else { continue }
                names[folder]?[words[2]] = nil
                changes.append(.entry(folder, words[2], nil))
            case "rename":
                guard let from = node(1), let to = node(3), let moved = names[from]?[words[2]] else { continue }
                names[from]?[words[2]] = nil
                names[to]?[words[4]] = moved
                changes.append(.rename(from, words[2], to, words[4], moved))
            case "write":
                guard let file = node(1), let offset = Int(words[2]) else { continue }
                changes.append(.write(file, at: offset, Self.bytes(words[3])))
            case "truncate":
                guard let file = node(1), let length = Int(words[2]) else { continue }
                changes.append(.truncate(file, length))
            case "sync":
                guard let synced = node(1) else { continue }
                changes.append(.sync(synced))
            default: throw POSIXError(.EILSEQ)
            }
        }
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8).map { $0 < 0x40 ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    // MARK: - The cut

    /// What a cut leaves of changes that weren't synced.
    package enum Fate: Sendable {
        case allLost, allKept
        /// Any part of them, as a generator with this seed has it.
        case some(UInt64)

        fileprivate var seed: UInt64 { if case .some(let seed) = self { seed } else { 0 } }
    }

    /// What is on the disk where the power was cut before the change of that number.
    package func tree(cutBefore moment: Int, _ fate: Fate) -> Tree {
        var state = start
        var generator = SplitMix64(seed: fate.seed)
        let done = changes.prefix(moment)
        for (index, change) in done.enumerated() {
            switch fate {
            case .allKept: apply(change, to: &state)
            case .allLost: if isSynced(change, by: done.dropFirst(index)) { apply(change, to: &state) }
            case .some:
                if isSynced(change, by: done.dropFirst(index)) {
                    apply(change, to: &state)
                } else if case .write(let file, let offset, let bytes) = change {
                    applySome(of: bytes, at: offset, of: file, to: &state, &generator)
                } else if Bool.random(using: &generator) {
                    apply(change, to: &state)
                }
            }
        }
        var tree: Tree = ([:], [])
        collect(0, "", state, into: &tree)
        return tree
    }

    private func isSynced(_ change: Change, by later: ArraySlice<Change>) -> Bool {
        later.contains { other in
            guard case .sync(let node) = other else { return false }
            switch change {
            case .write(let file, _, _), .truncate(let file, _): return file == node
            case .entry(let folder, _, _): return folder == node
            // In one piece: where one of the two folders has it, the other has it too.
            case .rename(let from, _, let to, _, _): return from == node || to == node
            case .sync: return true
            }
        }
    }

    private func apply(_ change: Change, to state: inout State) {
        switch change {
        case .write(let file, let offset, let bytes):
            Self.write(bytes, at: offset, to: &state.contents[file, default: []])
        case .truncate(let file, let length):
            let content = state.contents[file] ?? []
            state.contents[file] = content.prefix(length) + [UInt8](repeating: 0, count: max(0, length - content.count))
        case .entry(let folder, let name, let node): state.entries[folder, default: [:]][name] = node
        case .rename(let from, let old, let to, let new, let node):
            state.entries[from, default: [:]][old] = nil
            state.entries[to, default: [:]][new] = node
        case .sync: break
        }
    }

    private static let sector = 512

    /// Keeps all, nothing, or some of the sectors.
    private func applySome(
        of bytes: [UInt8],
        at offset: Int,
        of file: Node,
        to state: inout State,
        _ generator: inout SplitMix64
    ) {
        let choice = Int.random(in: 0..<3, using: &generator)
        if choice == 0 { return }
        var position = offset
        while position < offset + bytes.count {
            let end = min(offset + bytes.count, (position / Self.sector + 1) * Self.sector)
            if choice == 1 || Bool.random(using: &generator) {
                let part = Array(bytes[position - offset..<end - offset])
                Self.write(part, at: position, to: &state.contents[file, default: []])
            }
            position = end
        }
    }

    private static func write(_ bytes: [UInt8], at offset: Int, to content: inout [UInt8]) {
        let missing = offset + bytes.count - content.count
        if missing > 0 { content += [UInt8](repeating: 0, count: missing) }
        content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    private func collect(_ folder: Node, _ path: String, _ state: State, into tree: inout Tree) {
        for (name, node) in state.entries[folder] ?? [:] {
            if start.entries[node] != nil {
                tree.folders.insert(path + name)
                collect(node, path + name + "/", state, into: &tree)
            } else {
                tree.files[path + name] = Data(state.contents[node] ?? [])
            }
        }
    }
}

/// Vigna's SplitMix64, so that a seed repeats what it led to.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
