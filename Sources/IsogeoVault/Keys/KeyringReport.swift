internal import VaultKeys

/// Whether the desktop keyring can keep a key, as far as can be seen without a dialog.
package struct KeyringReport: Sendable {
    /// The result of the probe.
    package enum State: Sendable, Equatable {
        /// It can keep a key now.
        case working
        /// It works, and its file has no password: a program that can read the file can read the key.
        case plainText
        /// It works, and its file can't be found to see whether it has a password.
        case unseen
        /// It works once the user has unlocked it.
        case locked
        /// There is no session bus, as on a server: no user would expect a keyring here.
        case absent
        /// See the problem.
        case unavailable
    }

    package let state: State
    /// Nil where it works.
    package let problem: VaultError?
    /// Whether the user could see a dialog here.
    package let hasDisplay: Bool

    package init(_ state: State, problem: VaultError? = nil, hasDisplay: Bool = false) {
        self.state = state
        self.problem = problem
        self.hasDisplay = hasDisplay
    }

    /// The report where there is no session bus.
    package static let absent = KeyringReport(.absent, problem: VaultError(KeyError.keyring(.noBus)))

    /// Probes the keyring of this session, within ten seconds.
    package static func current() async -> KeyringReport {
        let environment = KeyringEnvironment.current
        guard environment.hasBus else { return .absent }
        let hasDisplay = environment.hasDisplay
        do {
            return try await BlockingExecutor.run { () throws(VaultError) -> KeyringReport in
                let (collection, place) = try mappingErrors { () throws(KeyError) in
                    do throws(KeyringProblem) {
                        let service = try SecretService.find(onDialog: nil)
                        let collection = try service.defaultCollection()
                        return (collection, try service.place(of: collection))
                    } catch {
                        throw KeyError.keyring(error)
                    }
                }
                if place.isMemoryOnly { return KeyringReport(.unavailable, .memoryOnly, hasDisplay) }
                // Before the lock is looked at: a file without a password is in clear even while the keyring is locked.
                switch place.secrecy {
                case .inClear: return KeyringReport(.plainText, .plainText, hasDisplay)
                case .unseen: return KeyringReport(.unseen, .fileUnseen, hasDisplay)
                case .encrypted: break
                }
                if collection.isLocked { return KeyringReport(.locked, .locked, hasDisplay) }
                return KeyringReport(.working, hasDisplay: hasDisplay)
            }
        } catch {
            return KeyringReport(.unavailable, problem: error, hasDisplay: hasDisplay)
        }
    }

    private init(_ state: State, _ problem: KeyringProblem, _ hasDisplay: Bool) {
        self.init(state, problem: VaultError(KeyError.keyring(problem)), hasDisplay: hasDisplay)
    }
}
