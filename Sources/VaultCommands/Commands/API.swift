internal import ArgumentParser
internal import IsogeoVault

/// Reads the API: `isogeo-vault api PATH`.
struct API: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api",
        abstract: "Read Isogeo's API with an application's token: a GET, its answer on standard output.",
        discussion: """
            The token goes to the API of its own platform, unless --api-base names another, and nowhere else: https \
            alone, and no redirect is followed. When the API refuses a cached token, one new one is asked for. An answer \
            may be of any size; on a terminal its control characters are shown as their numbers.

              isogeo-vault api /shares
              isogeo-vault api /resources/search -q _limit=10 -q q="type:dataset"

            Where the API lies is known of Isogeo's own platforms; of others, import says it with --api-base.
            """
    )

    @Argument(help: "What is read, beginning with a slash.")
    var path: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A parameter of the query; it is percent-encoded here.", valueName: "name=value")
    )
    var query: [String] = []

    @Option(help: ArgumentHelp("The application.", valueName: "name"))
    var app: String?

    @Option(help: ArgumentHelp("Where the API lies, this time.", valueName: "url"))
    var apiBase: String?

    @OptionGroup(title: "Token")
    var token: TokenRequestOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptionsWithQuery

    /// Whether a `-q` stands there without a value, as someone writes it who means `--quiet` by it.
    ///
    /// The parser refuses that, and hands on words alone; its remedy is ours.
    static func isQuietMeant(by arguments: [String]) -> Bool {
        guard arguments.first == configuration.commandName else { return false }
        let own = arguments.prefix { $0 != "--" }
        return own.last == "-q" || zip(own, own.dropFirst()).contains { $0 == "-q" && $1.hasPrefix("-") }
    }

    func validate() throws {
        guard query.allSatisfy({ $0.contains("=") }) else {
            throw CommandProblem.Call.queryWithoutValue
        }
    }

    func run() async throws {
        let context = vault.context(connection)
        var screen = StandardOutput.isTerminal ? VisibleStream() : nil
        try await context.open().get(
            APICall(path, query: parameters, base: apiBase),
            for: try applicationName(app),
            token.options()
        ) { (bytes) throws(VaultError) in
            let piece = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
            try context.output(screen?.show(piece) ?? piece)
        }
        if let rest = screen?.end(), !rest.isEmpty { try context.output(rest) }
    }

    private var parameters: [(name: String, value: String)] {
        query.map { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: String(parts[1]))
        }
    }
}
