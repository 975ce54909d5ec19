internal import ArgumentParser
internal import IsogeoVault

/// Reads the API: `isogeo-vault api PATH`.
struct API: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api",
        abstract: "Send a GET to Isogeo's API with an application's token, and print the answer.",
        discussion: """
            The token goes only to the API of its own platform, or to the address that --api-base gives: over https, \
            without following redirects. If the API refuses a cached token, a new one is requested, once. An answer \
            may be of any size; a terminal shows its control characters as numbers.

              isogeo-vault api /shares
              isogeo-vault api /resources/search -q _limit=10 -q q="type:dataset"

            The API addresses of Isogeo's own platforms are known; import --api-base stores another one.
            """
    )

    @Argument(help: "The path to read, beginning with a slash.")
    var path: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A query parameter; the command percent-encodes it.", valueName: "name=value")
    )
    var query: [String] = []

    @Option(help: ArgumentHelp("The application.", valueName: "name"))
    var app: String?

    @Option(help: ArgumentHelp("The API's address for this call.", valueName: "url"))
    var apiBase: String?

    @OptionGroup(title: "Token")
    var token: TokenRequestOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptionsWithQuery

    /// Whether a `-q` has no value, which suggests that `--quiet` is meant.
    ///
    /// The parser refuses it too, but its error can't be asked which option lacks a value. A `-q` after another option
    /// may be that option's missing value, and isn't counted.
    static func isQuietMeant(by arguments: [String]) -> Bool {
        guard arguments.first == configuration.commandName else { return false }
        let own = arguments.prefix { $0 != "--" }
        return own.indices.dropFirst().contains { index in
            let next = own.dropFirst(index + 1).first
            return own[index] == "-q" && !own[index - 1].hasPrefix("-") && next?.contains("=") != true
        }
    }

    func validate() throws {
        guard query.allSatisfy({ $0.contains("=") }) else {
            throw CommandProblem.Call.queryWithoutValue
        }
    }

    func run() async throws {
        let context = vault.context(connection)
        var screen = StandardOutput.isTerminal ? VisibleStream() : nil
        try await context.withVault { (opened) throws(VaultError) in
            try await opened.get(
                APICall(path, query: parameters, base: apiBase),
                for: try applicationName(app),
                token.options()
            ) { (bytes) throws(VaultError) in
                let piece = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
                try context.output(screen?.show(piece) ?? piece)
            }
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
