import IsogeoVault

/// A problem that a test makes up, such as what a person's refusal or a printer throws.
struct MadeUpProblem: Problem {
    let code: VaultError.Code
    var sentence = "A test makes this fail."
    var remedy = "There is nothing to do."
    var cause: FailureCause? { nil }
}

extension VaultError {
    /// An error of this code, to throw or to compare with.
    static func madeUp(_ code: Code) -> VaultError { VaultError(MadeUpProblem(code: code)) }
}
