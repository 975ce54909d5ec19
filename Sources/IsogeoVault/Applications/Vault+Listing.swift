internal import VaultStore

extension Vault {
    /// Gives all applications, by name, page by page: a million of them take about 55 MiB.
    ///
    /// Names are sealed, so that all are read and sorted first. If another process changes an application before the
    /// last page, the call fails.
    ///
    /// - Parameters:
    ///   - measure: is called with each application, in no order and without its tokens, before the first page.
    ///   - progress: is called with the number of applications that are read, and of all of them if it is known.
    ///   - body: takes a page.
    /// - Throws: `damaged` if the applications differ from the header; `tryAgain` if they are changed meanwhile.
    package func list(
        measuring measure: (Application) -> Void,
        _ progress: (Int, Int64?) -> Void,
        _ body: ([Application]) throws(VaultError) -> Void
    ) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            try contents.list(measuring: measure, progress, body)
        }
    }
}

extension UnlockedVault {
    /// So many are kept when they are read, and need no second reading.
    static let keptCount = 4096
    private static let pageCount = 256

    func list(
        keeping keptCount: Int = keptCount,
        measuring measure: (Application) -> Void = { _ in },
        _ progress: Progress = { _, _ in },
        _ body: ([Application]) throws(VaultError) -> Void
    ) throws(VaultError) {
        let (names, kept, state) = try withOneState { () throws(VaultError) in
            let state = try read().header.state
            // Without a tree no page could be compared with the header: format 1 is read at once.
            let keptCount = state.applications.count == nil ? .max : keptCount
            var (names, kept) = (SortedNames(expecting: Int(state.applications.count ?? 0)), [Application]())
            try readParts(of: state, tokens: .ofApplicationsRead) { (part) throws(VaultError) in
                guard part.isWhole else { throw .damaged(.applicationsDiffer) }
                var stored: [StoredApplication] = []
                for row in part.snapshot.applications { stored.append(try self.stored(row)) }
                let applications = self.applications(stored, part.snapshot)
                for application in applications {
                    names.append(application.name)
                    measure(application)
                }
                if names.count <= keptCount { kept += applications } else { kept = [] }
                progress(names.count, state.applications.count)
            }
            names.sort()
            return (names, kept, state)
        }
        guard names.count > kept.count else {
            return try body(kept.sorted { $0.name.description < $1.name.description })
        }
        for start in stride(from: 0, to: names.count, by: Self.pageCount) {
            let end = min(start + Self.pageCount, names.count)
            try body(try page(names[start..<end], of: state))
        }
    }

    /// The applications of these names, in their order.
    private func page(_ names: [ApplicationName], of state: HeaderState) throws(VaultError) -> [Application] {
        let tags = names.map { sealer.nameTag(of: $0) }
        let (header, snapshot) = try read(Query(applications: .named(tags: tags), tokens: .ofApplicationsRead))
        guard header.state.applications == state.applications else { throw VaultError(StoreError.changedMeanwhile) }
        let tree = try tree(header, snapshot)
        let rows = Dictionary(snapshot.applications.map { ($0.nameTag, $0) }) { first, _ in first }
        var stored: [StoredApplication] = []
        for tag in tags {
            guard let row = rows[tag] else { throw .damaged(.applicationsDiffer) }
            stored.append(try authenticated(row, by: tree))
        }
        return applications(stored, snapshot)
    }

    private func applications(_ stored: [StoredApplication], _ snapshot: Snapshot) -> [Application] {
        let tokens = Dictionary(grouping: snapshot.tokens, by: \.application)
        return stored.map { application in
            let tokens = (tokens[application.row.id] ?? []).compactMap { lifetime(of: $0, application) }
            return Application(application, tokens: tokens)
        }
    }
}

/// Names in one piece of memory: as many values of their own would take four times as much.
private struct SortedNames {
    private var bytes: [UInt8] = []
    private var ends: [UInt32] = []
    private var order: [UInt32] = []

    var count: Int { ends.count }

    /// The length of a name that memory is reserved for, in bytes.
    private static let expectedLength = 32

    /// - Parameter count: the expected number of names. Reserved memory costs nothing until it is filled; an array that
    ///   grows exists twice for a moment.
    init(expecting count: Int) {
        bytes.reserveCapacity(count * Self.expectedLength)
        ends.reserveCapacity(count)
    }

    mutating func append(_ name: ApplicationName) {
        bytes.append(contentsOf: name.description.utf8)
        ends.append(UInt32(bytes.count))
    }

    /// By their bytes: names are in Unicode's form C, in which that is the order of texts.
    mutating func sort() {
        order = (0..<UInt32(ends.count)).sorted { bytes[range($0)].lexicographicallyPrecedes(bytes[range($1)]) }
    }

    subscript(places: Range<Int>) -> [ApplicationName] {
        order[places].compactMap { ApplicationName(String(decoding: bytes[range($0)], as: UTF8.self)) }
    }

    private func range(_ index: UInt32) -> Range<Int> {
        (index == 0 ? 0 : Int(ends[Int(index) - 1]))..<Int(ends[Int(index)])
    }
}
