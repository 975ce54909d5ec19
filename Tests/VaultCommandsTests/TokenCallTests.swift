import ArgumentParser
import IsogeoVault
import Testing
import VaultArguments

@testable import VaultCommands

/// The calls that are read without the argument parser mean what it says that they mean.
@Suite struct TokenCallTests {
    @Test(
        arguments: [
            ["token"], ["token", "atlas"], ["token", "--refresh"], ["token", "-q"], ["token", "--quiet", "atlas"],
            ["token", "--key-file", "k"], ["token", "--vault", "v", "--key-file", "k", "atlas", "--refresh", "-q"],
            ["token", "atlas", "--vault", "a b"], ["token", "--refresh", "--refresh"], ["token", "é"],
            ["token", "--min-ttl", "60", "--no-prompt"], ["token", "--min-ttl", "86400"],
            ["token", "--min-ttl", "007"],
        ]
    )
    func `the parser reads them as well`(arguments: [String]) throws {
        let plain = try #require(PlainTokenCall(arguments))
        let (call, vault) = (TokenCall(plain), VaultSelection(plain))
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
            ["token", "--min-ttl", "86401"], ["token", "--min-ttl", "1.5"], ["token", "--min-ttl", "+1"],
        ]
    )
    func `anything else is left to it`(arguments: [String]) { #expect(PlainTokenCall(arguments) == nil) }
}
