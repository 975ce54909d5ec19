import ArgumentParser
import IsogeoVault
import Testing

@testable import VaultCommands

/// The calls that are read without the argument parser mean what it says that they mean.
@Suite struct TokenCallTests {
    @Test(
        arguments: [
            ["token"], ["token", "atlas"], ["token", "--refresh"], ["token", "-q"], ["token", "--quiet", "atlas"],
            ["token", "--key-file", "k"], ["token", "--vault", "v", "--key-file", "k", "atlas", "--refresh", "-q"],
            ["token", "atlas", "--vault", "a b"], ["token", "--refresh", "--refresh"], ["token", "é"],
        ]
    )
    func `the parser reads them as well`(arguments: [String]) throws {
        var vault = VaultSelection()
        let call = try #require(TokenCall(plain: arguments, &vault))
        let parsed = try #require(try VaultCommand.parseAsRoot(arguments) as? Token)
        let other = parsed.vault.context(parsed.connection).vault
        #expect(call.application == parsed.call.application && call.options == parsed.call.options)
        #expect(call.format == parsed.call.format && call.newline == parsed.call.newline && call.source == nil)
        #expect(vault.path == other.path && vault.isQuiet == other.isQuiet && vault.mayAsk == other.mayAsk)
        #expect(vault.named?.namedKey == other.named?.namedKey)
    }

    @Test(
        arguments: [
            [], ["tokens"], ["token", "--offline"], ["token", "--vault"], ["token", "--vault", "-q"],
            ["token", "--vault="], ["token", "--vault", ""], ["token", "--vault", "a", "--vault", "b"],
            ["token", "--key-file", "a", "--key-file", "b"], ["token", "a", "b"], ["token", "--", "a"],
            ["token", "--key-file=k"], ["token", "-h"], ["token", "-"], ["token", "--app", "a"],
        ]
    )
    func `anything else is left to it`(arguments: [String]) {
        var vault = VaultSelection()
        let call = TokenCall(plain: arguments, &vault)
        #expect(call == nil)
    }
}
