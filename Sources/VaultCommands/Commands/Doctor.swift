internal import ArgumentParser
internal import IsogeoVault
internal import VaultSystem

/// Looks at the host: `isogeo-vault doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at this computer: the vault's place, memory, libraries, clock, network.",
        discussion: """
            Changes nothing, asks for no key and sends nothing. Each finding has its remedy; with any the exit code is \
            78. A note is good to know, and no finding. --fix sets right the modes of the vault's folder, of its files, \
            and of the key file that is named, where they are yours, and says so.
            """
    )

    @Flag(help: "Print it as JSON.")
    var json = false

    @Flag(help: "Set right the modes that are findings, where the files are yours.")
    var fix = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        var vault = try await VaultInspection(at: context.vault.path)
        let fixed = fix ? try await repair(vault) : []
        if !fixed.isEmpty { vault = try await VaultInspection(at: context.vault.path) }
        let report = DoctorReport(fixed: fixed, checks: remarks(vault, await context.keyring(), context))
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

    private func remarks(_ vault: VaultInspection, _ keyring: KeyringReport, _ context: CommandContext) -> [Finding] {
        let host = HostEnvironment.real
        let (way, slots) = (namedWay, vault.status?.slots.map(\.kind) ?? [])
        let isCI = host.isSet("CI")
        var remarks = VaultCheck.place(vault, isCI: isCI)
        remarks += VaultCheck.rollback(vault.status?.isOlderThanSeen == true)
        remarks += VaultCheck.memory(HostInspection.memoryFault())
        remarks += VaultCheck.fileSystem(vault.fileSystem) + VaultCheck.keys(slots)
        remarks += VaultCheck.named(way, vault: vault.path, host)
        remarks += KeyringCheck.desktop(keyring, slots: slots)
        remarks += KeyringCheck.session(SessionReport.current(), ends: vault.status?.sessionEnds)
        remarks += EnvironmentCheck.terminal(context.terminal() != nil, namedWay: way?.name, slots: slots, keyring)
        remarks += EnvironmentCheck.remarks(
            isSet: Environment.isSet,
            withheld: Hardening.withheldVariables,
            isCI: isCI
        )
        remarks += SwapCheck.remarks(host) + MemoryCheck.coreDumps(host)
        remarks += MemoryCheck.locking(limit: host.lockLimit(), canLock: HostInspection.canLock)
        remarks += MemoryCheck.wiping(Hardening.wipesFreedMemory)
        remarks += RequestCheck.libraries(HostInspection.libraries, requests: HostInspection.checkRequests)
        remarks += RequestCheck.certificates(
            exists: { host.resolve($0) != nil },
            check: HostInspection.checkCertificates
        )
        remarks += RequestCheck.proxies(host)
        remarks += VaultCheck.clock(now: context.dependencies.now(), changed: vault.status?.changed.epochSeconds)
        return remarks
    }
}

/// All that `doctor` has to say.
struct DoctorReport: Encodable {
    struct Check: Encodable {
        let check: String
        let level: String
        let sentence: String
        let remedy: String?
    }

    /// How many checks are findings.
    let findings: Int
    /// What was put right, as commands.
    let fixed: [String]
    let checks: [Check]

    init(fixed: [String], checks: [Finding]) {
        self.fixed = fixed
        self.checks = checks.map {
            Check(check: $0.check, level: $0.level.rawValue, sentence: $0.sentence, remedy: $0.remedy)
        }
        findings = checks.count { $0.level == .finding }
    }

    /// For people: a line for each, what has to be done below it.
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
