import Foundation
import Testing
import VaultTestSupport

/// A home that is put back before each run of a command, and what the command makes of it without a fault.
struct InjectionWorld: Sendable {
    let home: Home
    let command: InjectedCommand
    /// Secrets that nothing may show.
    let secrets: [Canary]
    /// The files before the command, by their paths from the home.
    let before: [String: Data]
    let stateBefore: State
    /// How the command ends without a fault, and a second time.
    private(set) var plain: ProcessReport?
    private(set) var again: Int?
    /// How `token atlas --offline` ends before the command and after it.
    private(set) var offline: [Int?] = []
    private(set) var stateAfter: State
    /// What the command makes.
    private(set) var made: Data?
    private(set) var namesAfter: Set<String> = []
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

    init(_ command: InjectedCommand) async throws {
        let server = try await TokenServer.shared.value
        self.command = command
        var home = try Home(in: command.needsMemory ? TestPaths.memory : nil)
        let (rivers, globe, harbour) = (
            Home.Client(named: "rivers"), Home.Client(named: "globe"), Home.Client(named: "harbour")
        )
        let rotated = Canary()
        let passphrases = [Canary(), Canary()]
        secrets = [home.client.secret, rivers.secret, globe.secret, harbour.secret, rotated] + passphrases
        _ = try home.writeFile(of: globe, to: "new.json", tokenURI: server.url)
        try FileManager.default.createDirectory(atPath: home.folder("many"), withIntermediateDirectories: false)
        for client in [globe, harbour] {
            try home.folder.write(client.file(tokenURI: server.url), to: "many/\(client.id).json")
        }
        try home.folder.write(home.client.file(tokenURI: server.url, secret: rotated), to: "rotated.json")
        try home.folder.write("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", to: "ca.pem")
        try home.folder.write(passphrases[0].text, to: "passphrase")
        try home.folder.write(passphrases[1].text, to: "new-passphrase")
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        if command.makesVault {
            home.environment["ISOGEO_VAULT_KEY_FILE"] = home.folder("second")
        } else if command.isOlder {
            try home.writeOlderVault()
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
        offline = [try await offlineToken().exitCode]
        plain = try await run(nil)
        calls = try reported()
        stateAfter = try await Self.state(of: home, command)
        offline.append(try await offlineToken().exitCode)
        let files = try Self.files(of: home)
        (made, namesAfter) = (command.makes.flatMap { files[$0] }, Set(files.keys.map(Self.withoutRandomness)))
        again = try await run(nil).exitCode
    }

    // MARK: - The home

    /// The regular files below a home, but for the injections' report and the notes of what was warned of today.
    static func files(of home: Home) throws -> [String: Data] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: home.folder.path)
        return paths.reduce(into: [:]) { files, path in
            if path != "calls", !path.contains("/said-") {
                let place = home.folder(path)
                // A link into /proc/self would lead to a descriptor of this process.
                let link = try? FileManager.default.destinationOfSymbolicLink(atPath: place)
                files[path] = link.map { Data($0.utf8) } ?? FileManager.default.contents(atPath: place)
            }
        }
    }

    /// A path without what is random in it, so that two runs can be compared.
    static func withoutRandomness(_ path: String) -> String {
        path.replacing(/[0-9a-f]{32}-[0-9a-f]{16}/, with: "ID").replacing(/exec\/[0-9-]+/, with: "exec/OWNER")
            .replacing(
                /\.old-.*|\.before-restore-\d+(-\d+)?/,
                with: "-OLD"
            )
    }

    func putBack() throws {
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

    static func state(of home: Home, _ command: InjectedCommand) async throws -> State {
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
                // That a vault of format 1 was converted is neither before nor after: it is done first.
                // Requests are tallied by the day; the tallies of two days look the same here, and count once.
                events: Set(described(try JSONSerialization.jsonObject(with: Data(log.output))))
                    .filter { !$0.contains("event=converted") }.sorted(),
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
            // The detail of requests says since when they were.
            let isTally = object.keys.contains("event") && !object.keys.contains("number")
            return object.filter { !["id", "created", "secret_written", "time", "changed"].contains($0.key) }
                .filter { !isTally || $0.key != "detail" }
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

    func reported() throws -> [Injection.Call] {
        Injection.Call.reported(in: String(decoding: try home.folder.read("calls"), as: UTF8.self))
    }

    @discardableResult func run(_ injection: Injection?) async throws -> ProcessReport {
        try await Injection.wrapping(commandLine(), in: injection, report: home.folder("calls")).run()
    }

    func offlineToken() async throws -> ProcessReport { try await home.run("token", "atlas", "--offline") }

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

    /// Ends what outlives the home.
    func end() async { if command.needsSessions { _ = try? await home.run("lock") } }
}
