extension Connection {
    /// Reads what is wanted, within a transaction.
    ///
    /// - Parameters:
    ///   - wanted: what is read.
    ///   - limit: how much of the application rows is read, by the header and slots; nil reads nothing further. It is
    ///     called where many rows may be read.
    /// - Returns: the state.
    /// - Throws: `damaged`, `io`.
    borrowing func snapshot(_ wanted: Query, limit: (Snapshot) -> RowLimit?) throws(StoreError) -> Snapshot {
        var snapshot = Snapshot(header: try header(), slots: try slots(), applications: [], tokens: [], log: [])
        if wanted.applications == .all || wanted.allNodes {
            guard let limit = limit(snapshot) else { return snapshot }
            if wanted.applications == .all {
                let text = Self.applications + " ORDER BY id"
                snapshot.applications = try applications(text, [], limit, &snapshot.exceedsLimit)
            }
            if wanted.allNodes, format >= .second {
                snapshot.nodes = try nodes("TRUE", [], limit, &snapshot.exceedsLimit)
            }
        }
        switch wanted.applications {
        case .none, .all: break
        case .part(let part):
            guard let limit = limit(snapshot) else { return snapshot }
            let (first, end) = part.bounds
            let keys = [first] + (end.map { [$0] } ?? [])
            let range = { (column: String) in "\(column) >= ?1" + (end == nil ? "" : " AND \(column) < ?2") }
            let text = Self.applications + " WHERE \(range("name_tag")) ORDER BY name_tag"
            snapshot.applications = try applications(text, keys, limit, &snapshot.exceedsLimit)
            if format >= .second {
                if !first.isEmpty { snapshot.nodes = try nodes("path = ?1", [[]], limit, &snapshot.exceedsLimit) }
                snapshot.nodes += try nodes(range("path"), keys, limit, &snapshot.exceedsLimit)
            }
        case .identified(let id):
            let text = Self.applications + " WHERE id = ?1"
            snapshot.applications = try applications(text, [id], .none, &snapshot.exceedsLimit)
            snapshot.nodes = try nodes(above: snapshot.applications.map(\.nameTag))
        case .named(let tags):
            for tag in tags {
                let text = Self.applications + " WHERE name_tag = ?1"
                snapshot.applications += try applications(text, [tag], .none, &snapshot.exceedsLimit)
            }
            snapshot.nodes = try nodes(above: tags)
            let found = Set(snapshot.applications.map(\.nameTag))
            let missing = format >= .second ? tags.filter { !found.contains($0) } : []
            guard !missing.isEmpty else { break }
            guard let limit = limit(snapshot) else { return snapshot }
            let paths = Set(snapshot.nodes.map(\.path))
            let leaves = Set(
                missing.map { tag in
                    Bounds.path.reversed().map { Array(tag[..<$0]) }.first { paths.contains($0) } ?? []
                }
            )
            // What is above another one has its rows too.
            for path in leaves where !path.indices.contains(where: { leaves.contains(Array(path[..<$0])) }) {
                // The highest tag that begins with the path: tags have 32 bytes.
                let last = path + [UInt8](repeating: 255, count: 32 - path.count)
                let text = Self.applications + " WHERE name_tag BETWEEN ?1 AND ?2"
                snapshot.neighbours += try applications(text, [path, last], limit, &snapshot.exceedsLimit)
            }
        }
        if wanted.certificates, format >= .second {
            let statement = try prepare("SELECT box FROM certificates WHERE application = ?1")
            for application in snapshot.applications {
                try statement.reset()
                try statement.bind(application.id, at: 1)
                snapshot.certificates += try certificates(statement, of: application.id)
            }
        }
        switch wanted.tokens {
        case .none: break
        case .all: snapshot.tokens = try self.tokens("SELECT * FROM token ORDER BY id", nil)
        case .identified(let id): snapshot.tokens = try self.tokens("SELECT * FROM token WHERE id = ?1", id)
        case .of(let application): snapshot.tokens = try self.tokens(of: application)
        case .orphaned:
            let text = "SELECT * FROM token WHERE application NOT IN (SELECT id FROM application) ORDER BY id"
            snapshot.tokens = try self.tokens(text, nil)
        case .ofApplicationsRead:
            let statement = try prepare(Self.tokensOfApplication)
            for application in snapshot.applications {
                try statement.reset()
                try statement.bind(application.id, at: 1)
                snapshot.tokens += try self.tokens(statement)
            }
        }
        snapshot.log = try log(wanted.log)
        if wanted.sessions { snapshot.sessions = try sessions() }
        if wanted.counts { snapshot.counts = try counts() }
        return snapshot
    }

    /// The header's tag: what a change is compared with.
    borrowing func headerTag() throws(StoreError) -> [UInt8] {
        let statement = try prepare("SELECT tag FROM header")
        guard try statement.step(), let tag = statement.bytes(0, Bounds.tag) else { throw damaged("header") }
        return tag
    }

    private borrowing func header() throws(StoreError) -> HeaderRecord {
        let statement = try prepare(
            "SELECT vault_id, created, changed, key_epoch, generation, slots, state, tag FROM header LIMIT 2"
        )
        guard try statement.step(),
            let vaultID = statement.bytes(0, Bounds.id),
            let created = statement.number(1), Bounds.time.contains(created),
            let changed = statement.number(2), Bounds.time.contains(changed),
            let keyEpoch = statement.number(3), keyEpoch >= 1,
            let generation = statement.number(4), generation >= 1,
            let slots = statement.bytes(5, Bounds.slots).flatMap({ SlotDigests(bytes: $0) }),
            let state = statement.bytes(6, Bounds.state),
            let tag = statement.bytes(7, Bounds.tag),
            try !statement.step()
        else { throw damaged("header") }
        return HeaderRecord(
            format: format,
            vaultID: vaultID,
            created: created,
            changed: changed,
            keyEpoch: keyEpoch,
            generation: generation,
            slots: slots,
            state: state,
            tag: tag
        )
    }

    private borrowing func slots() throws(StoreError) -> [SlotRecord] {
        // One more than there may be: enough to see that there are too many, however many were planted.
        let statement = try prepare(
            """
            SELECT id, kind, created, parameters, salt, commitment, wrapped_key FROM slot ORDER BY id
            LIMIT \(SlotLimits.count + 1)
            """
        )
        var slots: [SlotRecord] = []
        while try statement.step() {
            guard slots.count < SlotLimits.count,
                let id = statement.bytes(0, Bounds.id),
                let kind = statement.text(1), Bounds.isKind(kind),
                let created = statement.number(2), Bounds.time.contains(created),
                let parameters = statement.bytes(3, Bounds.parameters),
                let salt = statement.bytes(4, Bounds.salt),
                let commitment = statement.bytes(5, Bounds.tag),
                let wrappedKey = statement.bytes(6, Bounds.wrappedKey)
            else { throw damaged("slot") }
            slots.append(
                SlotRecord(
                    id: id,
                    kind: kind,
                    created: created,
                    parameters: parameters,
                    salt: salt,
                    commitment: commitment,
                    wrappedKey: wrappedKey
                )
            )
        }
        return slots
    }

    private static let applications = "SELECT id, name_tag, metadata, secret FROM application"

    private borrowing func applications(
        _ text: String,
        _ keys: [[UInt8]],
        _ limit: RowLimit,
        _ isExceeded: inout Bool
    ) throws(StoreError) -> [ApplicationRecord] {
        let statement = try prepare(text)
        for (index, key) in keys.enumerated() { try statement.bind(key, at: CInt(index + 1)) }
        var left = limit
        var applications: [ApplicationRecord] = []
        while try statement.step() {
            // Before anything is copied.
            left.rows -= 1
            left.bytes -= Int64(statement.size(2) + statement.size(3))
            guard left.rows >= 0, left.bytes >= 0 else {
                isExceeded = true
                return applications
            }
            guard let id = statement.bytes(0, Bounds.id),
                let nameTag = statement.bytes(1, Bounds.tag),
                let metadata = statement.bytes(2, Bounds.metadata),
                let secret = statement.bytes(3, Bounds.secret)
            else { throw damaged("application") }
            applications.append(
                ApplicationRecord(format: format, id: id, nameTag: nameTag, metadata: metadata, secret: secret)
            )
        }
        return applications
    }

    private borrowing func certificates(_ statement: borrowing Statement, of application: [UInt8]) throws(StoreError)
        -> [CertificatesRecord]
    {
        guard try statement.step() else { return [] }
        guard let box = statement.bytes(0, Bounds.certificates) else { throw damaged("certificates") }
        return [CertificatesRecord(application: application, box: box)]
    }

    /// The nodes above rows with these name tags, the shortest paths first.
    private borrowing func nodes(above tags: [[UInt8]]) throws(StoreError) -> [NodeRecord] {
        guard format >= .second, !tags.isEmpty else { return [] }
        let statement = try prepare("SELECT path, digests FROM application_tree WHERE path = ?1")
        var nodes: [NodeRecord] = []
        for length in Bounds.path {
            for path in Set(tags.map { Array($0[..<length]) }) {
                try statement.reset()
                try statement.bind(path, at: 1)
                if try statement.step() { nodes.append(try node(statement)) }
            }
        }
        return nodes
    }

    /// Nodes, the shortest paths first; as many and as long as a tree over so many rows has at most.
    private borrowing func nodes(
        _ condition: String,
        _ keys: [[UInt8]],
        _ limit: RowLimit,
        _ isExceeded: inout Bool
    ) throws(StoreError) -> [NodeRecord] {
        // A node of digests of nodes has 256 of them, and there are 257 such nodes at most.
        var left = limit.rows == .max ? .max : limit.rows * 32 + 257 * 256 * 32
        let statement = try prepare(
            "SELECT path, digests FROM application_tree WHERE \(condition) ORDER BY length(path), path"
        )
        for (index, key) in keys.enumerated() { try statement.bind(key, at: CInt(index + 1)) }
        var nodes: [NodeRecord] = []
        while try statement.step() {
            left -= Int64(statement.size(1))
            guard left >= 0 else {
                isExceeded = true
                return nodes
            }
            nodes.append(try node(statement))
        }
        return nodes
    }

    private borrowing func node(_ statement: borrowing Statement) throws(StoreError) -> NodeRecord {
        guard let path = statement.bytes(0, Bounds.path),
            let digests = statement.bytes(1, Bounds.digests), digests.count.isMultiple(of: 32)
        else { throw damaged("application_tree") }
        return NodeRecord(path: path, digests: digests)
    }

    private borrowing func tokens(of application: [UInt8]) throws(StoreError) -> [TokenRecord] {
        try tokens(Self.tokensOfApplication, application)
    }

    private static let tokensOfApplication = "SELECT * FROM token WHERE application = ?1 ORDER BY id"

    private borrowing func tokens(_ text: String, _ key: [UInt8]?) throws(StoreError) -> [TokenRecord] {
        let statement = try prepare(text)
        if let key { try statement.bind(key, at: 1) }
        return try tokens(statement)
    }

    private borrowing func tokens(_ statement: borrowing Statement) throws(StoreError) -> [TokenRecord] {
        var tokens: [TokenRecord] = []
        while try statement.step() {
            guard let id = statement.bytes(0, Bounds.tag),
                let application = statement.bytes(1, Bounds.id),
                let expires = statement.number(2), Bounds.time.contains(expires),
                let box = statement.bytes(3, Bounds.token)
            else { throw damaged("token") }
            tokens.append(TokenRecord(format: format, id: id, application: application, expires: expires, box: box))
        }
        return tokens
    }

    private borrowing func log(_ wanted: Query.Log) throws(StoreError) -> [LogRecord] {
        let (condition, value): (String, Int64)
        switch wanted {
        case .none: return []
        case .all: (condition, value) = ("ORDER BY number LIMIT ?1", .max)
        case .oldest(let count): (condition, value) = ("ORDER BY number LIMIT ?1", count)
        case .change(let number): (condition, value) = ("AND number = ?1", number)
        }
        let columns = "SELECT number, box FROM log WHERE"
        guard format >= .second else { return try log("\(columns) TRUE \(condition)", .changes, value) }
        var entries: [LogRecord] = []
        for trail in Trail.allCases {
            if case .change = wanted, trail != .changes { continue }
            entries += try log("\(columns) trail = \(trail.rawValue) \(condition)", trail, value)
        }
        return entries
    }

    private borrowing func log(_ text: String, _ trail: Trail, _ value: Int64) throws(StoreError) -> [LogRecord] {
        let statement = try prepare(text)
        try statement.bind(value, at: 1)
        var entries: [LogRecord] = []
        while try statement.step() {
            guard let number = statement.number(0), number >= 1, let box = statement.bytes(1, Bounds.logEntry) else {
                throw damaged("log")
            }
            entries.append(LogRecord(format: format, trail: trail, number: number, box: box))
        }
        return entries
    }

    private borrowing func sessions() throws(StoreError) -> [SessionRecord] {
        // There is one at most as a rule; the limit keeps planted rows from costing time.
        let statement = try prepare("SELECT id, expires, box FROM session ORDER BY expires DESC LIMIT 8")
        var sessions: [SessionRecord] = []
        while try statement.step() {
            guard let id = statement.bytes(0, Bounds.id),
                let expires = statement.number(1), Bounds.time.contains(expires),
                let box = statement.bytes(2, Bounds.session)
            else { continue }
            sessions.append(SessionRecord(id: id, expires: expires, box: box))
        }
        return sessions
    }

    private borrowing func counts() throws(StoreError) -> Snapshot.Counts {
        let statement = try prepare(
            """
            SELECT (SELECT count(*) FROM application), count(*), min(expires), max(expires),
                (SELECT max(number) FROM log \(format == .first ? "" : "WHERE trail = 1")) FROM token
            """
        )
        guard try statement.step(), let applications = statement.number(0), let tokens = statement.number(1) else {
            throw damaged("token")
        }
        return Snapshot.Counts(
            applications: applications,
            tokens: tokens,
            fileSize: try number("PRAGMA page_count") * number("PRAGMA page_size"),
            earliestExpiry: statement.number(2),
            latestExpiry: statement.number(3),
            newestChange: statement.number(4)
        )
    }

    private borrowing func damaged(_ table: String) -> StoreError {
        .damaged(path: file.path, .table(table))
    }
}
