internal import VaultCrypto
internal import VaultHTTP
internal import VaultKeys
internal import VaultOAuth
internal import VaultStore
internal import VaultSystem

/// What this computer offers a vault.
package enum HostInspection {
    /// The key that options or the environment name for a vault, and the fault of its file, which isn't opened.
    package struct NamedWay: Sendable {
        /// Its name, at the start of a sentence.
        package let name: String
        /// The key file or passphrase file; nil for other keys.
        package let path: String?
        package let isKeyFile: Bool
        package let fault: VaultError?
        /// Whether `chmod 600` repairs it.
        package let isTooOpen: Bool

        package init(name: String, path: String?, isKeyFile: Bool, fault: VaultError?, isTooOpen: Bool = false) {
            self.name = name
            self.path = path
            self.isKeyFile = isKeyFile
            self.fault = fault
            self.isTooOpen = isTooOpen
        }

        /// Whether a file of this size can hold the key; a passphrase may have a line end.
        fileprivate func canBe(_ size: Int) -> Bool {
            isKeyFile ? KeyFile.fits(size) : (1...Passphrase.limit + 2).contains(size)
        }
    }

    /// The named key; nil if none is named.
    package static func namedWay(of unlocking: Unlocking) -> NamedWay? {
        guard let reference = unlocking.named else { return nil }
        guard let file = reference.file else {
            return NamedWay(name: reference.name.subject, path: nil, isKeyFile: false, fault: nil, isTooOpen: false)
        }
        let fault =
            SecretFile.fault(file.path, policy: file.policy, holding: file.content)
            ?? FilePath.readingFailure(file.path).map { .unreadable(path: file.path, errno: $0) }
        var isTooOpen = false
        if case .unsafeFile(let unsafe, _) = fault, case .openToOthers = unsafe.reason { isTooOpen = true }
        return NamedWay(
            name: reference.name.subject,
            path: file.path,
            isKeyFile: file.content == .key,
            fault: fault.map { VaultError($0) },
            isTooOpen: isTooOpen
        )
    }

    /// Restricts the user's own key or passphrase file to mode 0600, if its size allows it to be one.
    ///
    /// - Returns: whether the mode was changed.
    package static func close(_ way: NamedWay) -> Bool {
        guard way.isTooOpen, let path = way.path else { return false }
        guard let place = try? FilePlace(path), let file = try? place.directory.open(place.name, .probing) else {
            return false
        }
        let mode = try? file.restrictMode(.regular, to: 0o600) { way.canBe(Int($0.size)) }
        return mode != nil
    }

    /// Opens libcurl, and throws why it can't be used.
    package static func checkRequests() throws(VaultError) {
        try mappingErrors { () throws(OAuthError) in try CurlTransport.checkLibrary() }
    }

    /// Refuses a CA file that holds no certificate, or that others may write.
    package static func checkCertificates(_ path: String) throws(VaultError) {
        try mappingErrors { () throws(HTTPError) in try CAFile.check(path) }
    }

    /// Why the state folder can't be used; nil if it can.
    ///
    /// `isAccess` is true if the user has no writable home, like many services.
    package static func memoryFault() -> (error: VaultError, isAccess: Bool)? {
        guard let folder = VaultDependencies.real.stateFolder else {
            return (VaultError(.noStateFolder), true)
        }
        return StateFile.fault(in: folder).map { fault in
            if case .unsafePath = fault { return (VaultError(fault), false) }
            return (VaultError(.unusableStateFolder(fault)), true)
        }
    }

    /// The linked libraries, with their versions.
    package static var libraries: [(name: String, version: String)] {
        [("libsodium", Sodium.version), ("SQLite", VaultDatabase.libraryVersion)]
    }

    /// Whether this number of bytes can be locked in memory now, in addition to those that are.
    package static func canLock(_ count: Int) -> Bool {
        let before = SecretBytes.allLocked
        guard before else { return false }
        _ = SecretBytes.random(count: count)
        return SecretBytes.allLocked
    }

    /// Whether the kernel leaves the memory of secrets out of its own map.
    package static var hidesSecrets: Bool {
        _ = SecretBytes.random(count: 1)
        return SecretBytes.allHidden
    }
}
