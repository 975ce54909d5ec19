internal import IsogeoVault

/// What the environment says, and what it shows to others.
enum EnvironmentCheck {
    /// Secrets in variables; whatever this user starts can read them.
    private static let secrets = [
        ("ISOGEO_VAULT_PASSPHRASE", "ISOGEO_VAULT_PASSPHRASE_FILE, which names a file of mode 0600, shows less."),
        ("ISOGEO_API_GROUP_CLIENT_SECRET", importing), ("ISOGEO_CLIENT_SECRET", importing),
    ]
    private static let importing = "isogeo-vault import --from-environment keeps it encrypted; then unset it."

    /// - Parameters:
    ///   - isSet: whether a variable is set; of these no value is looked at.
    ///   - withheld: what was taken out of our own environment at the start.
    ///   - isCI: whether this is a job that begins without a vault each time.
    /// - Returns: what is to be said.
    static func remarks(isSet: (String) -> Bool, withheld: [String], isCI: Bool = false) -> [Finding] {
        var remarks: [Finding] = []
        for (name, remedy) in secrets where isSet(name) {
            let remedy =
                isCI && remedy == importing
                ? "isogeo-vault token --from-environment needs no vault, and keeps none." : remedy
            remarks.append(
                .note("environment", "\(name) is set: all that is started here can read it.", remedy: remedy)
            )
        }
        for name in withheld {
            remarks.append(
                .note(
                    "environment",
                    name == "SSLKEYLOGFILE"
                        ? "SSLKEYLOGFILE is set, which writes down what decrypts connections. This command passes it over; "
                            + "a program that uses the library asks for no token while it is set."
                        : "\(name) is set. This command passes it over: it could divert or show secrets.",
                    remedy: "Unset it where it isn't wanted: unset \(name)"
                )
            )
        }
        return remarks.isEmpty ? [.ok("environment", "No secret is in the environment.")] : remarks
    }

    /// Whether somebody could be asked.
    ///
    /// - Parameters:
    ///   - hasTerminal: whether there is a terminal to ask on.
    ///   - namedWay: what options or environment name.
    ///   - slots: what opens the vault; nothing where there is none.
    ///   - keyring: what the desktop's is good for.
    /// - Returns: what is to be said.
    static func terminal(_ hasTerminal: Bool, namedWay: String?, slots: [String], _ keyring: KeyringReport) -> [Finding]
    {
        if hasTerminal { return [.ok("terminal", "Somebody can be asked for a passphrase here.")] }
        if slots.isEmpty { return [.ok("terminal", "Nobody can be asked for a passphrase here.")] }
        var opensByItself = namedWay != nil
        if slots.contains("keyring") {
            switch keyring.state {
            case .working, .plainText, .unseen: opensByItself = true
            case .locked where keyring.hasDisplay && !opensByItself:
                return [.ok("terminal", "Nobody can be asked for a passphrase here, and the keyring asks by a dialog.")]
            case .locked, .absent, .unavailable: break
            }
        }
        if opensByItself {
            return [.ok("terminal", "Nobody can be asked for a passphrase here, and nobody has to be.")]
        }
        return [
            .note(
                "terminal",
                "Nobody can be asked for a passphrase here, and no variable names a key.",
                remedy: "Name a key file: ISOGEO_VAULT_KEY_FILE; or a systemd credential, isogeo-vault.key."
            )
        ]
    }
}
