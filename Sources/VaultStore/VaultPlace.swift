internal import VaultSystem

/// Where a vault lies by default.
package enum VaultPlace {
    /// The variables of the environment that say where.
    package static let variables = ["ISOGEO_VAULT", "XDG_DATA_HOME", "HOME"]

    /// `ISOGEO_VAULT`, else `isogeo-vault/vault.db` in the user's data folder (XDG Base Directory Specification).
    ///
    /// - Parameter environment: the value of an environment variable, nil where it isn't set.
    /// - Returns: a path; nil where there is neither a variable nor a home.
    package static func standard(environment: (String) -> String?) -> String? {
        if let named = environment("ISOGEO_VAULT"), !named.isEmpty { return named }
        return folder("XDG_DATA_HOME", else: ".local/share", environment: environment).map {
            $0 + "/isogeo-vault/vault.db"
        }
    }

    /// Where what is remembered of vaults outside of them lies: `isogeo-vault` in the user's state folder.
    ///
    /// - Parameter environment: the value of an environment variable, nil where it isn't set.
    /// - Returns: a path; nil where there is neither a variable nor a home.
    package static func state(environment: (String) -> String?) -> String? {
        folder("XDG_STATE_HOME", else: ".local/state", environment: environment).map { $0 + "/isogeo-vault" }
    }

    /// The folder that an XDG variable names, else the usual one below the home.
    ///
    /// A relative one is passed over, as the specification wants.
    package static func folder(_ variable: String, else usual: String, environment: (String) -> String?) -> String? {
        if let named = environment(variable), FilePath.isAbsolute(named) { return named }
        return home(environment: environment).map { $0 + "/" + usual }
    }

    /// The home that the standard place would be made in and that isn't there; nil when it is, or isn't needed.
    ///
    /// A service whose user has no home (`/nonexistent`) would get one, made by root, without anything to show for it.
    package static func missingHome(environment: (String) -> String?) -> String? {
        if let named = environment("ISOGEO_VAULT"), !named.isEmpty { return nil }
        if let named = environment("XDG_DATA_HOME"), FilePath.isAbsolute(named) { return nil }
        guard let home = home(environment: environment), FilePath.isMissing(home) else { return nil }
        return home
    }

    /// `HOME`, else what the password database says.
    package static func home(environment: (String) -> String?) -> String? {
        if let named = environment("HOME"), FilePath.isAbsolute(named) { return named }
        return PasswordDatabase.home.flatMap { FilePath.isAbsolute($0) ? $0 : nil }
    }
}
