internal import CVaultLinux
internal import IsogeoVault

/// The arguments of this process as C was given them.
enum ProgramArguments {
    /// The arguments without the program's name; nil where there is not even a name.
    static var current: [String]? {
        guard let arguments = unsafe cvault_arguments() else { return nil }
        var texts: [String] = []
        var index = 1
        while let argument = unsafe arguments[index] {
            unsafe texts.append(String(cString: argument))
            index += 1
        }
        return texts
    }

    /// What was asked for is lost: to print the help, with status 0, would answer something else.
    static var missing: VaultError {
        VaultError(
            .internalError,
            "The arguments of this process can't be found.",
            remedy: "Start isogeo-vault with its own name as the first argument, as a shell does."
        )
    }
}
