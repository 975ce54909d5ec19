internal import ArgumentParser
internal import IsogeoVault

/// Which token is wanted: the same for every command that takes one.
struct TokenRequestOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Seconds that the token must still live, at least.", valueName: "seconds"))
    var minTtl = 0

    @Option(help: ArgumentHelp("The scopes to ask for, in one word with spaces.", valueName: "scopes"))
    var scope: String?

    @Option(
        help: ArgumentHelp(
            "A parameter that the server wants as well, such as audience=…; may be given again.",
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
    /// Reads `name=value`; the value may be empty, and have equals signs itself.
    fileprivate init(argument: String) throws {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { throw CommandProblem.Call.parameterWithoutValue }
        self.init(String(parts[0]), String(parts[1]))
    }
}
