internal import ArgumentParser
internal import FoundationEssentials
internal import IsogeoVault

/// Shows a vault from outside: `isogeo-vault status`.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what the vault's file tells without a key: place, slots, counts, times."
    )

    @Flag(help: "Print it as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = CommandContext.current
        let status = try await Vault.status(at: vault.choice.path)
        if json { return try context.printJSON(StatusReport(status)) }
        let rollback = status.isOlderThanSeen ? [["rollback", VaultCheck.isOlder]] : []
        try context.print(
            table(
                [
                    ["vault", status.path.visible + (status.isReadOnly ? " (read-only)" : "")],
                    ["format", "\(status.format)"],
                    ["created", status.created.rfc3339],
                    ["changed", "\(status.changed.rfc3339), \(Self.times(status.generation))"],
                    ["opened by", Self.openers(status)],
                    ["applications", "\(status.applications)"],
                    ["cached tokens", Self.tokens(status)],
                    ["session", status.sessionEnds.map { "until \($0.rfc3339)" } ?? "none"],
                ] + rollback
            )
        )
    }

    private static func openers(_ status: VaultStatus) -> String {
        let slots = status.slots.map { "\($0.kind) \($0.id)" }.joined(separator: ", ")
        return status.isOpenedByKeyringAlone ? "\(slots); \(VaultStatus.keyringAlone)" : slots
    }

    private static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

    private static func tokens(_ status: VaultStatus) -> String {
        guard let last = status.lastTokenExpires else { return "0" }
        return "\(status.tokens), the last until \(last.rfc3339)"
    }
}

/// A vault's state as JSON.
private struct StatusReport: Encodable {
    struct Slot: Encodable {
        let id: String
        let kind: String
        let created: String
        let created_epoch: Int64
    }

    let vault: String
    let format: Int
    let read_only: Bool
    let created: String
    let created_epoch: Int64
    let changed: String
    let changed_epoch: Int64
    let generation: Int
    let older_than_seen: Bool
    let slots: [Slot]
    let applications: Int
    let tokens: Int
    let last_token_expires: String?
    let last_token_expires_epoch: Int64?
    let session_ends: String?
    let session_ends_epoch: Int64?

    init(_ status: VaultStatus) {
        vault = status.path
        format = status.format
        read_only = status.isReadOnly
        created = status.created.rfc3339
        created_epoch = status.created.epochSeconds
        changed = status.changed.rfc3339
        changed_epoch = status.changed.epochSeconds
        generation = status.generation
        older_than_seen = status.isOlderThanSeen
        slots = status.slots.map { slot in
            Slot(
                id: slot.id,
                kind: slot.kind,
                created: slot.created.rfc3339,
                created_epoch: slot.created.epochSeconds
            )
        }
        applications = status.applications
        tokens = status.tokens
        last_token_expires = status.lastTokenExpires?.rfc3339
        last_token_expires_epoch = status.lastTokenExpires?.epochSeconds
        session_ends = status.sessionEnds?.rfc3339
        session_ends_epoch = status.sessionEnds?.epochSeconds
    }
}
