import IsogeoVault

// IsogeoVaultTesting has the same for programs; these tests do without its literals for names.
extension VaultError {
    /// An error of this code, to throw or to compare with.
    static func forTesting(
        _ code: Code,
        _ sentence: String = "A test makes this fail.",
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
