internal import ArgumentParser
internal import FoundationEssentials
internal import IsogeoVault

/// Starts a session: `isogeo-vault unlock --for 8h`.
struct Unlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Start a session: for a while your programs open the vault without a key.",
        discussion: """
            There is no daemon. The kernel's keyring of your user holds a random key, and drops it in time; the key \
            opens a row of the vault. All programs of yours can use it, including those of cron and of other logins.

            The session ends with its time, with `lock`, `key remove` and `key change`, and when the computer \
            restarts, but not necessarily when you log out. A key that is named is tried instead of it. A session \
            can't prolong itself: `unlock` needs the key each time, and the new session replaces the old one.

            \("  ")isogeo-vault unlock --for 8h
            """
    )

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long: a number and s, m, h or d; 1s to 30d.", valueName: "time")
    )
    var time: String = "8h"

    @Flag(help: "Start it even if other systems share your uid, as in a container without a user namespace.")
    var sharedUid = false

    @Flag(help: "Print the end of the session as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard SessionDuration(argument: time) != nil else {
            throw CommandProblem.Call.notADuration("--for")
        }
    }

    func run() async throws {
        let context = vault.context
        guard let duration = SessionDuration(argument: time)?.duration else { return try validate() }
        // Before a person types a passphrase for nothing.
        try SessionReport.current().check(sharingUserID: sharedUid)
        let opened = try await context.open(bySession: false)
        let end = try await opened.startSession(for: duration, sharingUserID: sharedUid)
        context.say("The vault is unlocked until \(end.rfc3339).")
        if json { try context.printJSON(SessionEnd(vault: opened.path, end)) }
    }
}

/// A session's end as JSON.
private struct SessionEnd: Encodable {
    let vault: String
    let unlocked_until: String
    let unlocked_until_epoch: Int64

    init(vault: String, _ end: Date) {
        self.vault = vault
        unlocked_until = end.rfc3339
        unlocked_until_epoch = end.epochSeconds
    }
}

/// How long a session lasts, as people write it: `8h`, `30m`, `90s`, `2d`.
struct SessionDuration: ExpressibleByArgument {
    let duration: Duration

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    /// Nil for what isn't a whole number of seconds, minutes, hours or days, from a second to thirty days.
    init?(argument: String) {
        guard let unit = argument.last.flatMap({ Self.units[$0] }) else { return nil }
        let digits = argument.dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int64(digits)
        else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow, (.seconds(1)...Vault.longestSession).contains(.seconds(seconds)) else { return nil }
        duration = .seconds(seconds)
    }
}
