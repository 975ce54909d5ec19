internal import VaultSystem

/// Formats 1 and 2, word for word.
///
/// A vault whose schema differs in a letter is damaged, so that this text is never edited: a later format has its own,
/// and a conversion in one transaction. The checks carry what must hold whichever program writes; `Bounds` checks the
/// same in a file that was edited without them.
enum Schema {
    /// "IVLT".
    static let applicationID: Int64 = 0x4956_4C54
    /// What is to be found in `sqlite_schema`: type, name, table, and the statement that made it.
    struct Item: Equatable {
        let type: String
        let name: String
        let table: String
        let statement: String?
    }

    static func items(of format: VaultFormat) -> [Item] { format == .first ? first : present }

    private static let first = common + [Item(type: "table", name: "log", table: "log", statement: firstLog)]
    private static let present = common + second
    private static let second = [
        Item(type: "table", name: "application_tree", table: "application_tree", statement: applicationTree),
        Item(type: "table", name: "certificates", table: "certificates", statement: certificates),
        Item(type: "table", name: "log", table: "log", statement: log),
    ]

    /// What converts a vault of format 1; its rows of `log` are written anew then.
    static var converting: [String] { ["DROP TABLE log"] + second.compactMap(\.statement) }

    private static let common = [
        Item(type: "table", name: "header", table: "header", statement: header),
        Item(type: "table", name: "slot", table: "slot", statement: slot),
        Item(type: "table", name: "application", table: "application", statement: application),
        // What UNIQUE makes; SQLite numbers it and keeps no text.
        Item(type: "index", name: "sqlite_autoindex_application_2", table: "application", statement: nil),
        Item(type: "table", name: "token", table: "token", statement: token),
        Item(type: "index", name: "token_application", table: "token", statement: tokenApplication),
        Item(type: "index", name: "token_expires", table: "token", statement: tokenExpires),
        Item(type: "table", name: "session", table: "session", statement: session),
    ]

    // 253402300799 is the last second of the year 9999; 40 bytes are what nonce and tag of a box take.

    private static let header = """
        CREATE TABLE header (
            one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
            vault_id BLOB NOT NULL CHECK (length(vault_id) = 16),
            created INTEGER NOT NULL CHECK (created BETWEEN 0 AND 253402300799),
            changed INTEGER NOT NULL CHECK (changed BETWEEN 0 AND 253402300799),
            key_epoch INTEGER NOT NULL CHECK (key_epoch >= 1),
            generation INTEGER NOT NULL CHECK (generation >= 1),
            slots BLOB NOT NULL CHECK (length(slots) BETWEEN 48 AND 768 AND length(slots) % 48 = 0),
            state BLOB NOT NULL CHECK (length(state) BETWEEN 40 AND 65536),
            tag BLOB NOT NULL CHECK (length(tag) = 32)
        ) STRICT, WITHOUT ROWID
        """

    private static let slot = """
        CREATE TABLE slot (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            kind TEXT NOT NULL CHECK (length(CAST(kind AS BLOB)) BETWEEN 1 AND 32 AND kind NOT GLOB '*[^a-z-]*'),
            created INTEGER NOT NULL CHECK (created BETWEEN 0 AND 253402300799),
            parameters BLOB NOT NULL CHECK (length(parameters) <= 4096),
            salt BLOB NOT NULL CHECK (length(salt) <= 64),
            commitment BLOB NOT NULL CHECK (length(commitment) = 32),
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) BETWEEN 40 AND 256)
        ) STRICT, WITHOUT ROWID
        """

    private static let application = """
        CREATE TABLE application (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            name_tag BLOB NOT NULL UNIQUE CHECK (length(name_tag) = 32),
            metadata BLOB NOT NULL CHECK (length(metadata) BETWEEN 40 AND 1048576),
            secret BLOB NOT NULL CHECK (length(secret) BETWEEN 40 AND 131072)
        ) STRICT, WITHOUT ROWID
        """

    private static let token = """
        CREATE TABLE token (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
            application BLOB NOT NULL REFERENCES application (id) ON DELETE CASCADE CHECK (length(application) = 16),
            expires INTEGER NOT NULL CHECK (expires BETWEEN 0 AND 253402300799),
            box BLOB NOT NULL CHECK (length(box) BETWEEN 40 AND 2097152)
        ) STRICT, WITHOUT ROWID
        """

    private static let tokenApplication = "CREATE INDEX token_application ON token (application)"
    private static let tokenExpires = "CREATE INDEX token_expires ON token (expires)"

    private static let session = """
        CREATE TABLE session (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            expires INTEGER NOT NULL CHECK (expires BETWEEN 0 AND 253402300799),
            box BLOB NOT NULL CHECK (length(box) BETWEEN 40 AND 65536)
        ) STRICT, WITHOUT ROWID
        """

    private static let firstLog = """
        CREATE TABLE log (
            number INTEGER NOT NULL PRIMARY KEY CHECK (number >= 1),
            box BLOB NOT NULL CHECK (length(box) BETWEEN 40 AND 65536)
        ) STRICT, WITHOUT ROWID
        """

    private static let log = """
        CREATE TABLE log (
            trail INTEGER NOT NULL CHECK (trail BETWEEN 1 AND 2),
            number INTEGER NOT NULL CHECK (number >= 1),
            box BLOB NOT NULL CHECK (length(box) BETWEEN 40 AND 65536),
            PRIMARY KEY (trail, number)
        ) STRICT, WITHOUT ROWID
        """

    // 262144 bytes of certificates, padded by 512 at most.
    private static let certificates = """
        CREATE TABLE certificates (
            application BLOB NOT NULL PRIMARY KEY REFERENCES application (id) ON DELETE CASCADE
                CHECK (length(application) = 16),
            box BLOB NOT NULL CHECK (length(box) BETWEEN 40 AND 262696)
        ) STRICT, WITHOUT ROWID
        """

    private static let applicationTree = """
        CREATE TABLE application_tree (
            path BLOB NOT NULL PRIMARY KEY CHECK (length(path) <= 2),
            digests BLOB NOT NULL CHECK (length(digests) BETWEEN 32 AND 1048576 AND length(digests) % 32 = 0)
        ) STRICT, WITHOUT ROWID
        """
}

extension Schema {
    /// The first way in which a schema isn't that of a format; nil for its own.
    static func difference(of found: [Item], from format: VaultFormat) -> StoreError.SchemaDifference? {
        let items = items(of: format)
        for item in items where !found.contains(item) {
            let isThere = found.contains { $0.type == item.type && $0.name == item.name }
            return isThere
                ? .changed(type: item.type, name: item.name) : .missing(type: item.type, name: item.name)
        }
        guard let foreign = found.first(where: { !items.contains($0) }) else {
            return found.count == items.count ? nil : .twice
        }
        return .foreign(type: printable(foreign.type), name: printable(foreign.name))
    }

    /// A planted name for a terminal: short, and without anything that a terminal obeys.
    private static func printable(_ name: String) -> String {
        String(name.unicodeScalars.prefix(64).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" })
    }
}

/// What the schema's checks allow, checked again when reading: a file can be edited without them.
enum Bounds {
    static let id = 16...16
    static let tag = 32...32
    static let time = SystemClock.range
    static let slots = 48...768
    static let state = 40...65_536
    static let parameters = 0...4096
    static let salt = 0...64
    static let wrappedKey = 40...256
    static let metadata = 40...1_048_576
    static let secret = 40...131_072
    static let logEntry = 40...65_536
    static let certificates = 40...262_696
    static let path = 0...2
    static let digests = 32...1_048_576
    static let token = 40...2_097_152
    static let session = 40...65_536

    static func isKind(_ kind: String) -> Bool {
        (1...32).contains(kind.utf8.count)
            && kind.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-") }
    }
}
