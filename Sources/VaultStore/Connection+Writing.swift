extension Connection {
    /// Applies one change, within a transaction.
    mutating func apply(_ change: Mutation) throws(StoreError) {
        switch change {
        case .convert: try convert()
        case .putHeader(let header):
            try require(header.format)
            try put(header)
        case .putSlot(let slot): try put(slot)
        case .removeSlot(let id): try remove("DELETE FROM slot WHERE id = ?1", id)
        case .putApplication(let application):
            try require(application.format)
            try put(application)
        case .removeApplication(let id): try remove("DELETE FROM application WHERE id = ?1", id)
        case .putCertificates(let certificates):
            let statement = try prepare(
                "INSERT INTO certificates (application, box) VALUES (?1, ?2) "
                    + "ON CONFLICT (application) DO UPDATE SET box = ?2"
            )
            try statement.bind(certificates.application, at: 1)
            try statement.bind(certificates.box, at: 2)
            try statement.run()
        case .removeCertificates(let application):
            try remove("DELETE FROM certificates WHERE application = ?1", application)
        case .putToken(let token):
            try require(token.format)
            try put(token)
        case .removeToken(let id): try remove("DELETE FROM token WHERE id = ?1", id)
        case .removeTokenIfUnchanged(let id, let box):
            let statement = try prepare("DELETE FROM token WHERE id = ?1 AND box = ?2")
            try statement.bind(id, at: 1)
            try statement.bind(box, at: 2)
            try statement.run()
        case .removeTokens(let application): try remove("DELETE FROM token WHERE application = ?1", application)
        case .removeTokensExpired(let now):
            let statement = try prepare("DELETE FROM token WHERE expires <= ?1")
            try statement.bind(now, at: 1)
            try statement.run()
        case .removeAllTokens: try run("DELETE FROM token")
        case .putSession(let session): try put(session)
        case .removeSession(let id): try remove("DELETE FROM session WHERE id = ?1", id)
        case .removeSessionsExpired(let now):
            let statement = try prepare("DELETE FROM session WHERE expires <= ?1")
            try statement.bind(now, at: 1)
            try statement.run()
        case .removeAllSessions: try run("DELETE FROM session")
        case .putLogEntry(let entry):
            try require(entry.format)
            // Copies of an older vault have its format.
            let statement = try prepare(
                format == .first
                    ? "INSERT INTO log (number, box) VALUES (?1, ?2)"
                    : "INSERT INTO log (number, box, trail) VALUES (?1, ?2, ?3)"
            )
            try statement.bind(entry.number, at: 1)
            try statement.bind(entry.box, at: 2)
            if format >= .second { try statement.bind(entry.trail.rawValue, at: 3) }
            try statement.run()
        case .removeLogEntries(let trail, let number):
            let statement = try prepare("DELETE FROM log WHERE trail = ?1 AND number <= ?2")
            try statement.bind(trail.rawValue, at: 1)
            try statement.bind(number, at: 2)
            try statement.run()
        case .removeAllLogEntries: try run("DELETE FROM log")
        case .putNode(let node):
            let statement = try prepare(
                "INSERT INTO application_tree (path, digests) VALUES (?1, ?2) "
                    + "ON CONFLICT (path) DO UPDATE SET digests = ?2"
            )
            try statement.bind(node.path, at: 1)
            try statement.bind(node.digests, at: 2)
            try statement.run()
        case .removeNode(let path): try remove("DELETE FROM application_tree WHERE path = ?1", path)
        case .removeAllNodes: try run("DELETE FROM application_tree")
        }
    }

    /// Refuses a record of another format than the file's: no program would read it.
    private borrowing func require(_ record: VaultFormat) throws(StoreError) {
        guard record == format else { throw .unacceptableRecord(.format) }
    }

    private borrowing func remove(_ text: String, _ id: [UInt8]) throws(StoreError) {
        let statement = try prepare(text)
        try statement.bind(id, at: 1)
        try statement.run()
    }

    private borrowing func put(_ header: HeaderRecord) throws(StoreError) {
        let statement = try prepare(
            """
            INSERT INTO header (one, vault_id, created, changed, key_epoch, generation, slots, state, tag)
            VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (one) DO UPDATE SET vault_id = ?1, created = ?2, changed = ?3, key_epoch = ?4, generation = ?5,
                slots = ?6, state = ?7, tag = ?8
            """
        )
        try statement.bind(header.vaultID, at: 1)
        try statement.bind(time: header.created, at: 2)
        try statement.bind(time: header.changed, at: 3)
        try statement.bind(header.keyEpoch, at: 4)
        try statement.bind(header.generation, at: 5)
        try statement.bind(header.slots.bytes, at: 6)
        try statement.bind(header.state, at: 7)
        try statement.bind(header.tag, at: 8)
        try statement.run()
    }

    private borrowing func put(_ slot: SlotRecord) throws(StoreError) {
        let statement = try prepare(
            """
            INSERT INTO slot (id, kind, created, parameters, salt, commitment, wrapped_key)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (id) DO UPDATE SET kind = ?2, created = ?3, parameters = ?4, salt = ?5, commitment = ?6,
                wrapped_key = ?7
            """
        )
        try statement.bind(slot.id, at: 1)
        try statement.bind(slot.kind, at: 2)
        try statement.bind(time: slot.created, at: 3)
        try statement.bind(slot.parameters, at: 4)
        try statement.bind(slot.salt, at: 5)
        try statement.bind(slot.commitment, at: 6)
        try statement.bind(slot.wrappedKey, at: 7)
        try statement.run()
    }

    private borrowing func put(_ application: ApplicationRecord) throws(StoreError) {
        let statement = try prepare(
            """
            INSERT INTO application (id, name_tag, metadata, secret) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET name_tag = ?2, metadata = ?3, secret = ?4
            """
        )
        try statement.bind(application.id, at: 1)
        try statement.bind(application.nameTag, at: 2)
        try statement.bind(application.metadata, at: 3)
        try statement.bind(application.secret, at: 4)
        try statement.run()
    }

    private borrowing func put(_ session: SessionRecord) throws(StoreError) {
        let statement = try prepare(
            """
            INSERT INTO session (id, expires, box) VALUES (?1, ?2, ?3)
            ON CONFLICT (id) DO UPDATE SET expires = ?2, box = ?3
            """
        )
        try statement.bind(session.id, at: 1)
        try statement.bind(time: session.expires, at: 2)
        try statement.bind(session.box, at: 3)
        try statement.run()
    }

    private borrowing func put(_ token: TokenRecord) throws(StoreError) {
        let statement = try prepare(
            """
            INSERT INTO token (id, application, expires, box) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET application = ?2, expires = ?3, box = ?4
            """
        )
        try statement.bind(token.id, at: 1)
        try statement.bind(token.application, at: 2)
        try statement.bind(time: token.expires, at: 3)
        try statement.bind(token.box, at: 4)
        try statement.run()
    }
}
