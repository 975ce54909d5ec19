internal import ArgumentParser
internal import IsogeoVault

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
