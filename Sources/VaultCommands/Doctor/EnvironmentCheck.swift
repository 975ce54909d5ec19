/// What the environment says, and what it shows to others.
enum EnvironmentCheck {
    /// Secrets in variables; whatever this user starts can read them.
    private static let secrets = [
        ("ISOGEO_VAULT_PASSPHRASE", "ISOGEO_VAULT_PASSPHRASE_FILE, which names a file of mode 0600, shows less."),
        ("ISOGEO_API_GROUP_CLIENT_SECRET", "isogeo-vault import --from-environment keeps it encrypted; then unset it."),
        ("ISOGEO_CLIENT_SECRET", "isogeo-vault import --from-environment keeps it encrypted; then unset it."),
    ]

    /// - Parameters:
    ///   - isSet: whether a variable is set; of these no value is looked at.
    ///   - withheld: what was taken out of our own environment at the start.
    /// - Returns: what is to be said.
    static func remarks(isSet: (String) -> Bool, withheld: [String]) -> [Remark] {
        var remarks: [Remark] = []
        for (name, remedy) in secrets where isSet(name) {
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
    static func terminal(_ hasTerminal: Bool, namedWay: String?, slots: [String]) -> [Remark] {
        if hasTerminal { return [.ok("terminal", "Somebody can be asked for a passphrase here.")] }
        if namedWay != nil || slots.isEmpty || slots.contains("keyring") {
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
