internal import FoundationEssentials
internal import IsogeoVault
internal import VaultSystem

/// What can be seen of the vault without a key.
enum VaultCheck {
    static func place(_ vault: VaultInspection, isCI: Bool) -> [Finding] {
        var findings = vault.faults.map { Finding.finding("vault", $0.error.sentence, remedy: $0.error.remedy) }
        if vault.isMissing {
            findings.append(
                .note(
                    "vault",
                    "There is no vault at \(vault.path).",
                    remedy: isCI
                        ? "In CI none is needed: isogeo-vault token --from-environment"
                        : "isogeo-vault import makes one."
                )
            )
        } else if let status = vault.status {
            findings.append(.ok("vault", "\(status.path) is sound, as far as can be seen without its key."))
        }
        return findings
    }

    /// The vault was newer when it was last seen; without its key that can't be verified.
    static let olderText = "older than it was when it was last opened here"

    static func rollback(_ isOlder: Bool) -> [Finding] {
        guard isOlder else { return [] }
        return [
            .finding(
                "rollback",
                "The vault's file is \(olderText).",
                remedy:
                    "Restore the newest backup: isogeo-vault restore FILE. Or, if you have put it back yourself, "
                    + "accept it once with --accept-rollback."
            )
        ]
    }

    /// Whether this computer can remember how new vaults were.
    static func memory(_ fault: (error: VaultError, isAccess: Bool)?) -> [Finding] {
        guard let (error, isAccess) = fault else { return [] }
        let sentence = "This computer can't remember how new vaults were. \(error.sentence)"
        return isAccess
            ? [.note("memory-of-vaults", sentence, remedy: error.remedy)]
            : [.finding("memory-of-vaults", sentence, remedy: error.remedy)]
    }

    /// statfs(2)'s numbers of file systems that another computer, or a program, serves.
    private static let network: [UInt32: String] = [
        0x6969: "NFS", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x517B: "SMB", 0x0102_1997: "9p", 0x5346_414F: "AFS",
        0x00C3_6400: "Ceph", 0x6573_5546: "FUSE",
    ]
    private static let inMemory: UInt32 = 0x0102_1994

    static func fileSystem(_ number: UInt32?) -> [Finding] {
        guard let number else { return [] }
        if number == inMemory {
            return [
                .note(
                    "file-system",
                    "The vault is in memory (tmpfs): it is lost when this computer restarts."
                )
            ]
        }
        guard let name = network[number] else { return [] }
        return [
            .note(
                "file-system",
                "The vault is on \(name): whether locks and syncs hold depends on its server.",
                remedy: "Keep it on a disk of this computer if you can: ISOGEO_VAULT names the place."
            )
        ]
    }

    /// 2024: an earlier time is wrong, because this program didn't exist.
    private static let earliest: Int64 = 1_704_067_200

    static func clock(now: Int64, changed: Int64?) -> [Finding] {
        let remedy = SystemClock.remedy
        if now < earliest {
            return [.finding("clock", "The clock is wrong: it says \(rfc3339(now)).", remedy: remedy)]
        }
        // The clocks of two hosts may differ by a minute.
        if let changed, changed > now + 60 {
            return [
                .finding(
                    "clock",
                    "The vault was changed at \(rfc3339(changed)), in the future: the clock is wrong, or was then.",
                    remedy: remedy
                )
            ]
        }
        return [.ok("clock", "It is \(rfc3339(now)).")]
    }

    private static func rfc3339(_ seconds: Int64) -> String { Date(timeIntervalSince1970: Double(seconds)).rfc3339 }

    /// How many keys open the vault, and whether one accident can close it.
    static func keys(_ slots: [String]) -> [Finding] {
        guard !slots.isEmpty else { return [] }
        guard let key = SoleKey(of: slots) else {
            return [.ok("keys", "\(slots.count) keys open the vault: \(list(slots)).")]
        }
        let remedy = "Make a second one: isogeo-vault key add recovery"
        return [
            key.isEasilyLost
                ? .finding("keys", key.sentence, remedy: remedy) : .note("keys", key.sentence, remedy: remedy)
        ]
    }

    private static func list(_ slots: [String]) -> String { slots.joined(separator: ", ") }

    /// The key file or passphrase file that is named, without reading it.
    ///
    /// - Parameters:
    ///   - way: what options or environment name.
    ///   - vault: the vault's path.
    ///   - host: knows which disk a file is on.
    /// - Returns: the findings; none where nothing is named.
    static func named(_ way: HostInspection.NamedWay?, vault: String, _ host: HostEnvironment) -> [Finding] {
        guard let way else { return [] }
        if let fault = way.fault { return [.finding("named-key", fault.sentence, remedy: fault.remedy)] }
        guard way.isKeyFile, let path = way.path, let key = host.device(path), key == host.device(vault) else {
            return [.ok("named-key", "\(way.name) is the only key that will be tried.")]
        }
        return [
            .note(
                "named-key",
                "\(way.name) is on the same disk as the vault: it protects copies of the vault, but not a stolen disk.",
                remedy:
                    "Keep it elsewhere: a systemd credential (LoadCredentialEncrypted=), another disk, a container's "
                    + "secret."
            )
        ]
    }
}
