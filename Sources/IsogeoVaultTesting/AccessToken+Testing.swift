public import IsogeoVault
internal import VaultSystem

internal import struct FoundationEssentials.Date

extension AccessToken {
    /// A token that nobody has granted, for fakes.
    ///
    /// - Parameters:
    ///   - value: visible ASCII.
    ///   - seconds: how long it lives from now.
    ///   - application: whose it is.
    ///   - source: where it says that it comes from.
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
    /// An error of this kind that nothing has caused, for fakes.
    public static func forTesting(_ code: Code) -> VaultError {
        VaultError(TestProblem(code: code))
    }
}

/// What a fake fails with.
private struct TestProblem: Problem {
    let code: VaultError.Code
    var cause: FailureCause? { nil }
    var sentence: String { "A test makes this fail (\(code.name))." }
    var remedy: String { "There is nothing to do." }
}
