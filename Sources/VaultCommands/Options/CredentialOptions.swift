internal import ArgumentParser
internal import IsogeoVault

/// What a call says of a credential that its file doesn't.
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
            "The proxy for https where the environment names none (https_proxy), kept with the application.",
            valueName: "url"
        )
    )
    var proxy: String?

    /// Whether nothing is said.
    var isEmpty: Bool { tokenUri == nil && basicEncoding == nil && proxy == nil }

    var options: NewApplication.Options {
        var options = NewApplication.Options()
        options.tokenURI = tokenUri
        options.basicEncoding = basicEncoding?.encoding ?? .raw
        options.proxy = proxy
        return options
    }
}

/// The same for a credential that the vault keeps, with where its tokens are good for.
struct KeptCredentialOptions: ParsableArguments {
    @OptionGroup
    var credential: CredentialOptions

    @Option(
        help: ArgumentHelp(
            "Where the API is, for api and check; not needed for Isogeo's own platforms.",
            valueName: "url"
        )
    )
    var apiBase: String?

    /// Whether the Basic encoding is among what is said.
    var saysEncoding: Bool { credential.basicEncoding != nil }

    var options: NewApplication.Options {
        var options = credential.options
        options.apiBase = apiBase
        return options
    }
}

/// The value of `--basic-encoding`.
enum EncodingArgument: String, ExpressibleByArgument, CaseIterable {
    case raw, form

    var encoding: NewApplication.BasicEncoding { self == .raw ? .raw : .form }
}

/// What is said when tokens come from another platform, whose API lies elsewhere.
func forgottenAPI(at base: String) -> String {
    "That its API is at \(base) was forgotten: it belongs to the old platform. Say where the new one's is with "
        + "--api-base, if it isn't Isogeo's own."
}
