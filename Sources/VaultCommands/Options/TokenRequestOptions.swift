internal import ArgumentParser
internal import IsogeoVault

/// The options of a token request, the same for every command that needs a token.
struct TokenRequestOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How long the token must still be valid, at least.", valueName: "seconds"))
    var minTtl = 0

    @Option(help: ArgumentHelp("The scopes to request, in one argument with spaces.", valueName: "scopes"))
    var scope: String?

    @Option(
        help: ArgumentHelp(
            "A further parameter of the request, such as audience=…; may be repeated.",
            valueName: "name=value"
        ),
        transform: { try TokenOptions.Parameter(argument: $0) }
    )
    var param: [TokenOptions.Parameter] = []

    func validate() throws {
        let range = 0...86_400
        guard range.contains(minTtl) else { throw CommandProblem.Call.outOfRange("--min-ttl", range) }
    }

    func options(refresh: Bool = false, offline: Bool = false) -> TokenOptions {
        TokenOptions(scope: scope, minimumLifetime: minTtl, refresh: refresh, parameters: param, offline: offline)
    }
}

extension TokenOptions.Parameter {
    /// Parses `name=value`; the value may be empty, and contain equals signs.
    fileprivate init(argument: String) throws {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { throw CommandProblem.Call.parameterWithoutValue }
        self.init(String(parts[0]), String(parts[1]))
    }
}
