/// Something that was done to a vault, or with a secret in it.
public struct AuditEvent: Sendable, Hashable {
    /// What was done.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// A word that never changes.
        public let rawValue: String

        /// The kind of that word; one that this version doesn't know is shown as it is.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The vault was made.
        public static let created = Kind(rawValue: "created")
        /// An application was imported.
        public static let imported = Kind(rawValue: "imported")
        /// An application's secret was replaced by an import.
        public static let replaced = Kind(rawValue: "replaced")
        /// An application's secret was replaced after the new one had given a token.
        public static let rotated = Kind(rawValue: "rotated")
        /// An application got another name.
        public static let renamed = Kind(rawValue: "renamed")
        /// An application was removed.
        public static let removed = Kind(rawValue: "removed")
        /// Another application became the default.
        public static let defaultChanged = Kind(rawValue: "default")
        /// An application's secret was used to ask for a token, which was granted.
        public static let tokenRequested = Kind(rawValue: "token")
        /// Cached tokens were dropped.
        public static let tokensForgotten = Kind(rawValue: "forgotten")
        /// An application's secret was exported in clear.
        public static let exported = Kind(rawValue: "exported")
        /// An application's secret was handed to another program.
        public static let lent = Kind(rawValue: "lent")
        /// A key slot was added.
        public static let keyAdded = Kind(rawValue: "key-added")
        /// A key slot's secret was changed.
        public static let keyChanged = Kind(rawValue: "key-changed")
        /// A key slot was removed.
        public static let keyRemoved = Kind(rawValue: "key-removed")
        /// The vault was made without a recovery code, as its maker wished.
        public static let recoveryDeclined = Kind(rawValue: "recovery-declined")
        /// A session began: for a while the vault opens without a key.
        public static let unlocked = Kind(rawValue: "unlocked")
        /// A session was ended before its time.
        public static let locked = Kind(rawValue: "locked")
        /// The vault was restored from a backup.
        public static let restored = Kind(rawValue: "restored")
        /// The vault got a new key, and everything was sealed anew.
        public static let rekeyed = Kind(rawValue: "rekeyed")
        /// The vault was older than it was, and somebody said that it is to be taken so.
        public static let rollbackAccepted = Kind(rawValue: "rollback-accepted")
    }

    /// What was done.
    public let kind: Kind
    /// To whom: the name of an application or of a key slot; empty for the whole vault.
    public let subject: String
    /// What else is worth knowing, such as a former name.
    public var detail: String { data.words }
    let data: AuditDetail

    init(_ kind: Kind, _ subject: String = "", _ data: AuditDetail = .none) {
        self.kind = kind
        self.subject = subject
        self.data = data
    }
}
