import Foundation
import Testing
import VaultTestSupport

/// What a fault, or a cut of the power, led to and should not have.
extension InjectionWorld {
    /// What shouldn't be, for the reader of a failed test.
    typealias Complaint = String

    /// Puts the home back, runs the command with the fault, and says what shouldn't be; nil where the command didn't
    /// come to that call this time.
    func complaints(about injection: Injection) async throws -> [Complaint]? {
        try putBack()
        let report: ProcessReport
        do { report = try await run(injection) } catch ProcessError.timedOut { return ["hangs"] }
        guard let meant = try reported().first(where: { $0.isMeant }) else { return nil }
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
        let token = try await offlineToken()
        let isKnown = offline.contains(token.exitCode) && token.output.isEmpty == (token.exitCode != 0)
        do {
            return try await (isKnown ? [] : ["the cached token: \(token)"])
                + faults(after: isDone ? .done(warnings: "") : .cut)
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
            let isUnrecorded = /warning: The (audit trail doesn't record|token isn't kept)/
            if state != stateAfter, warnings.firstMatch(of: isUnrecorded) == nil {
                complaints.append("says it is done, but \(state.differences(from: stateAfter))")
            }
            if command.makes != nil, made == nil { complaints.append("says it is done, and made nothing") }
            return complaints
        case .failed(let mayLeaveDraft):
            if made != nil { complaints.append("failed, and left what it makes") }
            // A journal is SQLite's to keep until it is rolled back. A key or a code that is to come stays where the
            // vault may have its slot: it can't be read any more, or the commit failed after its last step.
            let litter = litter(in: files).filter { !$0.hasSuffix("-journal") && !$0.contains(/\.new-[0-9a-f]{8}$/) }
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
}
