/// What to read in addition to the header and the slots, which are always read.
package struct Query: Equatable, Sendable {
    package enum Applications: Equatable, Sendable {
        case none, all
        /// Those with these name tags, and the nodes above them; the rows next to where one isn't found.
        case named(tags: [[UInt8]])
        /// Those of one part, with the nodes of that part and the one above them.
        case part(RowPart)
        /// The one with this id, and the nodes above it.
        case identified(id: [UInt8])
    }

    package enum Tokens: Equatable, Sendable {
        case none, all
        case identified(id: [UInt8])
        case of(application: [UInt8])
        /// Those of applications that aren't there.
        case orphaned
        /// Those of the applications that the same reading found.
        case ofApplicationsRead
    }

    package enum Log: Equatable, Sendable {
        case none, all
        /// The first so many of each trail that are kept.
        case oldest(Int64)
        /// The entry of that number among the changes.
        case change(Int64)
    }

    package var applications: Applications
    package var tokens: Tokens
    package var log: Log
    /// Sessions are left out of `everything`: they are of this vault's file and of no copy.
    package var sessions: Bool
    package var counts: Bool
    /// Whether all nodes are read, whatever applications are.
    package var allNodes: Bool
    /// Whether the certificates of the applications that the same reading found are read.
    package var certificates: Bool

    package init(
        applications: Applications = .none,
        tokens: Tokens = .none,
        log: Log = .none,
        sessions: Bool = false,
        counts: Bool = false,
        allNodes: Bool = false,
        certificates: Bool = false
    ) {
        self.applications = applications
        self.tokens = tokens
        self.log = log
        self.sessions = sessions
        self.counts = counts
        self.allNodes = allNodes
        self.certificates = certificates
    }

    /// All there is, for a backup or a new key.
    package static let everything = Query(
        applications: .all,
        tokens: .all,
        log: .all,
        counts: true,
        allNodes: true,
        certificates: true
    )
}

/// One of the parts of the application rows that are read one after the other, so that memory is enough for all.
package enum RowPart: Equatable, Sendable {
    case all
    /// Those whose name tags begin with this byte.
    case beginning(UInt8)

    /// All of them, for a tree whose leaves have paths of this length.
    package static func all(depth: Int) -> [RowPart] {
        depth == 0 ? [.all] : (0...UInt8.max).map { .beginning($0) }
    }

    /// The lowest tag or path of the part, and the lowest behind it; nothing lies outside of all parts.
    var bounds: (first: [UInt8], end: [UInt8]?) {
        switch self {
        case .all: ([], nil)
        case .beginning(let byte): (byte == 0 ? [] : [byte], byte == .max ? nil : [byte + 1])
        }
    }
}

/// How much of the application rows is read at most: more isn't the vault's, and was planted.
package struct RowLimit: Equatable, Sendable {
    package var rows: Int64
    /// Of all boxes of these rows.
    package var bytes: Int64

    package init(rows: Int64, bytes: Int64) {
        self.rows = rows
        self.bytes = bytes
    }

    package static let none = RowLimit(rows: .max, bytes: .max)
}

/// One state of the vault, as one transaction saw it.
package struct Snapshot: Equatable, Sendable {
    package struct Counts: Equatable, Sendable {
        package var applications: Int64
        package var tokens: Int64
        /// The file's size in bytes.
        package var fileSize: Int64
        package var earliestExpiry: Int64?
        package var latestExpiry: Int64?
        /// The number of the newest entry of the audit trail's changes; nil for none.
        package var newestChange: Int64?
    }

    package var header: HeaderRecord
    /// In the order of their ids.
    package var slots: [SlotRecord]
    /// Ordered by id, which is random.
    package var applications: [ApplicationRecord]
    /// All rows of the leaves in which a wanted name tag wasn't found: they show that there is none.
    package var neighbours: [ApplicationRecord] = []
    /// Whether there were more rows, or longer ones, than the limit allows: those are left out.
    package var exceedsLimit = false
    /// Where they were wanted.
    package var certificates: [CertificatesRecord] = []
    /// The shortest paths first.
    package var nodes: [NodeRecord] = []
    package var tokens: [TokenRecord]
    /// By trails, and in each in the order of their numbers.
    package var log: [LogRecord]
    /// The last to expire first; rows that can't be sessions, and too many of them, are passed over.
    package var sessions: [SessionRecord] = []
    /// Where they were wanted.
    package var counts: Counts?
}
