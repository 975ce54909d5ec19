import Testing

/// A command whose system calls fail one after the other, and what may come of that.
struct InjectedCommand: Sendable, CustomTestStringConvertible {
    let name: String
    /// The arguments; `@` is the home.
    let arguments: [String]
    /// Whether there is no vault before.
    var makesVault = false
    /// Whether the vault is of format 1, and is converted.
    var isOlder = false
    /// Whether the vault has a slot of each kind.
    var hasManyKeys = false
    /// Options that open the vault, instead of the environment's key file.
    var key: [String] = []
    /// A file that the command makes and that a repeat would not write over: it is whole or isn't there.
    var makes: String?
    /// Whether a key is derived from a passphrase, which takes half a second each time.
    var derives = false
    /// Whether standard output is the same each time.
    var hasFixedOutput = true
    /// Whether what it changes in the vault may be lost with the power: a token, which is requested again.
    var onlyCaches = false
    /// Whether its home must lie in memory.
    var needsMemory = false
    /// Whether it does the rest where a part fails, so that it is only killed.
    var doesTheRest = false
    /// Whether sessions are needed, which the kernel must keep.
    var needsSessions = false

    init(_ name: String, _ arguments: String...) { (self.name, self.arguments) = (name, arguments) }

    var testDescription: String { name }

    private func with(_ change: (inout InjectedCommand) -> Void) -> InjectedCommand {
        var copy = self
        change(&copy)
        return copy
    }

    static let all: [InjectedCommand] = [
        Self("import, a new vault", "import", "@/new.json", "--protect", "key-file=@/second").with {
            $0.makesVault = true
        },
        Self("import", "import", "@/new.json", "--name", "globe"),
        Self("import --replace", "import", "@/new.json", "--name", "rivers", "--replace"),
        Self("import, several", "import", "@/many").with { $0.doesTheRest = true },
        Self("import, several, a new vault", "import", "@/many", "--protect", "key-file=@/second").with {
            ($0.makesVault, $0.doesTheRest) = (true, true)
        },
        Self("token", "token", "atlas"),
        Self("token --refresh", "token", "atlas", "--refresh").with {
            ($0.hasFixedOutput, $0.onlyCaches) = (false, true)
        },
        Self("list", "list", "--json"), Self("show", "show", "atlas", "--json"), Self("status", "status", "--json"),
        Self("rotate", "rotate", "atlas", "@/rotated.json"), Self("rename", "rename", "atlas", "globe"),
        Self("trust", "trust", "atlas", "--ca-file", "@/ca.pem"),
        Self("remove", "remove", "rivers", "--yes"), Self("default", "default", "rivers"),
        Self("default, format 1", "default", "maps").with { $0.isOlder = true },
        Self("key list", "key", "list"),
        Self("key add key-file", "key", "add", "key-file=@/second"),
        Self("key add passphrase", "key", "add", "passphrase", "--new-passphrase-file", "@/new-passphrase").with {
            $0.derives = true
        },
        Self("key add recovery", "key", "add", "recovery", "--output", "@/new-code"),
        Self("key change key-file", "key", "change", "key-file", "key-file=@/second"),
        Self("key change passphrase", "key", "change", "passphrase", "passphrase").with {
            ($0.derives, $0.hasManyKeys, $0.key) = (true, true, ["--new-passphrase-file", "@/new-passphrase"])
        },
        Self("key change recovery", "key", "change", "recovery", "recovery", "--output", "@/new-code").with {
            $0.hasManyKeys = true
        },
        Self("key remove key-file", "key", "remove", "key-file").with {
            ($0.hasManyKeys, $0.key) = (true, ["--recovery", "@/code"])
        },
        Self("key remove passphrase", "key", "remove", "passphrase").with { $0.hasManyKeys = true },
        Self("key remove recovery", "key", "remove", "recovery").with { $0.hasManyKeys = true },
        Self("rekey", "rekey"),
        Self("backup", "backup", "@/copy").with { $0.makes = "copy" },
        Self("restore", "restore", "@/backup"),
        Self("export", "export", "atlas", "@/exported.json", "--in-clear").with { $0.makes = "exported.json" },
        Self("forget", "forget", "atlas"), Self("log", "log", "--json"), Self("verify", "verify"),
        Self("doctor", "doctor").with { $0.hasFixedOutput = false },
        Self("exec", "exec", "atlas", "--", "/bin/echo", "started"),
        Self("exec --client-secrets", "exec", "atlas", "--client-secrets", "FILE", "--", "/bin/echo", "started"),
        Self(
            "exec --private-file",
            "exec",
            "atlas",
            "--client-secrets",
            "FILE",
            "--private-file",
            "--",
            "/bin/echo",
            "x"
        ).with { $0.needsMemory = true },
        Self("api", "api", "/shares", "--app", "atlas").with { $0.hasFixedOutput = false },
        Self("unlock", "unlock", "--for", "1h", "--shared-uid").with {
            ($0.needsSessions, $0.hasFixedOutput) = (true, false)
        },
        Self("lock", "lock").with { $0.needsSessions = true },
    ]
}
