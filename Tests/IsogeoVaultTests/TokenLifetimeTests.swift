import Testing

@testable import IsogeoVault

@Suite struct TokenLifetimeTests {
    @Test(
        arguments: [
            // An hour: the skew is a minute.
            (3600, 0, 0, true), (3600, 3539, 0, true), (3600, 3540, 0, false), (3600, 3600, 0, false),
            // Short lives: a tenth.
            (100, 0, 0, true), (100, 89, 0, true), (100, 90, 0, false), (9, 8, 0, true), (9, 9, 0, false),
            (600, 539, 0, true), (600, 540, 0, false),
            // A minimum counts where it is more than the skew.
            (3600, 0, 3599, true), (3600, 0, 3600, false), (3600, 3539, 30, true), (3600, 3540, 30, false),
            (3600, 1800, 1799, true), (3600, 1800, 1800, false), (100, 0, 1000, false),
            // Asked for in the future: a minute's difference between clocks is taken, no more.
            (3600, -60, 0, true), (3600, -61, 0, false), (3600, -100_000, 0, false),
            // No life at all.
            (0, 0, 0, false), (0, -1, 0, false), (1, 0, 0, true),
        ] as [(Int64, Int64, Int64, Bool)]
    )
    func `usable is defined once`(_ granted: Int64, _ later: Int64, _ minimum: Int64, _ isUsable: Bool) {
        let lifetime = TokenLifetime(asked: 1_000_000, grantedSeconds: granted)
        #expect(lifetime.isUsable(at: 1_000_000 + later, minimum: minimum) == isUsable)
    }

    @Test func `no token lives longer than a day, or less than not at all`() {
        #expect(TokenLifetime(asked: 10, grantedSeconds: 86_400).seconds == 86_400)
        #expect(TokenLifetime(asked: 10, grantedSeconds: 86_401).seconds == 86_400)
        #expect(TokenLifetime(asked: 10, grantedSeconds: .max).expires == 86_410)
        #expect(TokenLifetime(asked: 10, grantedSeconds: -5).seconds == 0)
    }

    @Test func `a clock that was set back lengthens no life`() {
        let lifetime = TokenLifetime(asked: 1_000_000, grantedSeconds: 3600)
        #expect(lifetime.remaining(at: 1_000_000) == 3600)
        #expect(lifetime.remaining(at: 1_003_599) == 1)
        #expect(lifetime.remaining(at: 1_003_600) == 0)
        #expect(lifetime.remaining(at: 2_000_000) == 0)
        #expect(lifetime.remaining(at: 500_000) == 3600)
    }
}
