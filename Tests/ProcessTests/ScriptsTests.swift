import Foundation
import Testing
import VaultTestSupport

/// The scripts on machines where something is missing.
struct ScriptsTests {
    typealias Machine = ScriptMachine
    private static let root = ["FAKE_UID": "0"]
    private static let sudoer = ["FAKE_UID": "1000", "FAKE_SUDO": "0"]
    private static let asked = ["FAKE_UID": "1000", "FAKE_SUDO": "1"]

    private func expectRefusal(_ report: ProcessReport, _ sentences: String..., on machine: Machine) throws {
        #expect(report.exitCode == 1 && report.output.isEmpty, "\(report)")
        for sentence in sentences { #expect(report.errorText.contains(sentence), "\(report)") }
        #expect(!report.errorText.contains(/line \d|unbound|command not found/), "\(report)")
        #expect(try machine.log("apt-get").isEmpty)
    }

    @Test(arguments: [root, sudoer, asked])
    func `without a terminal, who needs no password gets what is missing`(user: [String: String]) async throws {
        let machine = try Machine(user)
        let report = try await machine.script("build").run()
        if user == Self.asked {
            try expectRefusal(report, "build: run: sudo \(Machine.install)\n", on: machine)
        } else {
            #expect(
                report.exitCode == 0
                    && report.outputText == "\(machine.checkout)/.build-release/installed/bin/isogeo-vault\n"
            )
            #expect(try machine.log("apt-get") == [Machine.installed], "\(report)")
            #expect(try machine.log("sudo").count == (user == Self.root ? 0 : 2))
        }
    }

    @Test(arguments: Machine.scripts)
    func `who may install nothing is told by what command it is done`(script: String) async throws {
        for (user, missing, options, sentence, own) in [
            (Self.asked, [], [], "run: sudo \(Machine.install)", "or: "),
            (Self.asked, ["sudo"], [], "as root, run: \(Machine.install)", "or, where there is sudo: "),
            (Self.root, [], ["--no-install"], "run: \(Machine.install)", "or: "),
            (Self.sudoer, [], ["--no-install"], "run: sudo \(Machine.install)", "or: "),
        ] {
            let machine = try Machine(user, without: missing)
            var command = machine.script(script)
            command.arguments += options
            let report = try await command.run()
            let message = "\(script): \(sentence)\n\(own)./Scripts/\(script) --install\n"
            try expectRefusal(report, on: machine)
            #expect(report.errorText == "Missing Debian packages: \(Machine.package)\n" + message)
        }
    }

    @Test(arguments: [("\n", true), ("y\n", true), ("n\n", false), ("\u{4}", false)])
    func `on a terminal it asks`(answer: String, installs: Bool) async throws {
        for user in [Self.root, Self.sudoer, Self.asked] {
            let machine = try Machine(user)
            let terminal = try machine.script("build").startOnTerminal()
            try await terminal.expect("[Y/n] ")
            terminal.type(answer)
            let report = try await terminal.process.outcome()
            #expect(report.exitCode == (installs ? 0 : 1), "\(report)")
            #expect(try machine.log("apt-get") == (installs ? [Machine.installed] : []))
        }
    }

    @Test func `with --install, and in CI, nothing is asked`() async throws {
        for (options, changes) in [(["--install"], [:]), ([], ["CI": "true"])] {
            let machine = try Machine(Self.asked.merging(changes) { $1 })
            var command = machine.script("build")
            command.arguments += options
            let report = try await command.startOnTerminal().process.outcome()
            #expect(report.exitCode == 0 && !report.outputText.contains("[Y/n]"), "\(report)")
            #expect(try machine.log("apt-get") == [Machine.installed])
        }
    }

    @Test(arguments: [("locked", 3, 0), ("stale", 3, 0), ("offline", 3, 1)])
    func `apt is waited for, brought up to date, and given up`(state: String, calls: Int, code: Int) async throws {
        let machine = try Machine(["FAKE_APT": state])
        let report = try await machine.script("build").run()
        #expect(report.exitCode == code, "\(report)")
        #expect(try machine.log("apt-get").count == calls)
        let sentence = [
            "locked": "Another program is using apt; waiting for it, a minute at most.\n",
            "offline":
                "build: apt-get couldn't install them and says above why; when there is a network, run: \(Machine.install)\n",
        ][state]
        if let sentence { #expect(report.errorText.ranges(of: sentence).count == 1, "\(report)") }
    }

    @Test(arguments: [
        (["swift"], [:], "needs the Swift toolchain, 6.2 or later: https://www.swift.org/install"),
        (
            [], ["FAKE_SWIFT": "broken"],
            "swift doesn't start (swift: error while loading shared libraries: libxml2.so.2"
        ),
        ([], ["FAKE_SWIFT": "5.10"], "needs Swift 6.2 or later, this is 5.10: https://www.swift.org/install"),
    ])
    func `a toolchain that won't do is said so`(
        missing: [String],
        changes: [String: String],
        sentence: String
    ) async throws {
        for script in Machine.scripts {
            let machine = try Machine(changes, without: missing)
            let report = try await machine.script(script).run()
            try expectRefusal(report, "\(script): \(sentence)", on: machine)
            #expect(report.errorText.split(separator: "\n").count == 1, "\(report)")
        }
    }

    @Test func `Swift packages that can't be fetched are named`() async throws {
        for script in ["build", "install", "try"] {
            let machine = try Machine(["FAKE_FETCH": "no"])
            try machine.has()
            let sentence =
                "\(script): the Swift package swift-argument-parser couldn't be fetched; "
                + "run ./Scripts/\(script) again when there is a network\n"
            try expectRefusal(try await machine.script(script).run(), sentence, on: machine)
        }
    }

    @Test func `what strips the command is missing`() async throws {
        let machine = try Machine(without: ["strip"])
        try machine.has()
        let report = try await machine.script("install", "--no-install").run()
        try expectRefusal(report, "run: apt-get install --no-install-recommends binutils\n", on: machine)
    }

    @Test(.unprivileged, arguments: Machine.scripts)
    func `a checkout that can't be written to is said so`(script: String) async throws {
        let machine = try Machine()
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: machine.checkout)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: machine.checkout) }
        let sentence =
            "\(machine.checkout) can't be written to; copy it to a folder of yours and run ./Scripts/\(script) there\n"
        let report = try await machine.script(script).run()
        try expectRefusal(report, on: machine)
        #expect(report.errorText == "\(script): \(sentence)")
    }

    @Test func `packages have the names by which this distribution knows them`() async throws {
        for (name, known, expected) in [
            ("libcurl4", "libcurl4t64", "libcurl4t64"), ("libcurl4", "libcurl4", "libcurl4"),
            ("libcurl4", "", "libcurl4"),
            ("libtcmalloc-minimal4", "libtcmalloc-minimal4t64", "libtcmalloc-minimal4t64"),
            ("libmimalloc", "libmimalloc3", "libmimalloc3"), ("libmimalloc", "libmimalloc2.0", "libmimalloc2.0"),
            ("git", "", "git"),
        ] {
            let machine = try Machine(["FAKE_KNOWN": known])
            #expect(try await machine.shared("package_name \(name)").outputText == expected + "\n")
        }
    }

    @Test func `libraries are found where there is no ldconfig`() async throws {
        let machine = try Machine(["LD_LIBRARY_PATH": "/nowhere:"])
        try machine.folder.write("#!/bin/sh\nexit 127\n", to: "bin/ldconfig", mode: 0o755)
        let folder = machine.folder.path
        try machine.folder.write("", to: "libodd.so.1")
        let line =
            "has_library libodd.so.1 && echo found; LD_LIBRARY_PATH='\(folder)'; has_library libodd.so.1 && echo there"
        let report = try await machine.shared(line)
        #expect(report.outputText == "there\n", "\(report)")
    }

    @Test(arguments: [
        (
            [], [:], [Machine.installedOdd],
            "libeven"
        ),
        (
            [], ["FAKE_APT": "stale"],
            ["apt-get -q update", Machine.installedOdd], "libeven"
        ),
        ([], ["FAKE_APT": "offline"], Array(repeating: Machine.installedOdd, count: 2), "libodd libeven"),
        (["sudo"], asked, [], "libodd libeven"), ([], asked, [], "libodd libeven"),
        (["apt-get"], [:], [], "libodd libeven"),
    ])
    func `what is wanted and can't be had is named, and done without`(
        missing: [String],
        changes: [String: String],
        calls: [String],
        without: String
    ) async throws {
        let machine = try Machine(changes.merging(["FAKE_KNOWN": "libodd"]) { $1 }, without: missing)
        let report = try await machine.shared("want_packages libodd libeven; echo went on")
        #expect(report.exitCode == 0 && report.outputText == "went on\n", "\(report)")
        #expect(report.errorText.hasSuffix("Going on without \(without)\n"), "\(report)")
        #expect(try machine.log("apt-get") == calls)
    }

    @Test(arguments: ["bash", "sh"])
    func `they work in any folder, language and environment`(shell: String) async throws {
        var machine = try Machine(checkout: "le dépôt de Zoé")
        try machine.has()
        // A folder that cd would go to by CDPATH.
        let decoy = machine.folder("decoy")
        try FileManager.default.createDirectory(atPath: decoy + "/Scripts", withIntermediateDirectories: true)
        machine.environment["CDPATH"] = decoy
        let built = "\(machine.checkout)/.build-release/installed/bin/isogeo-vault\n"
        for (folder, script) in [("/", "\(machine.checkout)/Scripts/build"), (machine.checkout, "Scripts/build")] {
            machine.currentFolder = folder
            let report = try await machine.command(["sh", "-c", "umask 077; exec \(shell) '\(script)'"]).run()
            #expect(report.exitCode == 0 && report.outputText == built, "\(report)")
        }
        machine.currentFolder = machine.folder.path
        let install = "umask 077; exec \(shell) '\(machine.checkout)/Scripts/install' --prefix 'à moi/local'"
        let report = try await machine.command(["sh", "-c", install]).run()
        #expect(report.exitCode == 0 && report.output.isEmpty, "\(report)")
        // On this machine the scripts think that they run as root.
        for (path, expected) in [
            ("à moi/local/bin", 0o755), ("à moi/local/bin/isogeo-vault", 0o711),
            ("à moi/local/libexec", 0o755), ("à moi/local/libexec/isogeo-vault", 0o711),
        ] {
            let mode = try FileManager.default.attributesOfItem(atPath: machine.folder(path))[.posixPermissions]
            #expect(mode as? Int == expected)
        }
    }

    @Test(.needsBinary, arguments: ["bash", "sh"])
    func `Scripts/try shows the command at work`(shell: String) async throws {
        let machine = try Machine(["FAKE_INSTALLED": try #require(TestPaths.installed)], checkout: "le dépôt de Zoé")
        let report = try await machine.command([shell, "\(machine.checkout)/Scripts/try"]).run()
        #expect(report.exitCode == 0 && report.outputText.contains("The server was asked once"), "\(report)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: machine.folder("tmp")).isEmpty)
    }
}
