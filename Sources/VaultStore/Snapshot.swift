/// What to read in addition to the header and the slots, which are always read.
package struct Query: Equatable, Sendable {
    package enum Applications: Equatable, Sendable {
        case none, all
        case named(tag: [UInt8])
        case identified(id: [UInt8])
    }

    package enum Tokens: Equatable, Sendable {
        case none, all
        case identified(id: [UInt8])
        case of(application: [UInt8])
        /// Those of the applications that the same reading found.
        case ofApplicationsRead
    }

    package enum Log: Equatable, Sendable {
        case none, all
        /// The first so many that are kept.
        case oldest(Int64)
    }

    package var applications: Applications
    package var tokens: Tokens
    package var log: Log
    /// Sessions are left out of `everything`: they are of this vault's file and of no copy.
    package var sessions: Bool
    package var counts: Bool

    package init(
        applications: Applications = .none,
        tokens: Tokens = .none,
        log: Log = .none,
        sessions: Bool = false,
        counts: Bool = false
    ) {
        self.applications = applications
        self.tokens = tokens
        self.log = log
        self.sessions = sessions
        self.counts = counts
    }

    /// All there is, for a backup or a new key.
    package static let everything = Query(applications: .all, tokens: .all, log: .all, counts: true)
}

/// One state of the vault, as one transaction saw it.
package struct Snapshot: Equatable, Sendable {
    package struct Counts: Equatable, Sendable {
        package var applications: Int64
        package var tokens: Int64
        package var earliestExpiry: Int64?
        package var latestExpiry: Int64?
    }

    package var header: HeaderRecord
    /// In the order of their ids.
    package var slots: [SlotRecord]
    /// Ordered by id, which is random.
    package var applications: [ApplicationRecord]
    package var tokens: [TokenRecord]
    /// In the order of their numbers.
    package var log: [LogRecord]
    /// The last to expire first; rows that can't be sessions, and too many of them, are passed over.
    package var sessions: [SessionRecord] = []
    /// Where they were wanted.
    package var counts: Counts?
}
