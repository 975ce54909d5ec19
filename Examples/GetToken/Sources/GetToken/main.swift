import IsogeoVault

do {
    let vault = try await Vault.open()  // by ISOGEO_VAULT_KEY_FILE, as above
    let token = try await vault.token(TokenOptions(minimumLifetime: 60))
    print("Set the header Authorization to token.authorization: \(token.remainingSeconds) seconds are left.")
} catch {
    print("\(error.code.name): \(error.sentence) \(error.remedy)")
}
