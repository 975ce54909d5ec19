internal import ArgumentParser
internal import IsogeoVault

/// Shows the audit trail: `isogeo-vault log`.
struct Log: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Show the audit trail: what was done to the vault, and with its secrets.",
        discussion: """
            The entries are sealed and chained: without the vault's key, none can be changed or taken out. Requests for \
            tokens are counted by application and day (UTC), and have no number. The vault keeps the last 10000 \
            entries, and as many of requests, which never push out others.

            --head prints the number and the digest of the newest numbered entry, which stands for all numbered ones \
            before it, until the vault gets a new key. Note it where no program with that key can change it: \
            `isogeo-vault verify --expect` says later whether the trail still has it.
            """
    )

    @Option(help: ArgumentHelp("Show this many of the newest entries.", valueName: "count"))
    var last: Int?

    @Flag(help: "Print the number and the digest of the newest numbered entry, and nothing else.")
    var head = false

    @Flag(help: "Print them as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard !head || !json else { throw CommandProblem.Call.contradiction(["--head", "--json"]) }
        guard !head || last == nil else { throw CommandProblem.Call.contradiction(["--head", "--last"]) }
        guard last.map({ $0 > 0 }) ?? true else { throw CommandProblem.Call.notPositive("--last") }
    }

    func run() async throws {
        let context = vault.context
        let trail = try await context.open().auditTrail()
        if head { return try context.print("\(trail.head)") }
        let entries = trail.entries.suffix(last ?? .max)
        if json { return try context.printJSON(entries.map(LogReport.init)) }
        try context.print(table([["NUMBER", "TIME", "WHAT", "OF"]] + entries.map(\.row)))
    }
}

extension AuditTrail.Entry {
    /// The entry for people, a field for each column.
    fileprivate var row: [String] {
        let of = [event.subject, event.detail].filter { !$0.isEmpty }
        return [
            number.map(String.init) ?? "", time.rfc3339, event.kind.rawValue,
            of.joined(separator: event.kind == .lent ? ", by: " : ", before: "),
        ]
    }
}

/// An entry of the audit trail as JSON.
private struct LogReport: Encodable {
    let number: Int64?
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
