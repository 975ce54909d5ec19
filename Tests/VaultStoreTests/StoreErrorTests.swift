import Glibc
import Testing

@testable import VaultStore

@Suite struct StoreErrorTests {
    private static let all: [(StoreError, StoreError.Category)] = [
        (.noVault(path: "/v"), .noVault),
        (.vaultExists(path: "/v"), .exists),
        (.nameExists, .exists),
        (.damaged(path: "/v", what: "a table is missing"), .damaged),
        (.notAVault(path: "/v"), .configuration),
        (.newerFormat(path: "/v", format: 2), .configuration),
        (.leftOverJournal(path: "/v"), .inputOutput),
        (.readOnly(path: "/v"), .inputOutput),
        (.io(path: "/v", action: "reading", errno: EIO, code: 266), .inputOutput),
        (.io(path: "/v", action: "reading", errno: 0, code: 13), .inputOutput),
        (.io(path: "/v", action: "opening", errno: EACCES, code: 14), .configuration),
        (.io(path: "/v", action: "opening", errno: EPERM, code: 0), .configuration),
        (.busy(path: "/v"), .tryAgain),
        (.changedMeanwhile, .tryAgain),
        (.replaced(path: "/v"), .tryAgain),
        (.leaseHeld(holder: 7), .tryAgain),
        (.leaseHeld(holder: nil), .tryAgain),
        (.leasesUnavailable(path: "/v.lock", errno: ENOLCK), .tryAgain),
        (.unacceptableRecord("too long"), .internal),
    ]

    private static let reasons: [PathFault.Reason] = [
        .notAFileName, .notAFolder, .foreignFolder(owner: 7), .sharedFolder(mode: 0o777), .symbolicLink,
        .notARegularFile, .foreignFile(owner: 7), .hardLinks(count: 2), .openToOthers(mode: 0o644), .exchanged,
    ]

    @Test func `each error has its category`() {
        for (error, category) in Self.all { #expect(error.category == category) }
        for reason in Self.reasons {
            #expect(StoreError.unsafePath(PathFault(path: "/v", reason)).category == .configuration)
        }
    }

    @Test func `each error is a sentence of its own and a next step`() {
        let errors = Self.all.map(\.0) + Self.reasons.map { StoreError.unsafePath(PathFault(path: "/v", $0)) }
        for error in errors {
            #expect(error.sentence.hasSuffix("."))
            #expect(error.remedy.count > 8)
        }
        #expect(Set(errors.map(\.sentence)).count == errors.count)
    }

    @Test func `numbers of the system become words`() {
        let sentence = StoreError.io(path: "/v", action: "writing", errno: ENOSPC, code: 13).sentence
        #expect(sentence == "/v: writing failed (No space left on device; SQLite 13: database or disk is full).")
    }

    @Test func `modes are written as chmod takes them, paths as a shell does`() {
        let fault = PathFault(path: "/home/it's me/v;rm", .openToOthers(mode: 0o644))
        #expect(fault.sentence == "/home/it's me/v;rm has mode 0644; it must not allow more than 0600.")
        #expect(fault.remedy == "chmod 600 '/home/it'\\''s me/v;rm'")
        #expect(PathFault(path: "/home/u/v", .sharedFolder(mode: 0o775)).remedy == "chmod go-w /home/u/v")
        // What is meant to be everybody's isn't taken away from them.
        #expect(!PathFault(path: "/tmp", .sharedFolder(mode: 0o1777)).remedy.contains("chmod"))
    }

    @Test(
        arguments: [
            (5, .tryAgain), (6, .tryAgain), (15, .tryAgain), (261, .tryAgain), (517, .tryAgain),
            (11, .damaged), (26, .damaged), (267, .damaged), (18, .damaged),
            (10, .inputOutput), (13, .inputOutput), (14, .inputOutput), (8, .inputOutput), (776, .inputOutput),
            (1032, .inputOutput), (7, .inputOutput),
            (2067, .exists), (787, .tryAgain), (275, .internal), (1299, .internal), (3091, .internal),
        ] as [(Int32, StoreError.Category)]
    )
    func `each result of SQLite means something`(_ code: Int32, _ category: StoreError.Category) {
        let error = unsafe StoreError.sqlite(code, on: nil, path: "/v", action: "writing")
        #expect(error.category == category)
    }

    @Test func `a journal that can't be rolled back is told from other read-only files`() {
        #expect(unsafe StoreError.sqlite(776, on: nil, path: "/v", action: "reading") == .leftOverJournal(path: "/v"))
        #expect(
            unsafe StoreError.sqlite(13, on: nil, path: "/v", action: "writing")
                == .io(path: "/v", action: "writing", errno: 0, code: 13)
        )
    }
}
