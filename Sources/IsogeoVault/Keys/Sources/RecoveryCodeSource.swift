internal import VaultCrypto
internal import VaultKeys

/// A recovery code that was read, typed or made.
struct RecoveryCodeSource: KeySource {
    static let kind = KeySlot.Kind.recovery

    let name: KeyName
    private let code: Held<RecoveryCode>
    /// The file that gets a new code.
    private let file: RecoveryCodeFile?

    /// A code in memory; a new slot of it is made once it is written to the file.
    init(_ code: consuming RecoveryCode, in file: RecoveryCodeFile? = nil) {
        name = .kind(.recovery)
        self.code = Held(code)
        self.file = file
    }

    /// The code in a file of the user's own.
    init(reading path: String) throws(KeyError) {
        name = .recoveryCode(path)
        code = Held(try RecoveryCode.read(path))
        file = nil
    }

    /// The code that a person gives.
    init(asking ask: UserInteraction.Asking) throws(VaultError) {
        let text = try SecretBytes(capacity: RecoveryCode.textLimit) {
            (output: inout OutputSpan<UInt8>) throws(VaultError) in
            try ask(&output)
        }
        self.init(try mappingErrors { () throws(KeyError) in try RecoveryCode(text: text) })
    }

    static func isRenewed(by interaction: UserInteraction) -> Bool {
        interaction.show != nil || interaction.codeFile != nil
    }

    static func shown(_ interaction: UserInteraction) throws(VaultError) -> (any KeySource)? {
        if let path = interaction.codeFile {
            let file = try RecoveryCodeFile(toMake: path)
            return RecoveryCodeSource(.random(), in: file)
        }
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
        RecoverySlot.make(
            code.secret,
            wrapping: vaultKey,
            of: request.vault,
            id: file.map { request.slotID(pendingNextTo: $0.path) },
            now: request.now
        )
    }

    func newSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(VaultError) -> NewSlot {
        let slot = try mappingErrors { () throws(KeyError) in try makeSlot(wrapping: vaultKey, request) }
        guard let file else { return NewSlot(slot: slot) }
        try file.write(code.secret, for: slot)
        return NewSlot(
            slot: slot,
            finish: {
                // A process that was killed may have left them.
                for old in request.replaced { file.undo(old) }
                return file.finish(slot)
            },
            undo: { file.undo(slot) }
        )
    }

    /// Nil even where the old code is known: a new one must be shown.
    func renew(_ old: KeySlot, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(RenewalFailure) -> NewSlot?
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
