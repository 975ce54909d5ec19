internal import IsogeoVault
internal import VaultSystem

/// Stores credentials in a vault, all in one transaction, which may make the vault.
struct Importer {
    let command: Import
    let context: CommandContext
    private var vault: Vault?
    /// The key of the vault, if this import made it.
    private var made: NewKey?
    private var reports: [ImportReport] = []
    private var failures: [(place: Int, error: VaultError)] = []
    private var progress: Progress
    private let sources: [ImportSource]

    init(_ command: Import, _ sources: [ImportSource]) {
        self.command = command
        self.sources = sources
        var context = command.vault.context(command.connection)
        progress = Progress(context)
        // The application has it, and proves its credential by the very certificates that are kept.
        context.vault.connection.caFile = nil
        self.context = context
    }

    /// Imports all of them; one that is no good doesn't stop the others.
    mutating func run() async throws(VaultError) {
        defer { progress.clear() }
        try await checkProtection()
        var credentials = NewApplications()
        let read = try read(into: &credentials)
        var applications = NewApplications()
        var ready: [Int] = []
        for (index, place) in read.enumerated() {
            showProgress("Checking", place)
            do throws(VaultError) {
                try await prepare(credentials.application(at: index), place, for: &applications)
                ready.append(place)
            } catch {
                try fail(error, place)
            }
        }
        if applications.count > 0 { try await store(applications, from: ready) }
        progress.clear()
        try await warnOfKeyringAlone()
        if command.json { try context.printJSON(ImportReports(imports: reports)) }
        guard let first = failures.min(by: { $0.place < $1.place })?.error else { return }
        throw VaultError(
            .notImported(count: failures.count, of: sources.count, isDryRun: command.dryRun, first: first.problem)
        )
    }

    /// Reads all of them, before the first is proven or stored: a pipe can be read only once, and their names must
    /// differ.
    ///
    /// - Returns: the places of those that could be read.
    private mutating func read(into credentials: inout NewApplications) throws(VaultError) -> [Int] {
        let options = try command.options
        var read: [Int] = []
        var places: [ApplicationName: [Int]] = [:]
        var unreadable: [(place: Int, error: VaultError)] = []
        for (place, source) in sources.enumerated() {
            showProgress("Reading", place)
            do throws(VaultError) {
                let application = try source.read(options)
                places[application.name, default: []].append(place)
                guard places[application.name]?.count == 1 else { continue }
                try credentials.append(application)
                read.append(place)
            } catch {
                unreadable.append((place, error))
            }
        }
        // The second would replace the first, or fail when it is too late.
        let same = places.filter { $0.value.count > 1 }.min { $0.value[0] < $1.value[0] }
        if let same { throw VaultError(.sameName(same.key, sources: same.value.map { sources[$0].name })) }
        for (place, error) in unreadable { try fail(error, place) }
        return read
    }

    /// Checks a credential, and seals it for the transaction; for a dry run it only reports it.
    private mutating func prepare(
        _ application: consuming NewApplication,
        _ place: Int,
        for applications: inout NewApplications
    ) async throws(VaultError) {
        // Before the proof, which must connect like later requests.
        if command.replace, !command.dryRun { try await keepSettings(of: &application) }
        if !application.warnings.isEmpty { progress.clear() }
        context.warn(of: application, sources.count == 1 ? "" : "\(sources[place].name): ")
        guard !command.dryRun else { return report(application, .wouldImport, place) }
        let proof =
            command.check
            ? try await application.prove(scope: command.scope, dependencies: context.vaultDependencies) : nil
        try applications.append(application, proven: proof)
    }

    /// Stores them; a name that the vault has already doesn't stop the others.
    private mutating func store(_ applications: consuming NewApplications, from places: [Int])
        async throws(VaultError)
    {
        if places.count > 1 { progress.show("Storing \(places.count) applications") }
        let outcomes = try await store(applications)
        for (index, place) in places.enumerated() {
            let application = applications.application(at: index)
            do throws(VaultError) {
                guard let outcome = outcomes[index] else {
                    throw VaultError(VaultProblem.applicationExists(application.name))
                }
                report(application, outcome, place)
                try await finish(application, sources[place])
            } catch {
                try fail(error, place)
            }
        }
    }

    /// Says why one isn't imported; if it is the only one, the whole command fails with that.
    private mutating func fail(_ error: VaultError, _ place: Int) throws(VaultError) {
        let named = VaultError(.source(sources[place].name, error.problem))
        // A folder was named, and not the one file in it.
        guard sources.count > 1 else {
            if case .file(let path) = sources[place], !command.files.contains(path) { throw named }
            throw error
        }
        progress.clear()
        context.message(named)
        failures.append((place, error))
    }

    private mutating func showProgress(_ word: String, _ place: Int) {
        guard sources.count > 1 else { return }
        progress.show("\(word) \(place + 1) of \(sources.count): \(sources[place].name)")
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
        guard let present = try await opened().find(application.name) else { return }
        let droppedBase = try application.keep(
            from: present,
            besides: try command.options,
            saysEncoding: command.credential.saysEncoding
        )
        guard let droppedBase else { return }
        progress.clear()
        context.say(removedAPI(at: droppedBase))
    }

    /// Stores them; nil for a name that the vault has already.
    private mutating func store(_ applications: borrowing NewApplications) async throws(VaultError)
        -> [ImportReport.Outcome?]
    {
        if vault == nil, try await !Vault.exists(at: context.vault.path) {
            progress.clear()
            let key = try await NewKey.ofNewVault(command.protect, context)
            guard let protection = try key.protection(NewKey.Request(context: context, purpose: .ofNewVault)) else {
                throw VaultError(.noProtection(keyring: nil))
            }
            let isMade = try await makeVault(protection, key, with: applications)
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
                return (0..<applications.count).map { $0 == 0 ? .madeVault : .added }
            }
        }
        return try await opened().add(applications, replacing: command.replace).map { outcome in
            switch outcome {
            case .added: .added
            case .replaced: .replaced
            case .exists: nil
            }
        }
    }

    /// Makes the vault; false if another process has made it since we looked.
    private func makeVault(
        _ protection: borrowing Protection,
        _ key: NewKey,
        with applications: borrowing NewApplications
    ) async throws(VaultError) -> Bool {
        do {
            _ = try await Vault.create(
                at: context.vault.path,
                protectedBy: protection,
                importing: applications,
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

    /// Deletes what an application was read from, if that is wanted: the vault has it by now.
    private mutating func finish(_ application: borrowing NewApplication, _ source: ImportSource)
        async throws(VaultError)
    {
        let path: String? = if case .file(let path) = source, path != "-" { path } else { nil }
        guard command.deleteSource else {
            guard let path else { return }
            return context.say("\(path) still holds the secret in clear: delete it when you no longer need it.")
        }
        guard let path else { throw VaultError(.deletesOnlyFiles) }
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
        _ place: Int
    ) {
        let (name, tokenOrigin, source) = (application.name, application.tokenOrigin, sources[place].name)
        progress.clear()
        let path = vault?.path
        context.say(outcome.sentence(name, from: source, path ?? ""))
        if outcome == .madeVault, let sentence = made?.sentence { context.say(sentence) }
        context.say(
            "Tokens \(outcome == .wouldImport ? "would" : "will") be requested from \(tokenOrigin)."
        )
        reports.append(
            ImportReport(
                application: name.description,
                outcome: outcome,
                source: source,
                token_origin: tokenOrigin,
                vault: path
            )
        )
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
