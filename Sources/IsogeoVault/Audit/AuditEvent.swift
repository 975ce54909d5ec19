internal import VaultStore

/// A change of a vault, or a use of a secret in it.
public struct AuditEvent: Sendable, Hashable {
    /// The kind of event.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The word for it, which never changes.
        public let rawValue: String

        /// The kind with that word; a word that this version doesn't know is shown unchanged.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The vault was made.
        public static let created = Kind(rawValue: "created")
        /// An application was imported.
        public static let imported = Kind(rawValue: "imported")
        /// An application's secret was replaced by an import.
        public static let replaced = Kind(rawValue: "replaced")
        /// An application's secret was replaced by one that was proven first.
        public static let rotated = Kind(rawValue: "rotated")
        /// An application was renamed.
        public static let renamed = Kind(rawValue: "renamed")
        /// An application was removed.
        public static let removed = Kind(rawValue: "removed")
        /// The certificates that an application's endpoint is trusted by were changed.
        public static let certificatesChanged = Kind(rawValue: "certificates")
        /// Another application became the default.
        public static let defaultChanged = Kind(rawValue: "default")
        /// The server granted a token for an application's secret.
        public static let tokenRequested = Kind(rawValue: "token")
        /// The server refused an application's secret.
        public static let credentialRefused = Kind(rawValue: "refused")
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
        /// The vault was made without a recovery code, by request.
        public static let recoveryDeclined = Kind(rawValue: "recovery-declined")
        /// A session began, in which the vault opens by itself.
        public static let unlocked = Kind(rawValue: "unlocked")
        /// A session was ended early.
        public static let locked = Kind(rawValue: "locked")
        /// The vault was restored from a backup.
        public static let restored = Kind(rawValue: "restored")
        /// The vault got a new key, which seals everything anew.
        public static let rekeyed = Kind(rawValue: "rekeyed")
        /// The vault's file was converted into a later format.
        public static let converted = Kind(rawValue: "converted")
        /// The vault was older than when it was last seen, and was accepted as it is.
        public static let rollbackAccepted = Kind(rawValue: "rollback-accepted")
    }

    /// The kind of event.
    public let kind: Kind
    /// The name of the application or key slot; empty for the whole vault.
    public let subject: String
    /// A further detail, such as the former name.
    public var detail: String { data.words }
    let data: AuditDetail

    init(_ kind: Kind, _ subject: String = "", _ data: AuditDetail = .none) {
        self.kind = kind
        self.subject = subject
        self.data = data
    }
}

extension AuditEvent.Kind {
    /// The half of the audit trail that has such events.
    var trail: Trail { [.tokenRequested, .credentialRefused].contains(self) ? .requests : .changes }
}
