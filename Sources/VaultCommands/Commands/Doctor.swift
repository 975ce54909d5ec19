internal import ArgumentParser
internal import IsogeoVault
internal import VaultSystem

/// Checks the host: `isogeo-vault doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check this computer: the vault's place, memory, libraries, clock, network.",
        discussion: """
            It changes nothing, asks for no key and sends nothing. Each finding has its remedy, and the exit code is \
            78 if there is one. A note is no finding. --fix corrects the modes of the vault's folder, of its files, \
            and of the key file that is named, where they are yours, and says so.
            """
    )

    @Flag(help: "Print it as JSON.")
    var json = false

    @Flag(help: "Correct the modes that are findings, where the files are yours.")
    var fix = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        var vault = try await VaultInspection(at: context.vault.path)
        let fixed = fix ? try await repair(vault) : []
        if !fixed.isEmpty { vault = try await VaultInspection(at: context.vault.path) }
        let report = DoctorReport(fixed: fixed, checks: findings(vault, await context.keyring(vault), context))
        if json { try context.printJSON(report) } else { try context.print(report.text) }
        guard report.findings > 0 else { return }
        throw VaultError(.findings(count: report.findings))
    }

    private var namedWay: HostInspection.NamedWay? {
        HostInspection.namedWay(of: vault.context.vault.named ?? .environment)
    }

    private func repair(_ vault: VaultInspection) async throws -> [String] {
        var done = try await vault.repair()
        if let way = namedWay, let path = way.path, HostInspection.close(way) {
            done.append("chmod 600 \(path)")
        }
        return done
    }

    private func findings(_ vault: VaultInspection, _ keyring: KeyringReport, _ context: CommandContext) -> [Finding] {
        let host = HostEnvironment.real
        let (way, slots) = (namedWay, vault.status?.slots.map(\.kind) ?? [])
        let isCI = host.isSet("CI")
        var findings = VaultCheck.place(vault, isCI: isCI)
        findings += VaultCheck.rollback(vault.status?.isOlderThanSeen == true)
        findings += VaultCheck.memory(HostInspection.memoryFault())
        findings += VaultCheck.fileSystem(vault.fileSystem) + VaultCheck.keys(slots)
        findings += VaultCheck.named(way, vault: vault.path, host)
        findings += KeyringCheck.desktop(keyring, slots: slots)
        findings += KeyringCheck.session(SessionReport.current(), ends: vault.status?.sessionEnds)
        findings += EnvironmentCheck.terminal(context.terminal() != nil, namedWay: way?.name, slots: slots, keyring)
        findings += EnvironmentCheck.findings(
            isSet: Environment.isSet,
            withheld: Hardening.withheldVariables,
            isCI: isCI
        )
        findings += SwapCheck.findings(host) + MemoryCheck.coreDumps(host)
        findings += MemoryCheck.locking(limit: host.lockLimit(), canLock: HostInspection.canLock)
        findings += MemoryCheck.hiding(HostInspection.hidesSecrets)
        findings += MemoryCheck.wiping(Hardening.wipesFreedMemory) + ExecutableCheck.findings
        findings += RequestCheck.libraries(HostInspection.libraries, requests: HostInspection.checkRequests)
        findings += RequestCheck.certificates(
            exists: { host.resolve($0) != nil },
            check: HostInspection.checkCertificates
        )
        findings += RequestCheck.proxies(host)
        findings += VaultCheck.clock(now: context.dependencies.now(), changed: vault.status?.changed.epochSeconds)
        return findings
    }
}

/// The result of `doctor`.
struct DoctorReport: Encodable {
    struct Check: Encodable {
        let check: String
        let level: String
        let sentence: String
        let remedy: String?
    }

    /// The number of findings.
    let findings: Int
    /// What was corrected, as commands.
    let fixed: [String]
    let checks: [Check]

    init(fixed: [String], checks: [Finding]) {
        self.fixed = fixed
        self.checks = checks.map {
            Check(check: $0.check, level: $0.level.rawValue, sentence: $0.sentence, remedy: $0.remedy)
        }
        findings = checks.count { $0.level == .finding }
    }

    /// The text for people: a line for each check, with its remedy below it.
    var text: String {
        let fixed = fixed.map { "fixed    \($0.visible)" }
        let checks = checks.map { check in
            let level = check.level + String(repeating: " ", count: 9 - check.level.utf8.count)
            let remedy = check.remedy.map { "\n         \($0.visible)" } ?? ""
            return "\(level)\(check.check): \(check.sentence.visible)\(remedy)"
        }
        return (fixed + checks).joined(separator: "\n")
    }
}
