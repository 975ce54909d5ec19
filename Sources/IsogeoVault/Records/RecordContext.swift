internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

/// The associated data of a box: it binds the box to its vault, key epoch, row and purpose, so that none can be
/// swapped.
struct RecordContext {
    /// The version of slots and sessions, which the vault's identity carries: both outlive the conversion of the file.
    static let slotVersion: UInt64 = 1

    let vault: VaultIdentity
    let keyEpoch: Int64

    func headerState(_ format: VaultFormat) -> [UInt8] {
        encoder(format, table: "header", row: vault.id, purpose: "state").bytes
    }

    func metadata(_ format: VaultFormat, of application: [UInt8], nameTag: [UInt8]) -> [UInt8] {
        var encoder = encoder(format, table: "application", row: application, purpose: "metadata")
        encoder.append(nameTag)
        return encoder.bytes
    }

    /// Binds a secret to the credential's id, which is in the metadata.
    ///
    /// The secret opens only with the metadata that has its id. It isn't bound to the application's name, so that a
    /// rename needn't seal it anew.
    func secret(_ format: VaultFormat, of application: [UInt8], credential: [UInt8]) -> [UInt8] {
        var encoder = encoder(format, table: "application", row: application, purpose: "secret")
        encoder.append(credential)
        return encoder.bytes
    }

    /// Binds certificates to their id, which is in the metadata, as a secret is to its credential's.
    func certificates(of application: [UInt8], id: [UInt8]) -> [UInt8] {
        var encoder = encoder(.second, table: "certificates", row: application, purpose: "certificates")
        encoder.append(id)
        return encoder.bytes
    }

    /// Binds a token to its application's row as it is: with an older row, as with another, it doesn't open.
    ///
    /// Format 1 doesn't have the digest.
    func token(_ format: VaultFormat, _ id: [UInt8], application: [UInt8], expires: Int64, digest: [UInt8]) -> [UInt8] {
        var encoder = encoder(format, table: "token", row: id, purpose: "token")
        encoder.append(application)
        encoder.append(expires)
        if format >= .second { encoder.append(digest) }
        return encoder.bytes
    }

    /// The row has its end in clear; a box whose end was edited doesn't open.
    func session(_ id: [UInt8], expires: Int64) -> [UInt8] {
        var encoder = encoder(.first, table: "session", row: id, purpose: "vault key")
        encoder.append(expires)
        return encoder.bytes
    }

    func auditEntry(_ format: VaultFormat, _ trail: Trail, _ number: Int64) -> [UInt8] {
        let row = UInt64(bitPattern: number).littleEndianBytes
        return encoder(format, table: "log", row: row, purpose: trail == .changes ? "entry" : "requests").bytes
    }

    private func encoder(_ format: VaultFormat, table: String, row: [UInt8], purpose: String) -> CanonicalEncoder {
        var encoder = CanonicalEncoder()
        encoder.append("isogeo-vault record")
        encoder.append(format.rawValue)
        encoder.append(vault.id)
        encoder.append(keyEpoch)
        encoder.append(table)
        encoder.append(row)
        encoder.append(purpose)
        return encoder
    }
}
