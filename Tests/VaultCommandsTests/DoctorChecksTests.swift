import FoundationEssentials
import IsogeoVault
import IsogeoVaultTesting
import Testing

@testable import VaultCommands

/// What `doctor` finds on made-up computers.
struct DoctorChecksTests {
    /// A computer of files, folders and links.
    private func host(
        _ files: [String: String] = [:],
        variables: [String: String] = [:],
        folders: [String: [String]] = [:],
        links: [String: String] = [:],
        devices: [String: String] = [:],
    ) -> HostEnvironment {
        HostEnvironment(
            variable: { variables[$0] },
            read: { files[$0] },
            entries: { folders[$0] ?? [] },
            resolve: { links[$0] },
            device: { devices[$0] },
            lockLimit: { nil }
        )
    }

    @Test func `an executable that its user may read, or replace, is open for a moment`() {
        #expect(ExecutableCheck.findings(owner: nil, isReadable: false, isRoot: false).isEmpty)
        #expect(ExecutableCheck.findings(owner: 0, isReadable: true, isRoot: true).isEmpty)
        #expect(ExecutableCheck.findings(owner: 0, isReadable: false, isRoot: false).map(\.level) == [.ok])
        #expect(ExecutableCheck.findings(owner: 0, isReadable: true, isRoot: false).map(\.level) == [.note])
        #expect(ExecutableCheck.findings(owner: 1000, isReadable: false, isRoot: false).map(\.level) == [.note])
    }

    @Test func `the main part without the small one is told`() {
        let (whole, front) = ("/usr/libexec/isogeo-vault", "/usr/bin/isogeo-vault")
        #expect(ExecutableCheck.front(path: whole) { $0 == front }.isEmpty)
        #expect(ExecutableCheck.front(path: nil) { _ in false }.isEmpty)
        #expect(ExecutableCheck.front(path: "/usr/bin/xctest") { _ in false }.isEmpty)
        #expect(ExecutableCheck.front(path: whole) { _ in false }.map(\.level) == [.note])
        #expect(ExecutableCheck.front(path: front) { $0 == front }.map(\.level) == [.note])
    }

    private static let head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

    private func swap(_ lines: [String], _ host: HostEnvironment) -> [Finding.Level] {
        var host = host
        let read = host.read
        host.read = { path in
            path == "/proc/swaps" ? Self.head + lines.map { "\($0)\tpartition\t1\t0\t-2\n" }.joined() : read(path)
        }
        return SwapCheck.findings(host).map(\.level)
    }

    @Test func `swap that isn't encrypted is a finding, each with its name`() {
        #expect(swap([], host()) == [.ok])
        #expect(swap(["/dev/sda2"], host()) == [.finding])
        #expect(swap(["/dev/sda2", "/dev/sdb2"], host()) == [.finding, .finding])
        let file = host(["/proc/swaps": Self.head + "/swap\\040file\tfile\t1\t0\t-2\n"], devices: ["/swap file": "8:1"])
        #expect(SwapCheck.findings(file).first?.sentence.hasPrefix("The swap /swap file isn't encrypted") == true)
        #expect(SwapCheck.findings(file).first?.remedy?.hasSuffix("sudo swapoff '/swap file'") == true)
        #expect(SwapCheck.findings(host()).map(\.level) == [.note])
    }

    @Test func `swap on dm-crypt is fine, and so is what is made of it alone`() {
        let crypt = "CRYPT-PLAIN-swap"
        #expect(swap(["/dev/dm-1"], host(["/sys/class/block/dm-1/dm/uuid": crypt])) == [.ok])
        let named = host(["/sys/class/block/dm-1/dm/uuid": crypt], links: ["/dev/mapper/swap": "/dev/dm-1"])
        #expect(swap(["/dev/mapper/swap"], named) == [.ok])

        let part = "/sys/class/block/dm-2/slaves/dm-0"
        let files = ["/sys/class/block/dm-2/dm/uuid": "LVM-x", "\(part)/dm/uuid": "CRYPT-LUKS2-x"]
        let volume = host(files, folders: ["/sys/class/block/dm-2/slaves": ["dm-0"]])
        #expect(swap(["/dev/dm-2"], volume) == [.ok])
        let mixed = host(files, folders: ["/sys/class/block/dm-2/slaves": ["dm-0", "sda3"]])
        #expect(swap(["/dev/dm-2"], mixed) == [.finding])
        // A chain without an end.
        let endless = HostEnvironment(
            variable: { _ in nil },
            read: { $0 == "/proc/swaps" ? Self.head + "/dev/dm-9 partition 1 0 1\n" : nil },
            entries: { _ in ["dm-9"] },
            resolve: { _ in nil },
            device: { _ in nil },
            lockLimit: { nil }
        )
        #expect(SwapCheck.findings(endless).map(\.level) == [.finding])
    }

    @Test func `swap in compressed memory is fine unless it is written back to an open disk`() {
        #expect(swap(["/dev/zram0"], host()) == [.ok])
        #expect(swap(["/dev/zram0"], host(["/sys/block/zram0/backing_dev": "none\n"])) == [.ok])
        #expect(swap(["/dev/zram0"], host(["/sys/block/zram0/backing_dev": "/dev/sda5\n"])) == [.finding])
    }

    @Test func `a swap file lies where its file system does`() {
        let crypt = host(["/sys/dev/block/253:0/dm/uuid": "CRYPT-LUKS2-x"], devices: ["/swapfile": "253:0"])
        #expect(swap(["/swapfile"], crypt) == [.ok])
        #expect(swap(["/swapfile"], host(devices: ["/swapfile": "8:1"])) == [.finding])
    }

    @Test func `who is handed crashes is told, and that others may be dumped is a finding`() {
        let pattern = "/proc/sys/kernel/core_pattern"
        #expect(MemoryCheck.coreDumps(host([pattern: "core\n"])).map(\.level) == [.ok])
        let piped = MemoryCheck.coreDumps(host([pattern: "|/usr/share/apport/apport -p%p\n"]))
        #expect(piped.map(\.level) == [.note])
        #expect(piped.first?.sentence.contains("handed to /usr/share/apport/apport. ") == true)
        let setuid = host([pattern: "core\n", "/proc/sys/fs/suid_dumpable": "1\n"])
        #expect(MemoryCheck.coreDumps(setuid).map(\.level) == [.ok, .finding])
    }

    @Test func `memory that can't be locked is a finding with the limit in it`() {
        let refused = MemoryCheck.locking(limit: 65536) { _ in false }
        #expect(refused.map(\.level) == [.finding] && refused[0].sentence.contains("(64 KiB; 1024 KiB are needed)"))
        // Root may whatever the limit says.
        #expect(MemoryCheck.locking(limit: 65536) { _ in true }.map(\.level) == [.ok])
        #expect(MemoryCheck.locking(limit: nil) { $0 == MemoryCheck.needed }.map(\.level) == [.ok])
    }

    @Test func `a kernel that can't hide the memory of secrets is a note with a remedy`() {
        let findings = MemoryCheck.hiding(false)
        #expect(findings.map(\.level) == [.note] && findings[0].remedy?.contains("secretmem.enable=1") == true)
        #expect(MemoryCheck.hiding(true).map(\.level) == [.ok])
    }

    @Test func `a libcurl that won't do is a finding with its own remedy`() {
        let fine = RequestCheck.libraries([("libsodium", "1.0.18")], requests: { () throws(VaultError) in })
        #expect(fine.map(\.level) == [.ok] && fine[0].sentence.hasPrefix("libsodium 1.0.18"))
        let missing = RequestCheck.libraries([]) { () throws(VaultError) in
            throw VaultError.forTesting(.configuration, "libcurl isn't installed.", remedy: "Install it.")
        }
        #expect(missing == [.finding("libraries", "libcurl isn't installed.", remedy: "Install it.")])
    }

    @Test func `authorities that are missing or that others may write are a finding`() {
        func levels(_ there: Set<String>, _ check: (String) throws(VaultError) -> Void = { _ in }) -> [Finding.Level] {
            RequestCheck.certificates(["/a", "/b"], exists: { there.contains($0) }, check: check).map(\.level)
        }
        #expect(levels([]) == [.finding])
        #expect(levels(["/b"]) == [.ok])
        #expect(
            levels(["/a"]) { (path) throws(VaultError) in
                throw VaultError.forTesting(.configuration, "Others may write \(path).")
            } == [.finding]
        )
    }

    @Test func `a proxy is named without what may be a password`() {
        for value in [
            "http://ada:pass@word@proxy.example:3128/", "proxy.example:3128", "http://proxy.example:3128/x@y",
        ] {
            let sentence = RequestCheck.proxies(host(variables: ["HTTPS_PROXY": value])).first?.sentence ?? ""
            #expect(!sentence.contains("ada") && !sentence.contains("pass"), "\(sentence)")
        }
        let both = host(variables: ["https_proxy": "one:1", "HTTPS_PROXY": "two:2", "no_proxy": "x"])
        #expect(
            RequestCheck.proxies(both) == [
                .note("proxies", "Requests go through one:1 (https_proxy), but for the hosts in no_proxy.")
            ]
        )
        #expect(RequestCheck.proxies(host(variables: ["https_proxy": ""])).map(\.level) == [.ok])
        let plain = RequestCheck.proxies(host(variables: ["http_proxy": "one:1"]))
        #expect(plain.map(\.level) == [.ok, .note] && plain[1].sentence.contains("not used"))
    }

    @Test func `a clock that is wrong is a finding, one that differs by a minute isn't`() {
        #expect(VaultCheck.clock(now: 1_800_000_000, changed: nil).map(\.level) == [.ok])
        #expect(VaultCheck.clock(now: 0, changed: nil).map(\.level) == [.finding])
        #expect(VaultCheck.clock(now: 1_800_000_000, changed: 1_800_000_060).map(\.level) == [.ok])
        #expect(VaultCheck.clock(now: 1_800_000_000, changed: 1_800_000_061).map(\.level) == [.finding])
    }

    @Test func `one key alone is said, and a keyring alone is a finding`() {
        #expect(VaultCheck.keys([]).isEmpty)
        #expect(VaultCheck.keys(["passphrase"]).map(\.level) == [.note])
        #expect(VaultCheck.keys(["keyring"]).map(\.level) == [.finding])
        #expect(VaultCheck.keys(["keyring", "recovery"]).map(\.level) == [.ok])
    }

    @Test func `a key file on the vault's disk protects copies alone, which is said`() {
        func levels(_ devices: [String: String], fault: VaultError? = nil) -> [Finding.Level] {
            let way = HostInspection.NamedWay(name: "The key file /k", path: "/k", isKeyFile: true, fault: fault)
            return VaultCheck.named(way, vault: "/v", host(devices: devices)).map(\.level)
        }
        #expect(levels(["/k": "8:1", "/v": "8:1"]) == [.note])
        #expect(levels(["/k": "0:40", "/v": "8:1"]) == [.ok])
        #expect(levels(["/v": "8:1"], fault: VaultError.forTesting(.locked, "It can't be read.")) == [.finding])
        #expect(VaultCheck.named(nil, vault: "/v", host()).isEmpty)
    }

    @Test func `a keyring that fails is a finding where the vault's key is in it, and a note elsewhere`() {
        let problem = VaultError.forTesting(.unavailable, "There is no keyring.", remedy: "Start one.")
        func levels(_ state: KeyringReport.State, _ slots: [String], display: Bool = false) -> [Finding.Level] {
            let isFine = state == .working
            let report = KeyringReport(state, problem: isFine ? nil : problem, hasDisplay: display)
            return KeyringCheck.desktop(report, slots: slots).map(\.level)
        }
        #expect(levels(.working, ["keyring"]) == [.ok])
        for state in [KeyringReport.State.unavailable, .plainText, .locked] {
            #expect(levels(state, ["keyring", "recovery"]) == [.finding])
            #expect(levels(state, ["key-file"]) == [.note])
        }
        #expect(levels(.locked, ["keyring"], display: true) == [.note])
        // Where another collection has the key the default one is no finding.
        var elsewhere = KeyringReport(.working)
        elsewhere.defaultProblem = problem
        let findings = KeyringCheck.desktop(elsewhere, slots: ["keyring"])
        #expect(findings.map(\.level) == [.ok, .note] && findings.last?.sentence.hasSuffix(problem.sentence) == true)
        #expect(KeyringCheck.desktop(.absent, slots: []).allSatisfy { !$0.sentence.contains("this vault") })
    }

    @Test func `whether sessions work, and whether one is open, is said`() {
        let obstacle = VaultError.forTesting(.unavailable, "The kernel refuses.", remedy: "Allow it.")
        let refused = KeyringCheck.session(SessionReport(obstacle: obstacle, isSharedUserID: false), ends: nil)
        #expect(refused.map(\.level) == [.note] && refused[0].sentence.contains("The kernel refuses."))
        let shared = KeyringCheck.session(SessionReport(obstacle: nil, isSharedUserID: true), ends: nil)
        #expect(shared.map(\.level) == [.note])
        let open = KeyringCheck.session(
            SessionReport(obstacle: nil, isSharedUserID: false),
            ends: Date(timeIntervalSince1970: 1_800_000_000)
        )
        #expect(open.map(\.level) == [.ok, .note] && open[1].sentence.contains("2027-01-15T08:00:00Z"))
    }

    @Test func `a file system of another computer, or in memory, is said`() {
        #expect(VaultCheck.fileSystem(0xEF53).isEmpty && VaultCheck.fileSystem(nil).isEmpty)
        for number in [0x6969, 0xFF53_4D42, 0x0102_1994] as [UInt32] {
            #expect(VaultCheck.fileSystem(number).map(\.level) == [.note])
        }
    }

    @Test func `secrets in the environment, and what was withheld, are said without a value`() {
        #expect(EnvironmentCheck.findings(isSet: { _ in false }, withheld: []).map(\.level) == [.ok])
        let set = EnvironmentCheck.findings(isSet: { $0 == "ISOGEO_VAULT_PASSPHRASE" }, withheld: ["SSLKEYLOGFILE"])
        #expect(set.map(\.level) == [.note, .note])
        #expect(set[0].sentence.hasPrefix("ISOGEO_VAULT_PASSPHRASE ") && set[1].sentence.hasPrefix("SSLKEYLOGFILE "))
    }

    @Test func `where nobody can be asked and nothing is named, that is said`() {
        #expect(EnvironmentCheck.terminal(true, namedWay: nil, slots: ["passphrase"], .absent).map(\.level) == [.ok])
        #expect(EnvironmentCheck.terminal(false, namedWay: nil, slots: ["passphrase"], .absent).map(\.level) == [.note])
        #expect(
            EnvironmentCheck.terminal(false, namedWay: "The key file", slots: ["key-file"], .absent).map(\.level) == [
                .ok
            ]
        )
        #expect(EnvironmentCheck.terminal(false, namedWay: nil, slots: [], .absent).map(\.level) == [.ok])
        func said(_ state: KeyringReport.State, display: Bool = false, way: String? = nil) -> [Finding.Level: String] {
            let report = KeyringReport(state, problem: nil, hasDisplay: display)
            let findings = EnvironmentCheck.terminal(false, namedWay: way, slots: ["keyring", "recovery"], report)
            return Dictionary(uniqueKeysWithValues: findings.map { ($0.level, $0.sentence) })
        }
        let unneeded = "There is no terminal to ask for a passphrase on, and none is needed."
        #expect(said(.working) == [.ok: unneeded])
        // A keyring that is locked, or absent, opens nothing by itself.
        for state in [KeyringReport.State.locked, .absent, .unavailable] {
            #expect(said(state).keys.first == .note && said(state, way: "The key file") == [.ok: unneeded])
        }
        #expect(said(.locked, display: true)[.ok]?.hasSuffix("the keyring asks with a dialog.") == true)
    }
}

/// Text that a terminal would obey.
struct VisibleTextTests {
    @Test func `control characters and turned writing are shown as numbers, and nothing else is touched`() {
        #expect("a\u{1B}[31mb\u{7}\u{9B}\u{7F}".visible == "a\\u{1b}[31mb\\u{7}\\u{9b}\\u{7f}")
        #expect("gnp.\u{202E}exe".visible == "gnp.\\u{202e}exe")
        #expect("one\ntwo\t".visible == "one\\u{a}two\\u{9}" && "one\ntwo\r".visibleLines == "one\ntwo\\u{d}")
        for text in ["", "/home/ada/Été 地図", "👩‍👩‍👧 \u{646}\u{200C}\u{645}"] { #expect(text.visible == text) }
    }
}
