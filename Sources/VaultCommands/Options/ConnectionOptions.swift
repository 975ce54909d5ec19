internal import ArgumentParser
internal import IsogeoVault

/// How this call connects to the token endpoint and the API.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Certificates (PEM) to trust instead of the system's; import and rotate store it with the application.",
            valueName: "path"
        )
    )
    var caFile: String?

    @Option(help: ArgumentHelp("Wait no longer for a connection (default: 10).", valueName: "seconds"))
    var connectTimeout: Int?

    @Option(
        help: ArgumentHelp(
            "Wait no longer for a token, all attempts included, or for the API's next byte (default: 30).",
            valueName: "seconds"
        )
    )
    var timeout: Int?

    @Flag(help: "Send over plain http even if another user's program listens there on this computer.")
    var foreignListener = false

    func validate() throws {
        let range = 1...300
        for (name, value) in [("--connect-timeout", connectTimeout), ("--timeout", timeout)] {
            if let value, !range.contains(value) { throw CommandProblem.Call.outOfRange(name, range) }
        }
        guard caFile != "" else { throw CommandProblem.Call.noPath("--ca-file") }
    }

    /// The settings that differ from the defaults.
    var overrides: ConnectionOverrides {
        var overrides = ConnectionOverrides(
            caFile: caFile,
            connectTimeLimit: connectTimeout.map { .seconds($0) },
            timeLimit: timeout.map { .seconds($0) }
        )
        overrides.acceptsForeignListener = foreignListener
        return overrides
    }
}
