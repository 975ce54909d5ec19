internal import ArgumentParser
internal import FoundationEssentials
internal import IsogeoVault

/// How an error is written to standard error.
enum ErrorFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json

    /// The format that the arguments ask for, even if the parser refuses the rest of them.
    init(in arguments: [String]) {
        // The arguments after two hyphens are another program's.
        let arguments = arguments.prefix { $0 != "--" }
        let asksForJSON = zip(arguments, arguments.dropFirst()).contains { $0 == "--error-format" && $1 == "json" }
        self = asksForJSON || arguments.contains("--error-format=json") ? .json : .text
    }

    /// Writes an error.
    ///
    /// - Returns: its exit code.
    func report(_ error: VaultError, _ context: CommandContext) -> Int32 {
        switch self {
        case .text: context.message(error)
        case .json:
            let report = ErrorReport(
                code: error.code.exitStatus,
                name: error.code.name,
                sentence: error.sentence,
                remedy: error.remedy,
                cause: error.problem.cause
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            context.line(String(decoding: (try? encoder.encode(report)) ?? Data(), as: UTF8.self).visibleJSON)
        }
        return error.code.exitStatus
    }
}

/// An error as JSON.
private struct ErrorReport: Encodable {
    let code: Int32
    let name: String
    let sentence: String
    let remedy: String
    /// Nil if neither the system nor a library gave a number.
    let cause: FailureCause?
}
