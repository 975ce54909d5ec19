internal import VaultCrypto
internal import VaultKeys

/// A recovery code that was read, typed or made.
struct RecoveryCodeSource: KeySource {
    static let kind = KeySlot.Kind.recovery

    let name: KeyName
    private let code: Held<RecoveryCode>

    /// A code in memory.
    init(_ code: consuming RecoveryCode) {
        name = .kind(.recovery)
        self.code = Held(code)
    }

    /// The code in a file of the user's own.
    init(reading path: String) throws(KeyError) {
        name = .recoveryCode(path)
        code = Held(try RecoveryCode.read(path))
    }

    /// The code that a person gives.
    init(asking ask: UserInteraction.Asking) throws(VaultError) {
        let text = try SecretBytes(capacity: RecoveryCode.textLimit) {
            (output: inout OutputSpan<UInt8>) throws(VaultError) in
            try ask(&output)
        }
        self.init(try mappingErrors { () throws(KeyError) in try RecoveryCode(text: text) })
    }

    static func isRenewed(by interaction: UserInteraction) -> Bool { interaction.show != nil }

    static func shown(_ interaction: UserInteraction) throws(VaultError) -> (any KeySource)? {
        guard let show = interaction.show else { return nil }
        let code = RecoveryCode.random()
        let text = code.text
        try text.withBytes { (text: Span<UInt8>) throws(VaultError) in try show(text) }
        return RecoveryCodeSource(code)
    }

    func open(_ slots: [KeySlot], of vault: VaultIdentity) throws(KeyError) -> Unlocked {
        try RecoverySlot.open(slots, by: code.secret, of: vault, name: name)
    }

    func makeSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(KeyError) -> KeySlot {
        RecoverySlot.make(code.secret, wrapping: vaultKey, of: request.vault, now: request.now)
    }

    /// Nil even where the old code is known: a new one must be shown.
    func renew(_ old: KeySlot, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(RenewalFailure) -> RenewedSlot?
    { nil }
}

extension KeyReference {
    static func recovery(file path: String) -> KeyReference {
        KeyReference(kind: RecoveryCodeSource.self, name: .recoveryCode(path)) { () throws(VaultError) in
            try mappingErrors { () throws(KeyError) in try RecoveryCodeSource(reading: path) }
        }
    }

    static func recovery(asking ask: @escaping UserInteraction.Asking) -> KeyReference {
        KeyReference(kind: RecoveryCodeSource.self, name: .kind(.recovery), asks: true) { () throws(VaultError) in
            try RecoveryCodeSource(asking: ask)
        }
    }
}
