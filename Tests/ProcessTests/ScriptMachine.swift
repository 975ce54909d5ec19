import Foundation
import VaultTestSupport

/// A copy of `Scripts` on a machine whose package manager, toolchain and users are pretended, by programs in a `PATH`
/// of its own that note how they are called.
struct ScriptMachine {
    static let scripts = ["benchmark", "build", "docs", "install", "test", "try"]
    /// The one package that is missing.
    static let package = "libsodium-dev"
    static let install = "apt-get install --no-install-recommends \(package)"
    static let installed = "apt-get -q install -y --no-install-recommends --no-remove \(package)"
    static let installedOdd = "apt-get -q install -y --no-install-recommends --no-remove libodd"

    let folder: TemporaryDirectory
    let checkout: String
    var environment: [String: String]
    var currentFolder: String

    /// What is pretended: shell scripts that read variables of the test's.
    private static let programs = [
        "apt-get": """
        tries=$(grep -c '^apt-get .*install' "$FAKE/log")
        case ${FAKE_APT:-} in
            locked)
                # As apt says it in the language that it was called in.
                case ${LC_ALL:-$LANG} in
                    fr*) reason="E: Impossible d'obtenir le verrou" ;;
                    *) reason='E: Could not get lock' ;;
                esac
                [ "$tries" -gt 2 ] || { echo "$reason /var/lib/dpkg/lock-frontend."; exit 100; } ;;
            offline) echo 'E: Unable to fetch some archives' >&2; exit 100 ;;
            stale) grep -q '^apt-get .*update' "$FAKE/log" || exit 100; touch "$FAKE/updated" ;;
        esac
        for package; do case $package in -* | install | update) ;; *) touch "$FAKE/has/$package" ;; esac; done
        """,
        "apt-cache":
            #"[ "${FAKE_APT:-}" != stale ] || [ -e "$FAKE/updated" ] || exit 100; case " ${FAKE_KNOWN-$2} " in *" $2 "*) ;; *) exit 100 ;; esac"#,
        "dpkg-query": #"for package; do :; done; [ -e "$FAKE/has/$package" ] && echo 'ii '"#,
        "id": #"echo "$FAKE_UID""#,
        "sudo": #"[ "$1" != -n ] || exit "$FAKE_SUDO"; exec "$@""#,
        "ldconfig": "echo '\tlibcurl.so.4 (libc6,x86-64) => /nowhere/libcurl.so.4'",
        "sleep": "exit 0",
        "swift": """
        case ${FAKE_SWIFT:-}$1 in
            broken*) echo 'swift: error while loading shared libraries: libxml2.so.2: cannot open' >&2; exit 127 ;;
            *--version) echo "Swift version ${FAKE_SWIFT:-6.2} (swift-RELEASE)"; exit ;;
        esac
        [ "${FAKE_FETCH:-}" != no ] || { echo 'error: Failed to clone repository' >&2; exit 1; }
        mkdir -p "$3/release"
        case $7 in isogeo-vault) part=libexec ;; *) part=bin ;; esac
        cp "${FAKE_INSTALLED:+$FAKE_INSTALLED/$part/isogeo-vault}" "$3/release/$7" 2>/dev/null || cp "$FAKE/bin/strip" "$3/release/$7"
        """,
        "git": "exit 0", "clang": "echo /nowhere/library.a", "strip": "exit 0", "readelf": "exit 0",
    ]

    /// What is real.
    private static let tools = [
        "basename", "bash", "cat", "chmod", "cp", "cut", "date", "dirname", "du", "env", "grep", "head", "install",
        "kill", "ln", "ls", "mkdir", "mktemp", "python3", "readlink", "rm", "sed", "sh", "sort", "tail", "tee",
        "timeout",
        "touch", "tr",
    ]

    init(_ changes: [String: String] = [:], checkout name: String = "checkout", without missing: [String] = []) throws {
        let files = FileManager.default
        folder = try TemporaryDirectory()
        checkout = folder(name)
        currentFolder = checkout
        for part in ["bin", "has", "tmp", "\(name)/Scripts", "\(name)/Tests/Fixtures"] {
            try files.createDirectory(atPath: folder(part), withIntermediateDirectories: true)
        }
        // Written again, since a copy by Foundation would have to belong to the owner of the original.
        let scripts = try files.contentsOfDirectory(atPath: "\(TestPaths.checkout)/Scripts").map { "Scripts/\($0)" }
        for file in scripts + ["Tests/Fixtures/client_secrets.json"] {
            guard let content = files.contents(atPath: "\(TestPaths.checkout)/\(file)") else { continue }
            try folder.write(content, to: "\(name)/\(file)", mode: 0o755)
        }
        for package in Self.present { try folder.write("", to: "has/\(package)") }
        try folder.write("", to: "log")
        for (name, text) in Self.programs where !missing.contains(name) {
            try folder.write(
                "#!/bin/sh\necho \"${0##*/} $*\" >>\"$FAKE/log\"\n\(text)\n",
                to: "bin/\(name)",
                mode: 0o755
            )
        }
        for name in Self.tools {
            guard let real = ["/usr/bin/", "/bin/"].map({ $0 + name }).first(where: files.isExecutableFile) else {
                continue
            }
            try files.createSymbolicLink(atPath: folder("bin/\(name)"), withDestinationPath: real)
        }
        environment = [
            "PATH": folder("bin"), "LANG": "fr_FR.UTF-8", "TMPDIR": folder("tmp"), "FAKE": folder.path, "FAKE_UID": "0",
            "FAKE_SUDO": "1",
        ].merging(changes) { _, changed in changed }
    }

    /// What `has_package` asks dpkg for.
    private static let present = [
        "ca-certificates", "libsqlite3-dev", "python3",
        "libsecret-1-dev", "libcurl4-openssl-dev", "curl", "openssl", "procps", "python3-venv", "dbus",
        "libglib2.0-bin",
        "gnome-keyring", "keepassxc", "xvfb",
    ]

    /// Nothing is missing any more.
    func has(_ package: String = ScriptMachine.package) throws { try folder.write("", to: "has/\(package)") }

    func command(_ words: [String]) -> Command {
        Command(folder("bin/\(words[0])"), Array(words.dropFirst()), environment: environment, folder: currentFolder)
    }

    /// Runs bash, or what else is named, on a script.
    func script(_ name: String, _ options: String..., shell: String = "bash") -> Command {
        let place = name == "install" ? ["--prefix", folder("prefix")] : []
        return command([shell, "\(checkout)/Scripts/\(name)"] + place + options)
    }

    /// Runs a line of bash that knows what the scripts share.
    func shared(_ line: String) async throws -> ProcessReport {
        try await command(["bash", "-euc", ". Scripts/lib.sh; \(line)"]).run()
    }

    /// How the pretended programs were called.
    func log(_ program: String) throws -> [String] {
        String(decoding: try folder.read("log"), as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix(program + " ") }
    }
}
