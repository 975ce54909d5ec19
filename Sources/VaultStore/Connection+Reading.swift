extension Connection {
    /// Reads what is wanted, within a transaction.
    borrowing func snapshot(_ wanted: Query) throws(StoreError) -> Snapshot {
        let header = try header()
        let slots = try slots()
        let applications = try applications(wanted.applications)
        var tokens: [TokenRecord] = []
        switch wanted.tokens {
        case .none: break
        case .all: tokens = try self.tokens("SELECT * FROM token ORDER BY id", nil)
        case .identified(let id): tokens = try self.tokens("SELECT * FROM token WHERE id = ?1", id)
        case .of(let application): tokens = try self.tokens(of: application)
        case .ofApplicationsRead:
            for application in applications { tokens += try self.tokens(of: application.id) }
        }
        return Snapshot(
            header: header,
            slots: slots,
            applications: applications,
            tokens: tokens,
            log: try log(wanted.log),
            sessions: wanted.sessions ? try sessions() : [],
            counts: wanted.counts ? try counts() : nil
        )
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

    private borrowing func applications(_ wanted: Query.Applications) throws(StoreError) -> [ApplicationRecord] {
        let columns = "SELECT id, name_tag, metadata, secret FROM application"
        return switch wanted {
        case .none: []
        case .all: try applications(columns + " ORDER BY id", nil)
        case .named(let tag): try applications(columns + " WHERE name_tag = ?1", tag)
        case .identified(let id): try applications(columns + " WHERE id = ?1", id)
        }
    }

    private borrowing func applications(_ text: String, _ key: [UInt8]?) throws(StoreError) -> [ApplicationRecord] {
        let statement = try prepare(text)
        if let key { try statement.bind(key, at: 1) }
        var applications: [ApplicationRecord] = []
        while try statement.step() {
            guard let id = statement.bytes(0, Bounds.id),
                let nameTag = statement.bytes(1, Bounds.tag),
                let metadata = statement.bytes(2, Bounds.metadata),
                let secret = statement.bytes(3, Bounds.secret)
            else { throw damaged("application") }
            applications.append(ApplicationRecord(id: id, nameTag: nameTag, metadata: metadata, secret: secret))
        }
        return applications
    }

    private borrowing func tokens(of application: [UInt8]) throws(StoreError) -> [TokenRecord] {
        try tokens("SELECT * FROM token WHERE application = ?1 ORDER BY id", application)
    }

    private borrowing func tokens(_ text: String, _ key: [UInt8]?) throws(StoreError) -> [TokenRecord] {
        let statement = try prepare(text)
        if let key { try statement.bind(key, at: 1) }
        var tokens: [TokenRecord] = []
        while try statement.step() {
            guard let id = statement.bytes(0, Bounds.tag),
                let application = statement.bytes(1, Bounds.id),
                let expires = statement.number(2), Bounds.time.contains(expires),
                let box = statement.bytes(3, Bounds.token)
            else { throw damaged("token") }
            tokens.append(TokenRecord(id: id, application: application, expires: expires, box: box))
        }
        return tokens
    }

    private borrowing func log(_ wanted: Query.Log) throws(StoreError) -> [LogRecord] {
        let limit: Int64
        switch wanted {
        case .none: return []
        case .all: limit = .max
        case .oldest(let count): limit = count
        }
        let statement = try prepare("SELECT number, box FROM log ORDER BY number LIMIT ?1")
        try statement.bind(limit, at: 1)
        var entries: [LogRecord] = []
        while try statement.step() {
            guard let number = statement.number(0), number >= 1, let box = statement.bytes(1, Bounds.logEntry) else {
                throw damaged("log")
            }
            entries.append(LogRecord(number: number, box: box))
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
            "SELECT (SELECT count(*) FROM application), count(*), min(expires), max(expires) FROM token"
        )
        guard try statement.step(), let applications = statement.number(0), let tokens = statement.number(1) else {
            throw damaged("token")
        }
        return Snapshot.Counts(
            applications: applications,
            tokens: tokens,
            earliestExpiry: statement.number(2),
            latestExpiry: statement.number(3)
        )
    }

    private borrowing func damaged(_ table: String) -> StoreError {
        .damaged(path: file.path, .table(table))
    }
}
