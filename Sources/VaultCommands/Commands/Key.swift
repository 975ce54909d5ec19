internal import ArgumentParser
internal import IsogeoVault

/// The key slots: `isogeo-vault key …`.
struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "List, add, change and remove the ways to open the vault.",
        discussion: """
            Each key slot opens the vault by itself. When one is removed, its key no longer opens this file, but still \
            opens older copies of it, unless the desktop keyring had the key and deleted it: after a leak ask Isogeo \
            for a new secret.
            """,
        subcommands: [KeyList.self, KeyAdd.self, KeyChange.self, KeyRemove.self]
    )
}

/// Lists key slots: `isogeo-vault key list`.
struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the key slots.")

    @Flag(help: "Print them as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let slots = try await context.open().keys()
        if json { return try context.printJSON(slots.map(SlotReport.init)) }
        let rows = slots.map { [$0.id, $0.kind, $0.created.rfc3339] }
        try context.print(table([["ID", "KIND", "MADE"]] + rows))
    }
}

/// Adds a key slot: `isogeo-vault key add WAY`.
struct KeyAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a way to open the vault: \(NewKey.help)."
    )

    @OptionGroup
    var new: NewKeyOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let opened = try await context.open()
        let slot = try await new.add(to: opened, context)
        context.say("Added the key slot \(slot.kind) \(slot.id).")
    }
}

/// Replaces a key slot: `isogeo-vault key change SLOT WAY`.
struct KeyChange: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "change",
        abstract: "Replace a key with a new one, such as a new passphrase."
    )

    @Argument(help: "The slot: the beginning of its id, or its kind where only one has it.")
    var slot: String

    @OptionGroup
    var new: NewKeyOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let opened = try await context.open()
        let changed = try await new.change(slot, of: opened, context)
        context.say("The key slot \(slot) is now \(changed.kind) \(changed.id).")
    }
}

/// Removes a key slot: `isogeo-vault key remove SLOT`.
struct KeyRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a way to open the vault; the last one stays."
    )

    @Argument(help: "The slot: the beginning of its id, or its kind where only one has it.")
    var slot: String

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        try await context.open().removeKey(slot, interaction: context.interaction)
        context.say("Removed the key slot \(slot). Its key, where it still exists, opens older copies of the vault.")
    }
}

/// The key of a new slot.
struct NewKeyOptions: ParsableArguments {
    @Argument(help: "\(NewKey.help).")
    var way: NewKey

    @Option(help: ArgumentHelp("The new passphrase is in this file, mode 0600 and yours.", valueName: "path"))
    var newPassphraseFile: String?

    @Option(help: ArgumentHelp("The new passphrase comes from this descriptor.", valueName: "number"))
    var newPassphraseFd: Int32?

    @Option(
        help: ArgumentHelp(
            "Write the recovery code to this file, mode 0600, instead of the terminal.",
            valueName: "path"
        )
    )
    var output: String?

    func validate() throws {
        guard passphrases.count <= 1 else { throw CommandProblem.Call.severalNewPassphrases }
        guard passphrases.isEmpty || way.isPassphrase else {
            throw CommandProblem.Call.goesWith("A new passphrase", ["the way passphrase"])
        }
        guard output == nil || way.isRecoveryCode else {
            throw CommandProblem.Call.goesWith("--output", ["the way recovery"])
        }
    }

    private var passphrases: [Unlocking] {
        [newPassphraseFile.map { .passphraseFile($0) }, newPassphraseFd.map { .passphraseDescriptor($0) }]
            .compactMap(\.self)
    }

    private func protection(_ context: CommandContext) throws(VaultError) -> Protection? {
        guard output != "-" else { throw VaultError(.secretOnStandardOutput) }
        return try way.protection(NewKey.Request(context: context, purpose: .ofNewSlot, passphrase: passphrases.first))
    }

    // Never on standard output, which CI's logs keep.
    private func show(_ code: Span<UInt8>, _ context: CommandContext) throws(VaultError) {
        guard let show = context.terminal()?.show else { throw VaultError(.noTerminalForRecoveryCode) }
        try show(code)
    }

    func add(to vault: Vault, _ context: CommandContext) async throws(VaultError) -> VaultStatus.Slot {
        guard let protection = try protection(context) else {
            if let output { return try await vault.putRecoveryCode(in: output) }
            return try await vault.addRecoveryCode { (code) throws(VaultError) in try show(code, context) }
        }
        return try await vault.addKey(protection)
    }

    func change(_ slot: String, of vault: Vault, _ context: CommandContext) async throws(VaultError)
        -> VaultStatus.Slot
    {
        let interaction = context.interaction
        guard let protection = try protection(context) else {
            if let output {
                return try await vault.putRecoveryCode(in: output, replacing: slot, interaction: interaction)
            }
            return try await vault.replaceWithRecoveryCode(slot, interaction: interaction) {
                (code) throws(VaultError) in
                try show(code, context)
            }
        }
        return try await vault.changeKey(slot, to: protection, interaction: interaction)
    }
}

/// A key slot as JSON.
struct SlotReport: Encodable {
    let id: String
    let kind: String
    let created: String
    let created_epoch: Int64

    init(_ slot: VaultStatus.Slot) {
        id = slot.id
        kind = slot.kind
        created = slot.created.rfc3339
        created_epoch = slot.created.epochSeconds
    }
}
