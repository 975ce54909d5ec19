internal import CVaultLibsecret
internal import Synchronization
internal import VaultSystem

/// A connection to the session bus of our user: one for all that this process asks of the keyring.
///
/// KeePassXC asks its user for each connection anew. It is GLib's own of this process, since libsecret takes no other,
/// and stays the one that was checked for as long as this value holds it.
@safe
final class SessionBus: @unchecked Sendable {
    // @unchecked: a GDBusConnection may be used by any thread (its documentation), and the reference is never changed.
    let connection: OpaquePointer
    private let place: KeyringEnvironment.BusPlace

    private init(_ connection: OpaquePointer, _ place: KeyringEnvironment.BusPlace) {
        unsafe self.connection = unsafe connection
        self.place = place
    }

    deinit { unsafe cvault_bus_free(connection) }

    private static let shared = Mutex<SessionBus?>(nil)
    private static let isLibraryOpen = Mutex(false)

    /// Opens libsecret, unless it is open; where that failed once, the next call tries again.
    private static func openLibrary() throws(KeyringProblem) {
        try isLibraryOpen.withLock { isOpen throws(KeyringProblem) in
            guard !isOpen else { return }
            // GLib ends the process where it gets no memory or no thread.
            if let limit = ResourceLimit.reached(needing: 64 << 20) { throw .limit(limit) }
            try openLibrary(named: "libsecret-1.so.0")
            isOpen = true
        }
    }

    /// Opens libsecret under this name.
    static func openLibrary(named name: String) throws(KeyringProblem) {
        switch unsafe cvault_libsecret_open(name) {
        case 0: break
        case -1:
            switch LoaderFailure.current(of: name) {
            case .missing: throw .libraryMissing
            case .limit(let limit): throw .limit(limit)
            case .other(let words): throw .libraryNotLoaded(words)
            }
        default: throw .libraryUnusable
        }
    }

    /// The connection; it is made where there is none, or no living one.
    ///
    /// - Throws: `libraryMissing`, `libraryNotLoaded`, `limit`, `libraryUnusable`, `noBus`, `busAddress`, `busRefuses`,
    ///   `foreignBus`, `timedOut`.
    static func connect(
        _ environment: KeyringEnvironment,
        _ deadline: KeyringDeadline
    ) throws(KeyringProblem) -> SessionBus {
        // First: without a bus nothing is opened, and no server pays for it.
        guard let place = try environment.bus else { throw .noBus }
        if let known = living(at: place) { return known }
        try openLibrary()
        var outcome = cvault_keyring_outcome()
        let time = try deadline.milliseconds(atMost: .seconds(2))
        guard let connection = unsafe cvault_bus_connect(time, &outcome) else {
            throw outcome.failure == CVAULT_KEYRING_TIMED_OUT ? .timedOut : .busRefuses(outcome.text)
        }
        let bus = unsafe SessionBus(connection, place)
        try bus.checkUser()
        shared.withLock { $0 = bus }
        return bus
    }
}

extension SessionBus {
    /// Refuses the bus of another user, to which `su` without `-` and `sudo -E` lead.
    ///
    /// The kernel tells who listened on the socket of this very connection (`SO_PEERCRED`). root's bus is another
    /// user's, too: root could read the key anyway, but a key in root's keyring isn't there after our next login. And
    /// root on a user's bus would give that user what root alone may read.
    private func checkUser() throws(KeyringProblem) {
        guard let user = UInt32(exactly: unsafe cvault_bus_user(connection)) else {
            throw unsafe cvault_bus_is_closed(connection) == 0 ? .foreignBus(user: nil) : .vanished
        }
        guard ProcessIdentity.isOurs(user) else { throw .foreignBus(user: user) }
    }

    /// The connection that there is; one that has ended is let go, or GLib would give it out again.
    private static func living(at place: KeyringEnvironment.BusPlace) -> SessionBus? {
        shared.withLock { known in
            guard let bus = known, bus.place == place, unsafe cvault_bus_is_closed(bus.connection) == 0 else {
                known = nil
                return nil
            }
            return bus
        }
    }
}

/// When the keyring must have answered all that it is asked, however many slots there are.
package final class KeyringDeadline: Sendable {
    /// All calls without a dialog, a call that is given up included, end within 10 seconds.
    static let patience = Duration.seconds(8)

    private let end = Mutex(ContinuousClock.now + KeyringDeadline.patience)

    package init() {}

    /// Begins anew.
    func restart() { allow(Self.patience) }

    /// Sees to it that there is so much time.
    func allow(_ time: Duration) { end.withLock { $0 = max($0, ContinuousClock.now + time) } }

    /// The time that is left for one call.
    ///
    /// - Throws: `timedOut` when none is.
    func milliseconds(atMost limit: Duration = .seconds(5)) throws(KeyringProblem) -> Int32 {
        let left = min(end.withLock { $0 } - ContinuousClock.now, limit)
        guard left > .zero else { throw .timedOut }
        return Int32(left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1)
    }
}

extension cvault_keyring_outcome {
    /// The library's words, fit for a line of text.
    var text: String {
        var copy = words
        let text = unsafe withUnsafeBytes(of: &copy) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let visible = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }
        let trimmed = String(visible).split(separator: " ").joined(separator: " ")
        return trimmed.hasSuffix(".") ? String(trimmed.dropLast()) : trimmed
    }
}
