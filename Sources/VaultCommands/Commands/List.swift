internal import ArgumentParser
internal import IsogeoVault

/// Lists applications: `isogeo-vault list`.
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the applications in the vault, never a secret."
    )

    @Flag(help: "Print them as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let opened = try await context.open()
        var progress = Progress(context)
        var columns = Columns(["NAME", "CLIENT_ID", "TOKENS FROM"])
        var list = JSONList()
        var hasBegun = false
        try await opened.list(
            measuring: { columns.measure(Self.row($0)) },
            { progress.show(applications: $0, of: $1) },
            { (page) throws(VaultError) in
                progress.clear()
                if json {
                    var elements: [String] = []
                    for application in page { elements.append(try context.json(ApplicationReport(application))) }
                    return try context.output(list.text(elements))
                }
                let lines = (hasBegun ? [] : [columns.head]) + page.map { columns.line(Self.row($0)) }
                hasBegun = true
                try context.print(lines.joined(separator: "\n"))
            }
        )
        if json { try context.output(list.end(try context.json(["vault": opened.path]))) }
    }

    private static func row(_ application: Application) -> [String] {
        [application.name.description, application.clientID, application.tokenOrigin]
    }
}

/// An object whose member `applications` is printed piece by piece, byte by byte as if it were printed at once.
struct JSONList {
    private var hasBegun = false

    /// The next elements.
    mutating func text(_ elements: [String]) -> [UInt8] {
        guard !elements.isEmpty else { return [] }
        let lines = elements.map { element in
            element.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
        }
        defer { hasBegun = true }
        return Array(((hasBegun ? ",\n" : Self.head) + lines.joined(separator: ",\n")).utf8)
    }

    /// The end, with the object's further members, which are an object of their own.
    func end(_ members: String) -> [UInt8] {
        Array(((hasBegun ? "" : Self.head) + "\n  ],\n" + members.dropFirst(2) + "\n").utf8)
    }

    private static let head = "{\n  \"applications\" : [\n"
}
