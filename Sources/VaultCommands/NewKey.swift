internal import ArgumentParser
internal import IsogeoVault

/// A key that a command makes: what `--protect` and `key add` name, or what a new vault gets where nothing is named.
///
/// The commands make keys of every kind through this type: a new kind is one more value of it, and a word in `kinds`.
struct NewKey: Sendable {
    /// What a key is made for, and from.
    struct Request {
        let context: CommandContext
        let purpose: CommandProblem.NewPassphrase
        /// The file or descriptor that holds the new passphrase, if options name one.
        var passphrase: Unlocking?
    }

    /// Whether the key is lost with this computer, so that the vault should have a recovery code on paper as well.
    var isLostWithComputer = false
    /// The argument that names it.
    private(set) var word = ""
    /// Whether it is a passphrase, which a file or a descriptor can give.
    var isPassphrase = false
    /// The message once it protects a new vault.
    var sentence: String?
    /// The kind of key slot by which a vault shows that it has this key; nil for a key that only opening it shows.
    var visibleKind: String?
    /// Opens a vault that has such a key already; nil for a key that must be named or typed.
    var unlocking: @Sendable (CommandContext) -> Unlocking? = { _ in nil }
    private let make: (@Sendable (Request) throws(VaultError) -> Protection)?

    /// Whether it is a recovery code, which the vault itself makes and shows.
    var isRecoveryCode: Bool { make == nil }

    /// Makes it; a person may be asked for it now.
    ///
    /// - Returns: nil for a recovery code.
    func protection(_ request: Request) throws(VaultError) -> Protection? { try make?(request) }
}

// MARK: - The kinds

extension NewKey {
    static let passphrase = NewKey(isPassphrase: true) { (request) throws(VaultError) in
        if let given = request.passphrase { return try .by(given) }
        guard let ask = request.context.interaction.asking(for: .newPassphrase) else {
            let isForbidden = !request.context.vault.mayAsk
            throw VaultError(.cannotAskForNewPassphrase(request.purpose, isForbidden: isForbidden))
        }
        return try .passphrase(asking: ask)
    }

    static func keyring(acceptingPlainText: Bool) -> NewKey {
        NewKey(
            isLostWithComputer: true,
            sentence: "This desktop's keyring protects the vault, and opens it while the keyring is unlocked.",
            visibleKind: "keyring",
            unlocking: { .keyring($0.interaction) },
            make: { .keyring($0.context.interaction, acceptingPlainText: acceptingPlainText) }
        )
    }

    static func keyFile(_ path: String) -> NewKey {
        NewKey(
            isLostWithComputer: true,
            sentence: "The key file \(path) protects the vault: keep a copy of it, apart from the vault's.",
            unlocking: { _ in .keyFile(path) },
            make: { _ in .keyFile(path) }
        )
    }

    static let recoveryCode = NewKey(make: nil)

    /// The key that options or environment name for opening the vault.
    private static let named = NewKey { (request) throws(VaultError) in
        let named = request.context.unlocking
        do throws(VaultError) {
            return try .by(named)
        } catch {
            guard let path = named.missingKeyFile else { throw error }
            throw VaultError(.missingKeyFile(error.problem, path: path))
        }
    }
}

// MARK: - The choice

/// The value of `--protect`, and of `key add`.
extension NewKey: ExpressibleByArgument {
    private struct Kind: Sendable {
        let word: String
        /// What follows the word and an equals sign, and a note about it.
        var value: (name: String, note: String)?
        let key: @Sendable (_ value: String) -> NewKey

        var help: String { value.map { "\(word)=\($0.name) (\($0.note))" } ?? word }
    }

    private static let kinds = [
        Kind(word: "passphrase") { _ in .passphrase },
        Kind(word: "keyring") { _ in .keyring(acceptingPlainText: true) },
        Kind(word: "key-file", value: ("PATH", "made if missing")) { .keyFile($0) },
        Kind(word: "recovery") { _ in .recoveryCode },
    ]

    /// The kinds for the help of a command, in the order of the list.
    static let help = help(of: kinds)

    /// The kinds that can protect a new vault.
    static let helpForNewVault = help(of: kinds.filter { !$0.key("").isRecoveryCode })

    private static func help(of kinds: [Kind]) -> String {
        "\(kinds.dropLast().map(\.help).joined(separator: ", ")), or \(kinds.last?.help ?? "")"
    }

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let kind = Self.kinds.first(where: { $0.word == parts[0] }) else { return nil }
        switch (kind.value, parts.count) {
        case (nil, 1): self = kind.key("")
        case (.some, 2) where !parts[1].isEmpty: self = kind.key(parts[1])
        default: return nil
        }
        word = argument
    }

    /// The key of a new vault: what `--protect` says, else what is named, else the keyring if it works, else a
    /// passphrase if a person can be asked for one.
    ///
    /// - Throws: `usage`, which lists the choices, if there is none of these.
    static func ofNewVault(_ protect: NewKey?, _ context: CommandContext) async throws(VaultError) -> NewKey {
        // --passphrase-file and its like can name the passphrase; otherwise it is asked for.
        if let protect, !protect.isPassphrase { return protect }
        if context.vault.hasNamedWay { return .named }
        if let protect { return protect }
        let keyring = await context.keyring(nil)
        switch keyring.state {
        case .working: return .keyring(acceptingPlainText: false)
        // On a desktop, a keyring that no program has used since the login asks by itself.
        case .locked where context.vault.mayAsk && keyring.hasDisplay: return .keyring(acceptingPlainText: false)
        case .locked, .plainText, .unseen, .absent, .unavailable: break
        }
        // Without a desktop, a message about its keyring would only confuse.
        let problem = keyring.state == .absent ? nil : keyring.problem
        guard context.interaction.ask != nil else { throw VaultError(.noProtection(keyring: problem?.problem)) }
        if let problem { context.say("\(problem.sentence) So the vault gets a passphrase.") }
        return .passphrase
    }
}
