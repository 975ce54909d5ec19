internal import IsogeoVault
internal import VaultSystem

/// Stores credentials in a vault, one after the other; the first may make the vault.
struct Importer {
    let command: Import
    let context: CommandContext
    private var vault: Vault?
    /// The key of the vault, if this import made it.
    private var made: NewKey?
    private var reports: [ImportReport] = []
    private var failures: [VaultError] = []

    init(_ command: Import) {
        self.command = command
        var context = command.vault.context(command.connection)
        // The application has it, and proves its credential by the very certificates that are kept.
        context.vault.connection.caFile = nil
        self.context = context
    }

    /// Imports all of them; a failure doesn't stop the others.
    mutating func take(_ sources: [ImportSource]) async throws(VaultError) {
        try await checkProtection()
        let options = try command.options
        let credentials = sources.map { ReadCredential($0, options) }
        try Self.refuseSameNames(credentials)
        for (index, credential) in credentials.enumerated() {
            let name = credential.source.name
            if sources.count > 1 { Progress.show("\(index + 1) of \(sources.count): \(name)", context) }
            do {
                try await take(credential, isOnly: sources.count == 1)
            } catch {
                guard sources.count > 1 else { throw error }
                context.message(VaultError(.source(name, error.problem)))
                failures.append(error)
            }
        }
        if sources.count > 1 { Progress.clear(context) }
        try await warnOfKeyringAlone()
        if command.json { try context.printJSON(ImportReports(imports: reports)) }
        guard let first = failures.first else { return }
        throw VaultError(.notImported(count: failures.count, of: sources.count, first: first.problem))
    }

    private mutating func take(_ credential: ReadCredential, isOnly: Bool) async throws(VaultError) {
        let source = credential.source
        let held = try credential.reading.get()
        // Before the proof, which must connect like later requests.
        if command.replace, !command.dryRun { try await keepSettings(of: &held.application) }
        context.warn(of: held.application, isOnly ? "" : "\(source.name): ")
        guard !command.dryRun else { return try report(held.application, .wouldImport, source) }
        let proof =
            command.check
            ? try await held.application.prove(scope: command.scope, dependencies: context.vaultDependencies) : nil
        let outcome = try await store(held.application, proof)
        try report(held.application, outcome, source)
        guard command.deleteSource else {
            if case .file(let path) = source, path != "-" {
                context.say("\(path) still holds the secret in clear: delete it when you no longer need it.")
            }
            return
        }
        try await delete(held.application, source)
    }

    /// Refuses two credentials with one name, before either is stored: the second would replace the first, or fail
    /// when it is too late.
    private static func refuseSameNames(_ credentials: [ReadCredential]) throws(VaultError) {
        let named = Dictionary(grouping: credentials.filter { $0.name != nil }) { $0.name }
        // In the order of the call.
        for case let name? in credentials.map(\.name) {
            guard let sources = named[name]?.map(\.source.name), sources.count > 1 else { continue }
            throw VaultError(.sameName(name, sources: sources))
        }
    }

    // MARK: - The vault

    /// Refuses a `--protect` that a vault which is there already would ignore.
    ///
    /// One line may serve the first import and each later one, so a key that the vault has is accepted. A passphrase
    /// was only to be chosen, and has no such proof.
    private mutating func checkProtection() async throws(VaultError) {
        guard let protect = command.protect, try await Vault.exists(at: context.vault.path) else { return }
        guard !protect.isPassphrase else { throw try refusal(of: protect) }
        if let kind = protect.visibleKind {
            let slots = try await Vault.status(at: context.vault.path).slots
            guard slots.contains(where: { $0.kind == kind }) else { throw try refusal(of: protect) }
        }
        // A dry run needs no key.
        if !command.dryRun { _ = try await opened() }
    }

    private func refusal(of protect: NewKey) throws(VaultError) -> VaultError {
        let path: String
        if let named = context.vault.path { path = named } else { path = try Vault.standardPath() }
        return VaultError(.protectedAlready(path: path, way: protect.word))
    }

    /// Keeps the settings that no option changes, as `rotate` does: a job that ran with the old secret must run with
    /// the new one.
    private mutating func keepSettings(of application: inout NewApplication) async throws(VaultError) {
        if vault == nil, try await !Vault.exists(at: context.vault.path) { return }
        let present: Application
        do throws(VaultError) { present = try await opened().application(application.name) } catch {
            guard error.code == .noApplication else { throw error }
            return
        }
        let droppedBase = try application.keep(
            from: present,
            besides: try command.options,
            saysEncoding: command.credential.saysEncoding
        )
        if let droppedBase { context.say(removedAPI(at: droppedBase)) }
    }

    private mutating func store(_ application: borrowing NewApplication, _ proof: ProvenToken?) async throws(VaultError)
        -> ImportReport.Outcome
    {
        if vault == nil, try await !Vault.exists(at: context.vault.path) {
            let key = try await NewKey.ofNewVault(command.protect, context)
            guard let protection = try key.protection(NewKey.Request(context: context, purpose: .ofNewVault)) else {
                throw VaultError(.noProtection(keyring: nil))
            }
            let isMade = try await makeVault(protection, key, with: application, proof)
            // Opening it again proves that its slot works. If another process made the vault in the meantime, our key
            // opens that one, or the error says why not.
            let vault = try await Vault.open(
                at: context.vault.path,
                protectedBy: protection,
                dependencies: context.vaultDependencies
            )
            self.vault = vault
            if isMade {
                try await addRecoveryCode(to: vault, key)
                made = key
                return .madeVault
            }
        }
        let vault = try await opened()
        return try await vault.add(application, replacing: command.replace, proven: proof) ? .replaced : .added
    }

    /// Makes the vault; false if another process has made it since we looked.
    private func makeVault(
        _ protection: borrowing Protection,
        _ key: NewKey,
        with application: borrowing NewApplication,
        _ proof: ProvenToken?
    ) async throws(VaultError) -> Bool {
        do {
            _ = try await Vault.create(
                at: context.vault.path,
                protectedBy: protection,
                importing: application,
                proven: proof,
                decliningRecovery: key.isLostWithComputer && command.noRecovery,
                dependencies: context.vaultDependencies
            )
            return true
        } catch {
            guard error.code == .exists else { throw error }
            return false
        }
    }

    // The key that --protect names must open a vault that is there already. Only a keyring's, which was seen to be one
    // of the vault's, may leave that to another key that is named.
    private mutating func opened() async throws(VaultError) -> Vault {
        if let vault { return vault }
        var context = context
        let protect = command.protect
        if let protect, protect.visibleKind == nil || !context.vault.hasNamedWay {
            guard let way = protect.unlocking(context) else { throw try refusal(of: protect) }
            context.vault.named = way
        }
        do throws(VaultError) {
            let opened = try await context.open()
            vault = opened
            return opened
        } catch {
            guard let protect, error.meansAnotherKey else { throw error }
            throw try refusal(of: protect)
        }
    }

    // A key file or a keyring is lost with its disk. If a person is there to write it down, make a recovery code, too.
    private func addRecoveryCode(to vault: Vault, _ key: NewKey) async throws(VaultError) {
        guard key.isLostWithComputer, !command.noRecovery, let show = context.interaction.show else {
            return
        }
        _ = try await vault.addRecoveryCode(showing: show)
    }

    // MARK: - The source

    private mutating func delete(_ application: borrowing NewApplication, _ source: ImportSource)
        async throws(VaultError)
    {
        guard case .file(let path) = source, path != "-" else {
            throw VaultError(.deletesOnlyFiles)
        }
        guard try await opened().holds(application) else { throw VaultError(.notReadBack(path: path)) }
        try application.deleteSource()
        context.say("Deleted \(path). Its old bytes may survive in snapshots, backups and on an SSD.")
    }

    // MARK: - Messages

    private func warnOfKeyringAlone() async throws(VaultError) {
        guard let vault else { return }
        let kinds = try await Vault.status(at: vault.path).slots.map(\.kind)
        if let warning = SoleKey(of: kinds)?.warning { context.say("warning: \(warning)") }
    }

    private mutating func report(
        _ application: borrowing NewApplication,
        _ outcome: ImportReport.Outcome,
        _ source: ImportSource
    ) throws(VaultError) {
        let path = vault?.path
        context.say(outcome.sentence(application.name, from: source.name, path ?? ""))
        if outcome == .madeVault, let sentence = made?.sentence { context.say(sentence) }
        context.say(
            "Tokens \(outcome == .wouldImport ? "would" : "will") be requested from \(application.tokenOrigin)."
        )
        reports.append(
            ImportReport(
                application: application.name.description,
                outcome: outcome,
                source: source.name,
                token_origin: application.tokenOrigin,
                vault: path
            )
        )
    }
}

/// A credential that was read, or why it can't be.
///
/// All are read before the first is stored: a pipe can be read only once, and their names must differ.
private struct ReadCredential {
    let source: ImportSource
    let name: ApplicationName?
    let reading: Result<Held, VaultError>

    /// Holds a credential until its turn comes.
    final class Held {
        var application: NewApplication
        init(_ application: consuming NewApplication) { self.application = consume application }
    }

    init(_ source: ImportSource, _ options: NewApplication.Options) {
        self.source = source
        reading = Result { () throws(VaultError) in Held(try source.read(options)) }
        name = (try? reading.get())?.application.name
    }
}

/// An import as JSON.
struct ImportReport: Encodable {
    enum Outcome: String, Encodable {
        case madeVault = "made-vault"
        case wouldImport = "would-import"
        case added, replaced

        func sentence(_ name: ApplicationName, from source: String, _ path: String) -> String {
            switch self {
            case .madeVault: "Made the vault \(path) with the application \(name)."
            case .added: "Added the application \(name) to \(path)."
            case .replaced: "Replaced the application \(name) in \(path)."
            case .wouldImport: "Would import \(source) as the application \(name)."
            }
        }
    }

    let application: String
    let outcome: Outcome
    let source: String
    let token_origin: String
    let vault: String?
}

private struct ImportReports: Encodable {
    let imports: [ImportReport]
}

/// A progress line on a terminal; nothing elsewhere.
private enum Progress {
    static func show(_ text: String, _ context: CommandContext) { write("\r\u{1B}[K\(text.visible)", context) }
    static func clear(_ context: CommandContext) { write("\r\u{1B}[K", context) }

    private static func write(_ text: String, _ context: CommandContext) {
        let errors = FileDescriptor(borrowing: 2)
        guard !context.vault.isQuiet, errors.isTerminal() else { return }
        try? errors.write(Array(text.utf8).span)
    }
}
