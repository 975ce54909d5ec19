internal import ArgumentParser
internal import IsogeoVault

/// A word where a command's name belongs, which is none.
///
/// The argument parser calls it an unexpected argument, and shows the whole help for a command that there isn't.
struct MistypedCommand {
    let word: String
    /// What stands before it, such as `key`.
    let before: [String]
    let known: [String]

    /// Nil where all commands that are named are there.
    static func found(in arguments: [String]) -> MistypedCommand? {
        var level: any ParsableCommand.Type = VaultCommand.self
        var before: [String] = []
        for word in arguments.first == "help" ? arguments.dropFirst() : arguments[...] {
            let commands = level.configuration.subcommands
            // Behind an option it is uncertain what is a value.
            if commands.isEmpty || word.hasPrefix("-") { return nil }
            guard let next = commands.first(where: { $0._commandName == word }) else {
                let known = commands.map { $0._commandName } + (before.isEmpty ? ["help"] : [])
                return MistypedCommand(word: word, before: before, known: known)
            }
            before.append(word)
            level = next
        }
        return nil
    }

    var error: VaultError {
        let suggestion = ApplicationName(word)?.suggestion(among: known.compactMap { ApplicationName($0) })
        return VaultError(.unknownCommand(before + [word], suggestion: suggestion.map { before + [$0.description] }))
    }
}
