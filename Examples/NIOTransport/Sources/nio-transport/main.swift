import IsogeoVault

do {
    let vault = try await Vault.open(transport: AsyncHTTPClientTransport())
    let token = try await vault.token()
    print("\(token.application) has a token for \(token.remainingSeconds) seconds more.")
} catch {
    print("\(error.code.name): \(error.sentence) \(error.remedy)")
}
