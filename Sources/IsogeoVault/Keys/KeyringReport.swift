internal import VaultKeys

/// What the desktop keyring is good for, as far as can be seen without asking anybody.
package struct KeyringReport: Sendable {
    /// What the probe came to.
    package enum State: Sendable, Equatable {
        /// A key can be kept in it now.
        case working
        /// It works, and its file has no password: whoever reads the file reads the key.
        case plainText
        /// It works, and whether its file has a password can't be seen.
        case unseen
        /// It works once somebody has unlocked it.
        case locked
        /// There is no session bus, as on a server: nobody would look for a keyring here.
        case absent
        /// See the problem.
        case unavailable
    }

    package let state: State
    /// The sentence and the remedy; nil where it works.
    package let problem: VaultError?
    /// Whether a dialog could be seen here.
    package let hasDisplay: Bool

    package init(_ state: State, problem: VaultError? = nil, hasDisplay: Bool = false) {
        self.state = state
        self.problem = problem
        self.hasDisplay = hasDisplay
    }

    /// Where no keyring is.
    package static let absent = KeyringReport(.absent, problem: VaultError(KeyError.keyring(.noBus)))

    /// Probes the keyring of this session; it has an answer within ten seconds.
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
                // A file in clear is that whether or not it is open.
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
