internal import VaultKeys

/// Whether the desktop keyring can keep a key, as far as can be seen without a dialog.
///
/// It is about the collection that has the key of a vault, where one is looked for and can be read; else about the
/// default one, which gets new keys.
package struct KeyringReport: Sendable {
    /// The result of the probe.
    package enum State: Sendable, Equatable {
        /// It can keep a key now.
        case working
        /// It works, and its file has no password: a program that can read the file can read the key.
        case plainText
        /// It works, and whether it has a password can't be seen.
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
    /// What is wrong with the default collection, where the report is about another one.
    package var defaultProblem: VaultError?

    package init(_ state: State, problem: VaultError? = nil, hasDisplay: Bool = false) {
        self.state = state
        self.problem = problem
        self.hasDisplay = hasDisplay
    }

    /// The report where there is no session bus.
    package static let absent = KeyringReport(.absent, problem: VaultError(KeyError.keyring(.noBus)))

    /// Probes the keyring of this session, within ten seconds.
    ///
    /// - Parameter vault: whose key is looked for in all collections that are open.
    /// - Returns: the result.
    package static func current(for vault: VaultInspection? = nil) async -> KeyringReport {
        let environment = KeyringEnvironment.current
        guard environment.hasBus else { return .absent }
        let (hasDisplay, keys) = (environment.hasDisplay, vault?.keys)
        do {
            return try await BlockingExecutor.run { () throws(VaultError) -> KeyringReport in
                do throws(KeyringProblem) {
                    let service = try SecretService.find(onDialog: nil)
                    let place = try keys.flatMap { (keys) throws(KeyringProblem) in
                        try KeyringSlot.readablePlace(of: keys.slots, of: keys.vault, in: service)
                    }
                    guard let place else { return try KeyringReport(ofDefaultIn: service, hasDisplay) }
                    var report = KeyringReport(of: place, isLocked: false, hasDisplay)
                    do throws(KeyringProblem) {
                        let standard = try service.defaultCollection()
                        if standard.path != place.collection {
                            report.defaultProblem = try KeyringReport(ofDefaultIn: service, hasDisplay).problem
                        }
                    } catch {
                        report.defaultProblem = VaultError(KeyError.keyring(error))
                    }
                    return report
                } catch {
                    throw VaultError(KeyError.keyring(error))
                }
            }
        } catch {
            return KeyringReport(.unavailable, problem: error, hasDisplay: hasDisplay)
        }
    }

    private init(ofDefaultIn service: SecretService, _ hasDisplay: Bool) throws(KeyringProblem) {
        let collection = try service.defaultCollection()
        self.init(of: try service.place(of: collection), isLocked: collection.isLocked, hasDisplay)
    }

    private init(of place: KeyringPlace, isLocked: Bool, _ hasDisplay: Bool) {
        // Before the lock is looked at: a file without a password is in clear even while the keyring is locked.
        let (state, problem): (State, KeyringProblem?) =
            switch place.secrecy {
            case _ where place.isMemoryOnly: (.unavailable, .memoryOnly)
            case .inClear: (.plainText, .plainText)
            case .unseen: (.unseen, .fileUnseen)
            case .unknown: (.unseen, .unknownKeeper)
            case .encrypted: isLocked ? (.locked, .locked) : (.working, nil)
            }
        self.init(state, problem: problem.map { VaultError(KeyError.keyring($0)) }, hasDisplay: hasDisplay)
    }
}
