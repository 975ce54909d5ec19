/// Which collections of a keyring will do for a new key.
package enum KeyringRequirement: Equatable, Sendable {
    /// One whose file is known to have a password.
    case password
    /// Any that lasts.
    case any
    /// One that keeps a key no worse than this place does, which was accepted once.
    case noWorse(than: KeyringPlace)

    /// Refuses a place that won't do.
    ///
    /// - Throws: `memoryOnly`, `plainText`, `fileUnseen`, `unknownKeeper`.
    func check(_ place: KeyringPlace) throws(KeyringProblem) {
        guard !place.isMemoryOnly else { throw .memoryOnly }
        switch self {
        case .any: return
        case .noWorse(let former) where former == place || former.secrecy == .inClear: return
        case .noWorse, .password: break
        }
        switch place.secrecy {
        case .encrypted: return
        case .inClear: throw .plainText
        case .unseen: throw .fileUnseen
        case .unknown: throw .unknownKeeper
        }
    }
}

/// Where a key lies in a keyring.
package struct KeyringPlace: Equatable, Sendable {
    package let collection: String
    package let secrecy: CollectionSecrecy

    /// Whether what is kept here ends with the keyring's process: gnome-keyring's collection for the session has no
    /// file, and any program may have made it the default.
    package var isMemoryOnly: Bool { collection.hasSuffix("/collection/session") }
}
