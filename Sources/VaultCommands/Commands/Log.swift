internal import ArgumentParser
internal import IsogeoVault

/// Shows the audit trail: `isogeo-vault log`.
struct Log: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Show the audit trail: what was done to the vault, and with its secrets.",
        discussion: """
            The entries are sealed and chained: without the vault's key, none can be changed or taken out. The vault \
            keeps the last 10000.
            """
    )

    @Option(help: ArgumentHelp("Show this many of the newest entries.", valueName: "count"))
    var last: Int?

    @Flag(help: "Print them as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard last.map({ $0 > 0 }) ?? true else { throw CommandProblem.Call.notPositive("--last") }
    }

    func run() async throws {
        let context = vault.context
        let entries = try await context.open().auditTrail().entries.suffix(last ?? .max)
        if json { return try context.printJSON(entries.map(LogReport.init)) }
        try context.print(table([["NUMBER", "TIME", "WHAT", "OF"]] + entries.map(\.row)))
    }
}

extension AuditTrail.Entry {
    /// The entry for people, a field for each column.
    fileprivate var row: [String] {
        let of = [event.subject, event.detail].filter { !$0.isEmpty }
        return [
            "\(number)", time.rfc3339, event.kind.rawValue,
            of.joined(separator: event.kind == .lent ? ", by: " : ", before: "),
        ]
    }
}

/// An entry of the audit trail as JSON.
private struct LogReport: Encodable {
    let number: Int64
    let time: String
    let time_epoch: Int64
    let event: String
    let subject: String
    let detail: String

    init(_ entry: AuditTrail.Entry) {
        number = entry.number
        time = entry.time.rfc3339
        time_epoch = entry.time.epochSeconds
        event = entry.event.kind.rawValue
        subject = entry.event.subject
        detail = entry.event.detail
    }
}
