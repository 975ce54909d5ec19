import Glibc
package import Testing

extension Trait where Self == ConditionTrait {
    /// For what only the kernel's refusals show: root passes every EACCES.
    package static var unprivileged: Self {
        .enabled(if: geteuid() != 0, "as root no access is refused; Scripts/test runs this as another user")
    }

    /// For foreign owners and memory seen from outside.
    ///
    /// The display name of such a test starts with `root: `, which is how `Scripts/test` picks it.
    package static var privileged: Self { .enabled(if: geteuid() == 0, "needs root") }

    /// For what runs the command line itself.
    package static var needsBinary: Self {
        .enabled(if: TestPaths.binary != nil, "ISOGEO_VAULT_BINARY is not set; Scripts/test does it")
    }

    /// For sessions, whose keys the kernel keeps.
    package static var needsKernelKeyring: Self {
        .enabled(if: KernelKeys.areAvailable, "the kernel keeps no keys for us here")
    }

    /// For what asks django-oauth-toolkit and Authlib.
    package static var needsOAuthPython: Self {
        .enabled(
            if: TestPaths.oauthPython != nil,
            "PyPI gave no django-oauth-toolkit and Authlib: ISOGEO_VAULT_OAUTH_PYTHON is not set; Scripts/test does it"
        )
    }

    /// For Isogeo's own SDK.
    package static var needsSDK: Self {
        .enabled(
            if: TestPaths.sdkPython != nil,
            "PyPI gave no isogeo-pysdk: ISOGEO_VAULT_SDK_PYTHON is not set; Scripts/test does it"
        )
    }

    /// For what asks a real OAuth server.
    package static var needsGlewlwyd: Self {
        .enabled(if: TestPaths.glewlwydMissing == nil, Comment(rawValue: TestPaths.glewlwydMissing ?? ""))
    }
}
