internal import ArgumentParser
internal import FoundationEssentials
internal import IsogeoVault

/// Shows a vault without opening it: `isogeo-vault status`.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what can be seen of the vault without a key: place, size, slots, counts, times."
    )

    @Flag(help: "Print it as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let status = try await Vault.status(at: context.vault.path)
        if json { try context.printJSON(StatusReport(status)) } else { try context.print(status.text) }
    }
}

extension VaultStatus {
    /// The state for people, a line for each fact.
    fileprivate var text: String {
        let rollback = isOlderThanSeen ? [["rollback", VaultCheck.olderText]] : []
        return table(
            [
                ["vault", path.visible + (isReadOnly ? " (read-only)" : "")],
                ["format", "\(format)"],
                ["size", fileSize.bytesText],
                ["created", created.rfc3339],
                ["changed", "\(changed.rfc3339), \(generation == 1 ? "once" : "\(generation) times")"],
                ["opened by", openers],
                ["applications", "\(applications)"],
                ["cached tokens", lastTokenExpires.map { "\(tokens), the last until \($0.rfc3339)" } ?? "0"],
                ["session", sessionEnds.map { "until \($0.rfc3339)" } ?? "none"],
            ] + rollback
        )
    }

    private var openers: String {
        let names = slots.map { "\($0.kind) \($0.id)" }.joined(separator: ", ")
        return SoleKey(of: slots.map(\.kind))?.warning.map { "\(names); \($0)" } ?? names
    }
}

extension Int {
    /// A number of bytes for people: in KiB, or with one digit after the point in MiB or GiB.
    fileprivate var bytesText: String {
        let kibibytes = (self + 1023) / 1024
        guard kibibytes >= 1024 else { return "\(kibibytes) KiB" }
        let (unit, name) = kibibytes < 1 << 20 ? (1 << 10, "MiB") : (1 << 20, "GiB")
        let tenths = (kibibytes * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10) \(name)"
    }
}

/// A vault's state as JSON.
private struct StatusReport: Encodable {
    let vault: String
    let format: Int
    let bytes: Int
    let read_only: Bool
    let created: String
    let created_epoch: Int64
    let changed: String
    let changed_epoch: Int64
    let generation: Int
    let older_than_seen: Bool
    let slots: [SlotReport]
    let applications: Int
    let tokens: Int
    let last_token_expires: String?
    let last_token_expires_epoch: Int64?
    let session_ends: String?
    let session_ends_epoch: Int64?

    init(_ status: VaultStatus) {
        vault = status.path
        format = status.format
        bytes = status.fileSize
        read_only = status.isReadOnly
        created = status.created.rfc3339
        created_epoch = status.created.epochSeconds
        changed = status.changed.rfc3339
        changed_epoch = status.changed.epochSeconds
        generation = status.generation
        older_than_seen = status.isOlderThanSeen
        slots = status.slots.map(SlotReport.init)
        applications = status.applications
        tokens = status.tokens
        last_token_expires = status.lastTokenExpires?.rfc3339
        last_token_expires_epoch = status.lastTokenExpires?.epochSeconds
        session_ends = status.sessionEnds?.rfc3339
        session_ends_epoch = status.sessionEnds?.epochSeconds
    }
}
