internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

/// The associated data of a box: it binds the box to its vault, key epoch, row and purpose, so that none can be
/// swapped.
struct RecordContext {
    /// The number of the format, which is part of every context.
    static let format: UInt64 = 1

    let vault: VaultIdentity
    let keyEpoch: Int64

    func headerState() -> [UInt8] { encoder(table: "header", row: vault.id, purpose: "state").bytes }

    func metadata(of application: [UInt8], nameTag: [UInt8]) -> [UInt8] {
        var encoder = encoder(table: "application", row: application, purpose: "metadata")
        encoder.append(nameTag)
        return encoder.bytes
    }

    /// Binds a secret to the credential's id, which is in the metadata.
    ///
    /// The secret opens only with the metadata that has its id. It isn't bound to the application's name, so that a
    /// rename needn't seal it anew.
    func secret(of application: [UInt8], credential: [UInt8]) -> [UInt8] {
        var encoder = encoder(table: "application", row: application, purpose: "secret")
        encoder.append(credential)
        return encoder.bytes
    }

    func token(_ id: [UInt8], application: [UInt8], expires: Int64) -> [UInt8] {
        var encoder = encoder(table: "token", row: id, purpose: "token")
        encoder.append(application)
        encoder.append(expires)
        return encoder.bytes
    }

    /// The row has its end in clear; a box whose end was edited doesn't open.
    func session(_ id: [UInt8], expires: Int64) -> [UInt8] {
        var encoder = encoder(table: "session", row: id, purpose: "vault key")
        encoder.append(expires)
        return encoder.bytes
    }

    func auditEntry(_ number: Int64) -> [UInt8] {
        encoder(table: "log", row: UInt64(bitPattern: number).littleEndianBytes, purpose: "entry").bytes
    }

    private func encoder(table: String, row: [UInt8], purpose: String) -> CanonicalEncoder {
        var encoder = CanonicalEncoder()
        encoder.append("isogeo-vault record")
        encoder.append(vault.format)
        encoder.append(vault.id)
        encoder.append(keyEpoch)
        encoder.append(table)
        encoder.append(row)
        encoder.append(purpose)
        return encoder
    }
}
