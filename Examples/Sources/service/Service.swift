import IsogeoVault
import Logging

/// A program that runs for weeks: before each piece of work it asks the vault, which asks the server when it must.
///
/// The vault is opened once, by what the environment names: `ISOGEO_VAULT_KEY_FILE`, or a credential of systemd's.
@main
struct Service {
    static func main() async throws {
        let logger = Logger(label: "service")
        let vault = try await Vault.open(logger: logger)
        defer { vault.close() }
        let worker = Worker(tokens: vault, logger: logger)
        try await worker.run()
    }
}

/// Takes whoever gives tokens, so that a test can hand it the fake of `IsogeoVaultTesting`.
struct Worker {
    let tokens: any TokenProviding
    let logger: Logger

    private static let pause = Duration.seconds(60)
    private static let longestPause = Duration.seconds(3600)

    /// Works until its task is cancelled, or until something has failed that only people can mend.
    func run() async throws {
        var pause = Self.pause
        while true {
            do {
                // Enough of a token's life for all of the work; not kept, since the vault does that better.
                let token = try await tokens.token(for: nil, TokenOptions(minimumLifetime: 120))
                try await work(token)
                pause = Self.pause
            } catch let error as VaultError {
                guard error.code == .tryAgain else {
                    logger.critical("\(error.sentence) \(error.remedy)", metadata: ["code": "\(error.code.name)"])
                    throw error
                }
                // The vault has tried three times itself: now it is for longer.
                pause = min(pause * 2, Self.longestPause)
                logger.warning("\(error.sentence)", metadata: ["pause": "\(pause)"])
            }
            try await Task.sleep(for: pause)
        }
    }

    private func work(_ token: AccessToken) async throws {
        logger.info(
            "working",
            metadata: ["application": "\(token.application)", "seconds": "\(token.remainingSeconds)"]
        )
    }
}
