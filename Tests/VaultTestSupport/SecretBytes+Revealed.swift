package import VaultCrypto

extension SecretBytes {
    /// A secret of a test in the open, to be compared with `==`.
    package var revealed: [UInt8] { withBytes { bytes in bytes.indices.map { bytes[$0] } } }

    /// A test's secret from a text.
    package init(_ text: String) { self.init(copying: Array(text.utf8).span) }
}
