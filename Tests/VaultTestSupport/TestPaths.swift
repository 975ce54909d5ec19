package import Foundation

/// Where tests find what is not code.
package enum TestPaths {
    /// Vectors that stay outside of the project: `ISOGEO_VAULT_CORPORA`, else beside the checkout.
    package static var corpora: URL {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["ISOGEO_VAULT_CORPORA"] { return URL(filePath: path) }
        return URL(filePath: #filePath).appending(path: "../../../../shared/corpora").standardized
    }
}
