import Foundation
import Testing
import VaultTestSupport

/// Each command with a failing system call, or killed at one: the vault is as before or as after, the error is named,
/// and the same call works afterwards.
@Suite(.needsBinary, .needsInjection)
struct FaultInjectionTests {
    /// How many faults of each command are tried where there is no time for all of them, some thousand a command.
    private static let sample = 8
    /// The one that a failure named: `COMMAND: CALL NUMBER ERROR`.
    private static let only = ProcessInfo.processInfo.environment["ISOGEO_VAULT_FAULT"]

    @Test(arguments: InjectedCommand.all) func `a system call fails, or is the last`(command: InjectedCommand)
        async throws
    {
        if let only = Self.only {
            try #require(InjectedCommand.all.contains { only.hasPrefix($0.name + ": ") }, "no such command: \(only)")
            guard only.hasPrefix(command.name + ": ") else { return }
        }
        if command.needsSessions, !KernelKeys.areAvailable {
            try Test.cancel("\(command.name) needs kernel keys")
        }
        if command.needsMemory, !TestPaths.hasMemory {
            try Test.cancel("\(command.name) needs a tmpfs at \(TestPaths.memory)")
        }
        let world = try await InjectionWorld(command)
        try #require(!world.calls.isEmpty)
        let all = Injection.all(of: world.calls).filter { $0.kills || !command.doesTheRest }
        var reached = 0
        for injection in try chosen(of: all, for: command) {
            guard let complaints = try await world.complaints(about: injection) else { continue }
            reached += 1
            guard !complaints.isEmpty else { continue }
            let repeats = "ISOGEO_VAULT_FAULT='\(command.name): \(injection)' Scripts/test FaultInjection"
            Issue.record(
                "\(command.name): \(injection): \(complaints.joined(separator: "\n"))\nto repeat it: \(repeats)"
            )
        }
        // Calls vary a little from one run to the next, as those of threads do.
        #expect(reached > 0, "\(command.name): none of the faults happened")
        await world.end()
    }

    @Test func `what can be written isn't taken for read-only because it couldn't be opened once`() async throws {
        let status = try #require(InjectedCommand.all.first { $0.name == "status" })
        let world = try await InjectionWorld(status)
        for number in 1...world.calls.count(where: { $0.name == "openat" }) {
            for error in ["EMFILE", "EIO"] {
                #expect(try await world.complaints(about: Injection("openat", number, error)) ?? [] == [])
            }
        }
    }

    @Test func `a page that the disk doesn't give isn't called damage`() async throws {
        let verify = try #require(InjectedCommand.all.first { $0.name == "verify" })
        let world = try await InjectionWorld(verify)
        for number in 1...world.calls.count(where: { $0.name == "pread64" }) {
            #expect(try await world.complaints(about: Injection("pread64", number, lasts: true, "EIO")) ?? [] == [])
        }
    }

    /// All of them, or as many as there is time for, at equal distances from a random one.
    private func chosen(of all: [Injection], for command: InjectedCommand) throws -> [Injection] {
        if let only = Self.only {
            return [try #require(Injection(only.dropFirst(command.name.count + 2)), "not a fault: \(only)")]
        }
        // A passphrase takes half a second for each run; a session's key stays in its user's quota for a while.
        let isShort = !TestPaths.isLongRun || command.needsSessions
        let share = (isShort ? Self.sample : all.count) / (command.derives ? 8 : 1)
        let step = max(1, all.count / max(1, share))
        let first = Int.random(in: 0..<step)
        print("\(command.name): \(all.count) faults, one in \(step), from number \(first + 1) on")
        return stride(from: first, to: all.count, by: step).map { all[$0] }
    }
}
