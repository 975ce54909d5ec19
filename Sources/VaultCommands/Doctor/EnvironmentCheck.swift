internal import IsogeoVault

/// What the environment says, and what it reveals to other programs.
enum EnvironmentCheck {
    /// Secrets in variables; every program that this user starts can read them.
    private static let secrets = [
        ("ISOGEO_VAULT_PASSPHRASE", "ISOGEO_VAULT_PASSPHRASE_FILE, which names a file of mode 0600, shows less."),
        ("ISOGEO_API_GROUP_CLIENT_SECRET", importing), ("ISOGEO_CLIENT_SECRET", importing),
    ]
    private static let importing = "isogeo-vault import --from-environment keeps it encrypted; then unset it."

    /// - Parameters:
    ///   - isSet: whether a variable is set; their values aren't read.
    ///   - withheld: the variables that were taken out of our own environment at the start.
    ///   - isCI: whether this is a job that begins without a vault each time.
    /// - Returns: the findings.
    static func findings(isSet: (String) -> Bool, withheld: [String], isCI: Bool = false) -> [Finding] {
        var findings: [Finding] = []
        for (name, remedy) in secrets where isSet(name) {
            let remedy =
                isCI && remedy == importing
                ? "isogeo-vault token --from-environment needs no vault, and keeps none." : remedy
            findings.append(
                .note("environment", "\(name) is set: every program that is started here can read it.", remedy: remedy)
            )
        }
        for name in withheld {
            findings.append(
                .note(
                    "environment",
                    name == "SSLKEYLOGFILE"
                        ? "SSLKEYLOGFILE is set, so that libraries write down what decrypts connections. This command "
                            + "ignores it; a program that uses the library requests no token while it is set."
                        : "\(name) is set, which could divert or reveal secrets. This command ignores it.",
                    remedy: "Unset it unless you need it: unset \(name)"
                )
            )
        }
        return findings.isEmpty ? [.ok("environment", "No secret is in the environment.")] : findings
    }

    /// Whether a person can be asked.
    ///
    /// - Parameters:
    ///   - hasTerminal: whether there is a terminal to ask on.
    ///   - namedWay: what options or environment name.
    ///   - slots: the kinds of key that open the vault; empty where there is none.
    ///   - keyring: the state of the desktop's.
    /// - Returns: the findings.
    static func terminal(_ hasTerminal: Bool, namedWay: String?, slots: [String], _ keyring: KeyringReport) -> [Finding]
    {
        if hasTerminal { return [.ok("terminal", "There is a terminal to ask for a passphrase on.")] }
        if slots.isEmpty { return [.ok("terminal", "There is no terminal to ask for a passphrase on.")] }
        var opensByItself = namedWay != nil
        if slots.contains("keyring") {
            switch keyring.state {
            case .working, .plainText, .unseen: opensByItself = true
            case .locked where keyring.hasDisplay && !opensByItself:
                return [.ok("terminal", "There is no terminal to ask on; the keyring asks with a dialog.")]
            case .locked, .absent, .unavailable: break
            }
        }
        if opensByItself {
            return [.ok("terminal", "There is no terminal to ask for a passphrase on, and none is needed.")]
        }
        return [
            .note(
                "terminal",
                "There is no terminal to ask for a passphrase on, and no variable names a key.",
                remedy: "Name a key file: ISOGEO_VAULT_KEY_FILE; or a systemd credential, isogeo-vault.key."
            )
        ]
    }
}
