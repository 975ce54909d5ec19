internal import ArgumentParser
internal import IsogeoVault

/// What options add to a credential, or change in it.
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
            "The proxy for https where the environment names none (https_proxy), stored with the application.",
            valueName: "url"
        )
    )
    var proxy: String?

    /// Whether none of the options is given.
    var isEmpty: Bool { tokenUri == nil && basicEncoding == nil && proxy == nil }

    var options: NewApplication.Options {
        var options = NewApplication.Options()
        options.tokenURI = tokenUri
        options.basicEncoding = basicEncoding?.encoding ?? .raw
        options.proxy = proxy
        return options
    }
}

/// The same for a credential that the vault stores, with the address of its API.
struct KeptCredentialOptions: ParsableArguments {
    @OptionGroup
    var credential: CredentialOptions

    @Option(
        help: ArgumentHelp(
            "The API's address, for api and check; not needed for Isogeo's own platforms.",
            valueName: "url"
        )
    )
    var apiBase: String?

    /// Whether the Basic encoding is given.
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

/// What is said when tokens come from another platform, which has an API of its own.
func removedAPI(at base: String) -> String {
    "The API address \(base) was removed: it belongs to the old platform. Give the new one with --api-base, unless it "
        + "is Isogeo's own."
}
