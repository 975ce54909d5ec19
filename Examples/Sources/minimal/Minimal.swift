import IsogeoVault

/// Prints the header to send: the least that a program can do with a vault.
@main
struct Minimal {
    static func main() async throws {
        let vault = try await Vault.open()
        let token = try await vault.token()
        print(token.authorization)
    }
}
