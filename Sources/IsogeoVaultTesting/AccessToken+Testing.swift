public import IsogeoVault
internal import VaultSystem

internal import struct FoundationEssentials.Date

extension AccessToken {
    /// A token that no server granted, for fakes.
    ///
    /// - Parameters:
    ///   - value: visible ASCII.
    ///   - seconds: how long it lives from now.
    ///   - application: the application that it names.
    ///   - source: the source that it names.
    /// - Returns: the token.
    public static func forTesting(
        _ value: String = "made-up-token",
        expiresIn seconds: Int = 3599,
        application: ApplicationName = "test",
        source: Source = .endpoint
    ) -> AccessToken {
        AccessToken(
            value: value,
            expires: Date(timeIntervalSince1970: Double(SystemClock.secondsSinceEpoch + Int64(seconds))),
            remainingSeconds: max(0, seconds),
            application: application,
            source: source
        )
    }
}

extension VaultError {
    /// An error of this code without a cause, for fakes.
    public static func forTesting(_ code: Code) -> VaultError {
        .forTesting(code, "A test makes this fail (\(code.name)).")
    }

    /// An error with these words.
    package static func forTesting(
        _ code: Code,
        _ sentence: String,
        remedy: String = "There is nothing to do."
    ) -> VaultError {
        VaultError(MadeUpProblem(code: code, sentence: sentence, remedy: remedy))
    }
}

private struct MadeUpProblem: Problem {
    let code: VaultError.Code
    let sentence: String
    let remedy: String
    var cause: FailureCause? { nil }
}
