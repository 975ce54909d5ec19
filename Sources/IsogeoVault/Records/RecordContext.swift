internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

/// Where a box belongs: what is authenticated beside it, so that no two rows, purposes, epochs or vaults can be exchanged.
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

    /// The credential's id stands in the metadata: a secret opens only beside the metadata that it was written with, or
    /// that took over its id, and not its name, so that a rename leaves it alone.
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

    /// The end stands in clear beside the box; a later one that somebody writes there doesn't open.
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
