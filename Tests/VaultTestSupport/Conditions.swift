internal import CVaultTestSupport
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

    /// For a file that may lie in memory alone, in `TestPaths.memory`.
    package static var needsMemoryFileSystem: Self {
        .enabled(if: TestPaths.hasMemory, "\(TestPaths.memory) is no tmpfs that we may write")
    }

    /// For a folder that isn't in memory, in `TestPaths.disk`.
    package static var needsDisk: Self {
        .enabled(if: unsafe cvault_test_is_in_memory(TestPaths.disk) == 0, "\(TestPaths.disk) is in memory")
    }

    /// For what kills a command at a system call, or lists its calls.
    package static var needsStrace: Self {
        .enabled("strace isn't installed, or may trace nothing here") {
            await (try? Command("strace", ["-f", "-qq", "-o", "/dev/null", "/bin/true"]).run().exitCode) == 0
        }
    }

    /// For what counts instructions.
    package static var needsValgrind: Self {
        .enabled("valgrind isn't installed") {
            await (try? Command("valgrind", ["-q", "--tool=none", "/bin/true"]).run().exitCode) == 0
        }
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

extension TestPaths {
    /// Whether `memory` is what it should be.
    package static let hasMemory =
        unsafe cvault_test_is_in_memory(memory) == 1 && access(memory, W_OK | X_OK) == 0
}
