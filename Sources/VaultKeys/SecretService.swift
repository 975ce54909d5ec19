internal import CVaultLibsecret
internal import VaultSystem

/// The desktop keyring, as far as it was found: a process of our user on the session bus that is
/// `org.freedesktop.secrets`.
///
/// All calls together end within their time, dialogs apart. Each collection is asked by itself: to libsecret a locked
/// one looks like a missing item, and a KeePassXC whose databases are all closed answers a search of the whole service
/// only once one was unlocked.
package struct SecretService {
    /// Its unique name on the bus, which no other process can have: calls go to the one that was found and checked, and
    /// to none that is `org.freedesktop.secrets` after it.
    let owner: String
    let bus: SessionBus
    private let environment: KeyringEnvironment
    let deadline: KeyringDeadline
    private let session: SecretSession
    /// Called when a dialog is up; nil where none may be raised.
    let onDialog: (@Sendable () -> Void)?

    private static let name = "org.freedesktop.secrets"

    /// Finds the keyring.
    ///
    /// - Parameters:
    ///   - environment: where the bus is, and whether there is a display.
    ///   - deadline: when it must have answered all that it is asked.
    ///   - onDialog: called when a dialog of the keyring is up; nil where none may be raised.
    /// - Returns: the keyring, which may be locked.
    /// - Throws: what keeps it from being found.
    package static func find(
        _ environment: KeyringEnvironment = .current,
        until deadline: KeyringDeadline = KeyringDeadline(),
        onDialog: (@Sendable () -> Void)?
    ) throws(KeyringProblem) -> SecretService {
        let bus = try SessionBus.connect(environment, deadline)
        let owner = try ownedByUs(on: bus, deadline)
        return SecretService(
            owner: owner,
            bus: bus,
            environment: environment,
            deadline: deadline,
            session: SecretSession(with: owner, on: bus),
            onDialog: environment.hasDisplay ? onDialog : nil
        )
    }

    /// The keyring's unique name, once the bus has said that its user is ours: a bus may let other users in.
    private static func ownedByUs(on bus: SessionBus, _ deadline: KeyringDeadline) throws(KeyringProblem) -> String {
        let owner = try owner(on: bus, deadline)
        let user = try unsafe call(deadline.milliseconds(atMost: .seconds(2))) { time, outcome in
            unsafe cvault_bus_user_of(bus.connection, owner, time, outcome)
        }
        guard ProcessIdentity.isOurs(user) else { throw .foreignService(user: user) }
        return owner
    }

    private static func owner(on bus: SessionBus, _ deadline: KeyringDeadline) throws(KeyringProblem) -> String {
        do {
            return try owner(of: name, on: bus, deadline)
        } catch .noService {
            // It may be one that the bus starts when it is needed.
            try unsafe call(deadline.milliseconds()) { time, outcome in
                unsafe cvault_bus_start(bus.connection, name, time, outcome)
            }
            return try owner(of: name, on: bus, deadline)
        }
    }

    private static func owner(of name: String, on bus: SessionBus, _ deadline: KeyringDeadline) throws(KeyringProblem)
        -> String
    {
        try unsafe text(milliseconds: deadline.milliseconds(atMost: .seconds(2))) { time, outcome in
            unsafe cvault_bus_owner(bus.connection, name, time, outcome)
        }
    }

    /// The time that is left for one call.
    func milliseconds() throws(KeyringProblem) -> Int32 { try deadline.milliseconds() }

    /// Gives it a moment more, to put right what was begun.
    func allow(_ time: Duration) { deadline.allow(time) }

    // MARK: - The collection

    /// What is known of a collection without a dialog.
    package struct Collection: Equatable {
        package let path: String
        package let isLocked: Bool
    }

    /// Looks at the default collection.
    ///
    /// - Throws: `noCollection`, `timedOut`, `vanished`, `failed`.
    package func defaultCollection() throws(KeyringProblem) -> Collection {
        let path = try asking { () throws(KeyringProblem) in
            try unsafe Self.text(milliseconds: deadline.milliseconds()) { time, outcome in
                unsafe cvault_keyring_default_collection(bus.connection, owner, time, outcome)
            }
        }
        guard path != "/" else { throw .noCollection }
        return Collection(path: path, isLocked: try isLocked(path))
    }

    /// How a collection keeps what is in it, whether or not it is open.
    ///
    /// - Throws: `timedOut`, `vanished`, `failed`.
    package func place(of collection: Collection) throws(KeyringProblem) -> KeyringPlace {
        try place(at: collection.path)
    }

    /// The same, for the collection at a path.
    func place(at path: String) throws(KeyringProblem) -> KeyringPlace {
        let secrecy: CollectionSecrecy =
            if try isGnome() {
                environment.secrecy(of: path)
            } else if try hasName("org.keepassxc.KeePassXC.MainWindow") {
                // All its files are encrypted, and it asks twice before it makes one without a password.
                .encrypted
            } else {
                // KWallet takes an empty password, and encrypts with it. What others do isn't known.
                .unknown
            }
        return KeyringPlace(collection: path, secrecy: secrecy)
    }

    // Only gnome-keyring's files are known by their beginning.
    private func isGnome() throws(KeyringProblem) -> Bool { try hasName("org.gnome.keyring") }

    /// Whether the keyring has this name on the bus too, which one program alone takes.
    private func hasName(_ name: String) throws(KeyringProblem) -> Bool {
        do { return try Self.owner(of: name, on: bus, deadline) == owner } catch {
            guard error == .noService else { throw error }
            return false
        }
    }

    private func isLocked(_ object: String, isItem: Bool = false) throws(KeyringProblem) -> Bool {
        let time = try deadline.milliseconds()
        return try asking { () throws(KeyringProblem) in
            try unsafe Self.call(time) { time, outcome in
                unsafe cvault_keyring_is_locked(bus.connection, owner, object, isItem ? 1 : 0, time, outcome) != 0
            }
        }
    }

    /// All collections, gnome-keyring's for the session too.
    func collections() throws(KeyringProblem) -> [Collection] {
        let paths = try unsafe paths { time, outcome in
            unsafe cvault_keyring_collections(bus.connection, owner, time, outcome)
        }
        var collections: [Collection] = []
        for path in paths {
            do throws(KeyringProblem) { collections.append(Collection(path: path, isLocked: try isLocked(path))) } catch
            {
                // It has gone since.
                guard error == .noCollection else { throw error }
            }
        }
        return collections
    }

    /// The collections that may have an item which no search finds.
    ///
    /// These are the default one if it is locked, and then each other locked one of a keyring that can't tell what is
    /// in it, such as KeePassXC and KWallet. gnome-keyring can, and is asked for no password that isn't needed.
    ///
    /// - Throws: `noCollection` without a default one, and what `collections` throws.
    func unsearchable() throws(KeyringProblem) -> [Collection] {
        let standard = try defaultCollection()
        let first = standard.isLocked ? [standard] : []
        guard try !isGnome() else { return first }
        return first + (try collections().filter { $0.isLocked && $0.path != standard.path })
    }

    /// Unlocks a collection: with a dialog where that is needed and possible.
    ///
    /// - Throws: `locked`, `dismissed`, and whatever else keeps it closed.
    func open(_ collection: Collection) throws(KeyringProblem) {
        try unlock(collection.path)
        do throws(KeyringProblem) {
            guard try !isLocked(collection.path) else { throw .dismissed }
        } catch {
            // KeePassXC may give an opened database another path.
            guard error == .noCollection else { throw error }
        }
    }

    /// The default collection, unlocked: with a dialog where that is needed and possible.
    ///
    /// - Throws: `locked`, `dismissed`, and whatever else keeps it closed.
    package func openCollection() throws(KeyringProblem) -> Collection {
        let collection = try defaultCollection()
        guard collection.isLocked else { return collection }
        try unlock(collection.path)
        let opened = try defaultCollection()
        guard !opened.isLocked else { throw .dismissed }
        return opened
    }

    // MARK: - The item

    /// Begins the session that `withSecret` needs, while other calls go on.
    func prepareForSecrets() throws(KeyringProblem) { try unsafe session.begin() }

    /// An item that was found.
    struct Found {
        let path: String
        let isLocked: Bool

        /// The collection that it lies in.
        var collection: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path }
    }

    /// The items with these ids in some collections.
    ///
    /// Any program of the user can store another one with the same attributes.
    func search(_ item: KeyringItem, in collections: [Collection]) throws(KeyringProblem) -> [Found] {
        var found: [Found] = []
        for collection in collections {
            do throws(KeyringProblem) {
                let paths = try unsafe paths { time, outcome in
                    unsafe cvault_keyring_search(
                        bus.connection,
                        owner,
                        collection.path,
                        item.vault,
                        item.slot,
                        time,
                        outcome
                    )
                }
                for path in paths {
                    // KeePassXC may want a single item confirmed.
                    let isLocked = collection.isLocked ? true : try isLocked(path, isItem: true)
                    found.append(Found(path: path, isLocked: isLocked))
                }
            } catch {
                // Collection or item have gone since.
                guard error == .noCollection else { throw error }
            }
        }
        return found
    }

    /// Unlocks an item that is in a locked collection, or one that KeePassXC wants confirmed.
    ///
    /// - Throws: `locked`, `dismissed`; `itemGone` where it has gone since.
    func open(_ found: Found) throws(KeyringProblem) {
        guard found.isLocked else { return }
        try unlock(found.path)
        let isLocked: Bool
        do throws(KeyringProblem) { isLocked = try self.isLocked(found.path, isItem: true) } catch {
            throw error == .noCollection ? .itemGone : error
        }
        guard !isLocked else { throw .dismissed }
    }

    /// Runs `body` with the secret of an item that was found.
    ///
    /// - Throws: `itemGone` where it has gone since, `itemForeign` where there is none that libsecret can read,
    ///   `unencryptedTransport`, `timedOut`, `vanished`, `failed`.
    func withSecret<Result: ~Copyable>(
        of found: Found,
        _ body: (Span<UInt8>) throws(KeyringProblem) -> Result
    ) throws(KeyringProblem) -> Result {
        let session = try unsafe session.begin()
        let secret: OpaquePointer?
        do throws(KeyringProblem) {
            unsafe secret = try unsafe asking { () throws(KeyringProblem) in
                try unsafe Self.call(try deadline.milliseconds(atMost: KeyringDeadline.patience)) { time, outcome in
                    unsafe cvault_keyring_lookup(session, found.path, time, outcome)
                }
            }
        } catch {
            throw error == .noCollection ? .itemGone : error
        }
        guard let secret = unsafe secret else { throw .itemForeign }
        defer { unsafe cvault_secret_free(secret) }
        var count = 0
        guard let bytes = unsafe cvault_secret_bytes(secret, &count) else { throw .itemForeign }
        return try body(unsafe Span(_unsafeStart: bytes.assumingMemoryBound(to: UInt8.self), count: count))
    }

    /// Stores an item, which must not be there yet: to replace one blocks in KeePassXC.
    func store(_ item: KeyringItem, in collection: Collection, secret: Span<UInt8>, label: String)
        throws(KeyringProblem)
    {
        let session = try unsafe session.begin()
        let time = try deadline.milliseconds(atMost: KeyringDeadline.patience)
        try asking { () throws(KeyringProblem) in
            try unsafe Self.call(time) { time, outcome in
                unsafe secret.withUnsafeBufferPointer { bytes in
                    unsafe cvault_keyring_store(
                        session,
                        item.vault,
                        item.slot,
                        collection.path,
                        label,
                        bytes.baseAddress,
                        bytes.count,
                        time,
                        outcome
                    )
                }
            }
        }
    }

    /// Deletes an item that was found.
    func delete(_ found: Found) throws(KeyringProblem) {
        let prompt = try asking { () throws(KeyringProblem) in
            try unsafe Self.text(milliseconds: try deadline.milliseconds()) { time, outcome in
                unsafe cvault_keyring_delete(bus.connection, owner, found.path, time, outcome)
            }
        }
        if prompt != "/" { try show(prompt) }
    }
}
