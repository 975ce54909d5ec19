internal import ArgumentParser
internal import IsogeoVault

/// What may be said of a credential beside its file.
struct CredentialOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where tokens are requested, instead of what the file says.", valueName: "url"))
    var tokenUri: String?

    @Option(
        help: """
            How id and secret are written into the Basic header: raw (as Isogeo documents it) or form (RFC 6749).
            """
    )
    var basicEncoding: EncodingArgument?

    @Option(
        help: ArgumentHelp(
            "Certificates (PEM) to trust for this application instead of the system's.",
            valueName: "path"
        )
    )
    var caFile: String?

    @Option(
        help: ArgumentHelp(
            "Where the API lies, for api and check; Isogeo's own needs no word.",
            valueName: "url"
        )
    )
    var apiBase: String?

    var options: NewApplication.Options {
        var options = NewApplication.Options()
        options.tokenURI = tokenUri
        options.basicEncoding = basicEncoding?.encoding ?? .raw
        options.caFile = caFile
        options.apiBase = apiBase
        return options
    }
}

/// The value of `--basic-encoding`.
enum EncodingArgument: String, ExpressibleByArgument, CaseIterable {
    case raw, form

    var encoding: NewApplication.BasicEncoding { self == .raw ? .raw : .form }
}
