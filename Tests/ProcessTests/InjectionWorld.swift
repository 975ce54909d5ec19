import Foundation
import Testing
import VaultTestSupport

/// A home that is put back before each run of a command, and what the command makes of it without a fault.
struct InjectionWorld: Sendable {
    let home: Home
    let command: InjectedCommand
    /// Secrets that nothing may show.
    private let secrets: [Canary]
    /// The files before the command, by their paths from the home.
    private let before: [String: Data]
    private let stateBefore: State
    /// How the command ends without a fault, and a second time.
    private(set) var plain: ProcessReport?
    private var again: Int?
    private var stateAfter: State
    private var made: Data?
    private var namesAfter: Set<String> = []
    /// The calls of a run without a fault.
    private(set) var calls: [Injection.Call] = []

    /// The contents of a vault, as the commands show them, without times and random ids.
    struct State: Equatable, Sendable {
        var applications: [String] = []
        var slots: [String] = []
        var events: [String] = []
        var tokens = ""
        /// Which of the home's key files opens it; nil where there is no vault.
        var key: String?

        /// What differs from another one.
        func differences(from other: State) -> String {
            let parts = [
                (applications, other.applications), (slots, other.slots), (events, other.events),
                ([tokens], [other.tokens]),
            ]
            let (more, less) = (
                parts.flatMap { ours, theirs in ours.filter { !theirs.contains($0) } },
                parts.flatMap { ours, theirs in theirs.filter { !ours.contains($0) } }
            )
            return "it has \(more), misses \(less), and \(key == other.key ? "the" : "another") key opens it"
        }
    }

    /// A complaint about what a fault led to.
    typealias Complaint = String

    init(_ command: InjectedCommand) async throws {
        let server = try await TokenServer.shared.value
        self.command = command
        var home = try Home()
        let (rivers, globe, rotated) = (Home.Client(named: "rivers"), Home.Client(named: "globe"), Canary())
        let passphrases = [Canary(), Canary()]
        secrets = [home.client.secret, rivers.secret, globe.secret, rotated] + passphrases
        _ = try home.writeFile(of: globe, to: "new.json", tokenURI: server.url)
        try home.folder.write(home.client.file(tokenURI: server.url, secret: rotated), to: "rotated.json")
        try home.folder.write(passphrases[0].text, to: "passphrase")
        try home.folder.write(passphrases[1].text, to: "new-passphrase")
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        if command.makesVault {
            home.environment["ISOGEO_VAULT_KEY_FILE"] = home.folder("second")
        } else {
            let atlas = try home.writeFile(tokenURI: server.url)
            let other = try home.writeFile(of: rivers, to: "rivers.json", tokenURI: server.url)
            var steps = [
                ["import", atlas, "--protect", "key-file=\(home.key)", "--api-base", server.origin + "/api"],
                ["token"], ["backup", home.folder("backup")], ["import", other],
            ]
            if command.hasManyKeys {
                steps += [
                    ["key", "add", "passphrase", "--new-passphrase-file", home.folder("passphrase")],
                    ["key", "add", "recovery", "--output", home.folder("code")],
                ]
            }
            for step in steps {
                let report = try await home.command(step).run()
                try #require(report.exitCode == 0, "\(report)")
            }
        }
        self.home = home
        before = try Self.files(of: home)
        stateBefore = try await Self.state(of: home, command)
        stateAfter = stateBefore
        plain = try await run(nil)
        calls = try reported()
        stateAfter = try await Self.state(of: home, command)
        let files = try Self.files(of: home)
        (made, namesAfter) = (command.makes.flatMap { files[$0] }, Set(files.keys.map(Self.withoutRandomness)))
        again = try await run(nil).exitCode
    }

    // MARK: - The home

    /// The regular files below a home, but for the injections' report and the notes of what was warned of today.
    private static func files(of home: Home) throws -> [String: Data] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: home.folder.path)
        return paths.reduce(into: [:]) { files, path in
            if path != "calls", !path.contains("/said-") {
                files[path] = FileManager.default.contents(atPath: home.folder(path))
            }
        }
    }

    /// A path without what is random in it, so that two runs can be compared.
    private static func withoutRandomness(_ path: String) -> String {
        path.replacing(/[0-9a-f]{32}-[0-9a-f]{16}/, with: "ID").replacing(/\.old-.*|\.before-restore-\d+(-\d+)?/) {
            $0.output.0.hasSuffix(".new") ? "\($0.output.0)" : "-OLD"
        }
    }

    private func putBack() throws {
        for (path, content) in try Self.files(of: home) where before[path] != content {
            try FileManager.default.removeItem(atPath: home.folder(path))
        }
        for (path, content) in before where !home.exists(home.folder(path)) {
            try home.folder.write(content, to: path)
        }
        for folder in ["share", "run", "state"] {
            let names = try FileManager.default.contentsOfDirectory(atPath: home.folder(folder))
            for name in names where !before.keys.contains(where: { $0.hasPrefix("\(folder)/\(name)/") }) {
                try FileManager.default.removeItem(atPath: home.folder("\(folder)/\(name)"))
            }
        }
    }

    private static func state(of home: Home, _ command: InjectedCommand) async throws -> State {
        for key in ["key", "second", "code"].map({ home.folder($0) }) where home.exists(key) {
            let options = [key.hasSuffix("code") ? "--recovery" : "--key-file", key, "--json", "-q"]
            let listed = try await home.command(["list"] + options).run()
            if listed.exitCode == 77 { continue }
            if listed.exitCode == 66 { return State() }
            let status = try await home.command(["status"] + options).run()
            let log = try await home.command(["log"] + options).run()
            for report in [listed, status, log] where report.exitCode != 0 { throw Failed(report) }
            return State(
                applications: described(try listed.json["applications"]),
                slots: described(try status.json["slots"]),
                events: described(try JSONSerialization.jsonObject(with: Data(log.output))),
                // A failure to get a token is cached like one.
                tokens: command.onlyCaches ? "" : "\(try status.json["tokens"] ?? "no") tokens",
                key: key
            )
        }
        guard home.exists(home.vault) else { return State() }
        throw Failed(try await home.run("list"))
    }

    struct Failed: Error, CustomStringConvertible {
        let report: ProcessReport
        init(_ report: ProcessReport) { self.report = report }
        var description: String { "\(report)" }
    }

    /// Lines for the objects of a JSON array, without what differs from one run to the next.
    private static func described(_ array: Any?) -> [String] {
        (array as? [[String: Any]] ?? []).map { object in
            object.filter { !["id", "created", "secret_written", "time", "changed"].contains($0.key) }
                .filter { !$0.key.hasSuffix("_epoch") }
                .map { "\($0.key)=\(($0.value as? [Any]).map { "\($0.count) of them" } ?? "\($0.value)")" }
                .sorted().joined(separator: " ").replacing(/\ [0-9a-f]{8}\b|until [0-9TZ:\-]+/, with: "")
        }
        .sorted()
    }

    // MARK: - Runs

    /// The command as it stands in the home, with a bound that only a hang reaches.
    func commandLine() throws -> Command {
        let arguments = (command.arguments.prefix(1) + command.key + command.arguments.dropFirst())
        var line = try home.command(
            (command.arguments.first == "key" ? command.arguments + command.key : Array(arguments)).map {
                $0.replacing("@", with: home.folder.path)
            }
        )
        line.limit = .seconds(120)
        return line
    }

    private func reported() throws -> [Injection.Call] {
        Injection.Call.reported(in: String(decoding: try home.folder.read("calls"), as: UTF8.self))
    }

    @discardableResult private func run(_ injection: Injection?) async throws -> ProcessReport {
        try await Injection.wrapping(commandLine(), in: injection, report: home.folder("calls")).run()
    }

    /// Puts the home back, runs the command with the fault, and says what shouldn't be.
    func complaints(about injection: Injection) async throws -> [Complaint] {
        try putBack()
        let report: ProcessReport
        do { report = try await run(injection) } catch ProcessError.timedOut { return ["hangs"] }
        guard let meant = try reported().first(where: { $0.isMeant }) else { return [] }
        var complaints = says(
            report,
            injection,
            atErrors: injection.call == "write" && (injection.lasts || meant.argument == 2)
        )
        do {
            complaints += try await faults(after: ending(report, injection))
        } catch let error as Failed {
            complaints.append("the vault doesn't open: \(error)")
        } catch ProcessError.timedOut {
            complaints.append("the repeat hangs")
        }
        return complaints.isEmpty ? [] : complaints + ["-- it said: \(report)"]
    }

    /// Notes what a run without a fault changes on the disk, and when it syncs it.
    func recorded() async throws -> RecordedDisk {
        try putBack()
        var (disk, line) = (try RecordedDisk(folder: home.folder.path), try commandLine())
        line.environment["LD_PRELOAD"] = Preload.recordWrites.path
        line.environment["RECORD_WRITES"] = home.folder("calls")
        // Lines are appended to it.
        try FileManager.default.removeItem(atPath: home.folder("calls"))
        let report = try await line.run()
        try #require(report.exitCode == plain?.exitCode, "\(report)")
        try disk.read(String(decoding: try home.folder.read("calls"), as: UTF8.self))
        return disk
    }

    /// Puts what a cut left in the place of the home, and says what shouldn't be; behind the last change, it is done.
    func complaints(about tree: RecordedDisk.Tree, isDone: Bool) async throws -> [Complaint] {
        for name in try FileManager.default.contentsOfDirectory(atPath: home.folder.path) {
            try FileManager.default.removeItem(atPath: home.folder(name))
        }
        for folder in tree.folders.sorted() {
            let mode = [FileAttributeKey.posixPermissions: 0o700]
            try FileManager.default.createDirectory(
                atPath: home.folder(folder),
                withIntermediateDirectories: true,
                attributes: mode
            )
        }
        for (path, content) in tree.files { try home.folder.write(content, to: path) }
        do {
            return try await faults(after: isDone ? .done(warnings: "") : .cut)
        } catch let error as Failed {
            return ["the vault doesn't open: \(error)"]
        }
    }

    /// What the C library calls the errors.
    private static let causes = [
        "EIO": "Input/output error", "ENOSPC": "No space left on device", "EDQUOT": "Disk quota exceeded",
        "EINTR": "Interrupted system call", "EMFILE": "Too many open files", "ENOMEM": "Cannot allocate memory",
        "ENOLCK": "No locks available", "EAGAIN": "Resource temporarily unavailable",
        "ENOENT": "No such file or directory", "EACCES": "Permission denied", "EINVAL": "Invalid argument",
        "EBADF": "Bad file descriptor", "EEXIST": "File exists",
    ]

    /// What is wrong with how it ended and what it said.
    private func says(_ report: ProcessReport, _ injection: Injection, atErrors: Bool) -> [Complaint] {
        var complaints = secrets.flatMap { secret in
            (secret.findings(in: report.output) + secret.findings(in: report.errors)).map { "shows a secret, \($0)" }
        }
        guard let code = report.exitCode else {
            return injection.kills ? complaints : complaints + ["died: \(report.ending.map { "\($0)" } ?? "?")"]
        }
        if code == plain?.exitCode {
            if command.hasFixedOutput, report.output != plain?.output { complaints.append("its output is another") }
        } else {
            // What failed isn't the call, the file's content, a name, the server, the vault or a file in the way.
            if ![69, 74, 75, 76, 77, 78].contains(code), command.arguments[0] != "exec" || ![126, 127].contains(code) {
                complaints.append("exit code \(code)")
            }
            let others = Self.causes.filter { $0.key != injection.what && report.errorText.contains($0.value) }
            if !others.isEmpty { complaints.append("names another cause: \(others.values.sorted())") }
            if !atErrors, report.errorText.firstMatch(of: /(?m)^isogeo-vault: .+\n  \S/) == nil {
                complaints.append("no sentence with a remedy")
            }
        }
        return complaints
    }

    /// How a command came to its end.
    private enum Ending {
        case done(warnings: String)
        /// Whether a draft may be left, since removing it failed.
        case failed(mayLeaveDraft: Bool)
        /// Killed, or without power.
        case cut
    }

    private func ending(_ report: ProcessReport, _ injection: Injection) -> Ending {
        if report.exitCode == plain?.exitCode { return .done(warnings: report.errorText) }
        // Without memory for a secret the process ends where it stands: SecretBytes.
        let isCut = injection.kills || report.errorText.contains("No guarded memory can be had")
        return isCut ? .cut : .failed(mayLeaveDraft: injection.call == "unlink")
    }

    /// What is wrong with the files that are there, and with a repeat of what wasn't done.
    private func faults(after ending: Ending) async throws -> [Complaint] {
        var complaints: [Complaint] = []
        let files = try Self.files(of: home)
        let isUntouched = before.allSatisfy { files[$0.key] == $0.value } && files[journal] == nil
        let made = command.makes.flatMap { files[$0] }
        var state = stateBefore
        if !isUntouched || command.makesVault {
            state = try await Self.state(of: home, command)
            if ![stateBefore, stateAfter].contains(state) {
                complaints.append("neither before nor after: to the latter, \(state.differences(from: stateAfter))")
            }
            complaints += try await notWhole(state.key)
        }
        if let made, command.arguments[0] == "export", made != self.made { complaints.append("its file isn't whole") }
        if made != nil, command.arguments[0] == "backup" {
            let opened = try await home.run("verify", "--vault", home.folder("copy"))
            if opened.exitCode != 0 { complaints.append("its file isn't whole: \(opened)") }
        }
        switch ending {
        case .done(let warnings):
            // The use of a secret that can't be recorded, or a token that can't be cached, is warned of.
            let isUnrecorded = /warning: The (audit trail can't record|token isn't kept)/
            if state != stateAfter, warnings.firstMatch(of: isUnrecorded) == nil {
                complaints.append("says it is done, but \(state.differences(from: stateAfter))")
            }
            if command.makes != nil, made == nil { complaints.append("says it is done, and made nothing") }
            return complaints
        case .failed(let mayLeaveDraft):
            if made != nil { complaints.append("failed, and left what it makes") }
            // A journal is SQLite's to keep until it is rolled back.
            let litter = litter(in: files).filter { !$0.hasSuffix("-journal") }
            if !mayLeaveDraft, !litter.isEmpty { complaints.append("left \(litter.sorted())") }
        case .cut: break
        }
        let codes = state == stateAfter || made != nil ? [plain?.exitCode, again] : [plain?.exitCode]
        let repeated = try await commandLine().run()
        if !codes.contains(repeated.exitCode) { complaints.append("repeated: \(repeated)") }
        let litter = litter(in: try Self.files(of: home))
        if !litter.isEmpty { complaints.append("left after the repeat: \(litter.sorted())") }
        return complaints + (isUntouched ? [] : try await notWhole(stateAfter.key))
    }

    /// The names that neither the home has nor a run without a fault makes.
    private func litter(in files: [String: Data]) -> Set<String> {
        Set(files.keys.map(Self.withoutRandomness)).subtracting(namesAfter)
            .subtracting(before.keys.map(Self.withoutRandomness))
    }

    private var journal: String { "share/isogeo-vault/vault.db-journal" }

    private func notWhole(_ key: String?) async throws -> [Complaint] {
        guard let key else { return [] }
        let option = key.hasSuffix("code") ? "--recovery" : "--key-file"
        let report = try await home.run("verify", option, key)
        return report.exitCode == 0 && report.outputText.hasPrefix("All is as it was written") ? [] : ["\(report)"]
    }

    /// Ends what outlives the home.
    func end() async { if command.needsSessions { _ = try? await home.run("lock") } }
}
