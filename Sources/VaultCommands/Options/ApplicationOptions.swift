internal import ArgumentParser
internal import IsogeoVault
internal import VaultSystem

/// The application, as an argument or as an option: `NAME`, or `--app NAME`.
struct ApplicationOptions: ParsableArguments {
    @Argument(help: "The application.")
    var name: String?

    @Option(help: ArgumentHelp("The application, as an option.", valueName: "name"))
    var app: String?

    func validate() throws { try refuseTwoApplications(name, app) }

    /// The name that is given, if any.
    var given: String? { name ?? app }

    /// The application that is named here, else by `ISOGEO_VAULT_APP`; nil leaves the choice to the vault.
    var chosen: ApplicationName? {
        get throws(VaultError) { try applicationName(given) }
    }

    /// The name, for a command that never uses a default.
    ///
    /// - Throws: the parser's error if none is given.
    func required() throws -> String {
        guard let given else { throw CommandProblem.Call.missing("name") }
        return given
    }
}

/// An application and a second argument: `NAME WORD`, or `--app NAME WORD`.
struct ApplicationAndOperand<Operand: OperandHelp>: ParsableArguments {
    // The parser fills the first before the second; with --app, a single argument is the operand.
    @Argument(help: ArgumentHelp("The application, unless --app names it.", valueName: "name"))
    var first: String?

    @Argument(help: Operand.help)
    var second: String?

    @Option(help: ArgumentHelp("The application, as an option.", valueName: "name"))
    var app: String?

    func validate() throws {
        guard first != nil || app != nil else { throw CommandProblem.Call.missing("name") }
        guard second != nil || (first != nil && app != nil) else {
            throw CommandProblem.Call.missing(Operand.help.valueName ?? "")
        }
        if second != nil { try refuseTwoApplications(first, app) }
    }

    /// The application's name.
    var name: String { app ?? first ?? "" }

    /// The argument after it.
    var operand: String { second ?? first ?? "" }
}

/// What the argument after an application's name is.
protocol OperandHelp: Sendable { static var help: ArgumentHelp { get } }

private func refuseTwoApplications(_ name: String?, _ app: String?) throws {
    guard let name, let app, name != app else { return }
    throw CommandProblem.Call.twoApplications(name, option: app)
}

/// The application that the argument names, else `ISOGEO_VAULT_APP`; nil leaves the choice to the vault.
///
/// - Throws: `usage` for what can't be a name.
func applicationName(_ argument: String?) throws(VaultError) -> ApplicationName? {
    let variable = Environment.value(of: "ISOGEO_VAULT_APP")
    guard let text = argument ?? variable.flatMap({ $0.isEmpty ? nil : $0 }) else { return nil }
    return try validName(text)
}

/// - Throws: `usage` for what can't be a name.
func validName(_ text: String) throws(VaultError) -> ApplicationName {
    guard let name = ApplicationName(text) else { throw VaultError(.invalidName) }
    return name
}
