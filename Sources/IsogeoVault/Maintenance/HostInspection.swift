internal import VaultCrypto
internal import VaultKeys
internal import VaultOAuth
internal import VaultStore
internal import VaultSystem

/// What this computer has for a vault.
package enum HostInspection {
    /// The way to open a vault that options or the environment name, and what is wrong with its file, which isn't opened.
    package struct NamedWay: Sendable {
        /// What people call it, at the start of a sentence.
        package let name: String
        /// A key file or passphrase file; nil for any other way.
        package let path: String?
        package let isKeyFile: Bool
        package let fault: VaultError?
        /// Whether `chmod 600` is what mends it.
        package let isTooOpen: Bool

        package init(name: String, path: String?, isKeyFile: Bool, fault: VaultError?, isTooOpen: Bool = false) {
            self.name = name
            self.path = path
            self.isKeyFile = isKeyFile
            self.fault = fault
            self.isTooOpen = isTooOpen
        }

        /// Whether a file of so many bytes can be what the way names; a passphrase may have a line end.
        fileprivate func canBe(_ size: Int) -> Bool {
            isKeyFile ? KeyFile.fits(size) : (1...Passphrase.limit + 2).contains(size)
        }
    }

    /// What a way to open a vault names; nil when it names nothing.
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

    /// Closes a key or passphrase file of ours to others, provided that it can be one: a photograph stays as it is.
    ///
    /// - Returns: whether that was done.
    package static func close(_ way: NamedWay) -> Bool {
        guard way.isTooOpen, let path = way.path else { return false }
        let closed = try? FileDescriptor.restrictMode(of: path, .regular, to: 0o600) { way.canBe(Int($0.size)) }
        return closed != nil
    }

    /// The library that requests are made with, opened for that; what is wrong with it otherwise.
    package static func checkRequests() throws(VaultError) {
        try mappingErrors { () throws(OAuthError) in try CurlTransport.checkLibrary() }
    }

    /// Refuses a file of certificates that isn't one, or that others may write.
    package static func checkCertificates(_ path: String) throws(VaultError) {
        try mappingErrors { () throws(OAuthError) in _ = try CAFile.resolved(path) }
    }

    /// What keeps anything from being remembered of vaults outside of them; nil where nothing does.
    ///
    /// `isAccess` is true where the user has no home to write in, as many services don't.
    package static func memoryFault() -> (error: VaultError, isAccess: Bool)? {
        guard let folder = VaultDependencies.real.stateFolder else {
            return (VaultError(.noStateFolder), true)
        }
        return StateFile.fault(in: folder).map { fault in
            if case .unsafePath = fault { return (VaultError(fault), false) }
            return (VaultError(.unusableStateFolder(fault)), true)
        }
    }

    /// The libraries that are linked, with their versions.
    package static var libraries: [(name: String, version: String)] {
        [("libsodium", Sodium.version), ("SQLite", VaultDatabase.libraryVersion)]
    }

    /// Whether so many bytes of guarded memory can be locked now, beside what is locked already.
    package static func canLock(_ count: Int) -> Bool {
        let before = SecretBytes.allLocked
        guard before else { return false }
        _ = SecretBytes.random(count: count)
        return SecretBytes.allLocked
    }
}
