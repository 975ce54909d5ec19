internal import IsogeoVault
internal import VaultSystem

/// The application that is meant: the one that is named here, else by `ISOGEO_VAULT_APP`; nil leaves it to the vault.
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
