import Glibc
import Testing
import VaultSystem

@testable import VaultStore

@Suite struct StoreErrorTests {
    private static let all: [(StoreError, StoreError.Category)] = [
        (.noVault(path: "/v"), .noVault),
        (.vaultExists(path: "/v"), .exists),
        (.nameExists, .exists),
        (.damaged(path: "/v", .schemaDiffers(.missing(type: "table", name: "slot"))), .damaged),
        (.notAVault(path: "/v"), .configuration),
        (.newerFormat(path: "/v", format: 2), .configuration),
        (.leftOverJournal(path: "/v"), .inputOutput),
        (.readOnly(path: "/v"), .inputOutput),
        (.sqlite(path: "/v", .running, errno: Errno(EIO), code: 266), .inputOutput),
        (.sqlite(path: "/v", .running, errno: nil, code: 13), .inputOutput),
        (.sqlite(path: "/v", .opening, errno: .accessDenied, code: 14), .configuration),
        (.io(path: "/v", .opening, .notPermitted), .configuration),
        (.io(path: "/v", .opening, .tooManyFiles), .configuration),
        (.sqlite(path: "/v", .running, errno: .outOfMemory, code: 7), .configuration),
        (.noLocks(path: "/v"), .configuration),
        (.clockOutOfRange, .configuration),
        (.busy(path: "/v"), .tryAgain),
        (.changedMeanwhile, .tryAgain),
        (.replaced(path: "/v"), .tryAgain),
        (.leaseHeld(holder: 7), .tryAgain),
        (.leaseHeld(holder: nil), .tryAgain),
        (.leasesUnavailable(path: "/v.lock", Errno(ENOLCK)), .tryAgain),
        (.unacceptableRecord(.valueTooLong), .internal),
    ]

    private static let reasons: [UnsafePath.Reason] = [
        .notAFileName, .tooLong, .notADirectory, .foreignDirectory(owner: 7), .sharedDirectory(mode: 0o777),
        .sharedDirectory(mode: 0o777, owner: 0), .symbolicLink,
        .notARegularFile, .foreignFile(owner: 7), .hardLinks(count: 2), .openToOthers(mode: 0o644), .exchanged,
        .directory, .unexpanded(.home), .writableByOthers(mode: 0o664), .writableByOthers(mode: 0o664, owner: 0),
    ]

    @Test func `each error has its category`() {
        for (error, category) in Self.all { #expect(error.category == category) }
        for reason in Self.reasons {
            #expect(StoreError.unsafePath(UnsafePath(path: "/v", reason)).category == .configuration)
        }
    }

    @Test func `each error is a sentence of its own and a next step`() {
        let errors = Self.all.map(\.0) + Self.reasons.map { StoreError.unsafePath(UnsafePath(path: "/v", $0)) }
        for error in errors {
            #expect(error.sentence.hasSuffix("."))
            #expect(error.remedy.count > 8)
        }
        #expect(Set(errors.map(\.sentence)).count == errors.count)
    }

    @Test func `numbers of the system become words`() {
        let sentence = StoreError.sqlite(path: "/v", .running, errno: .noSpace, code: 13).sentence
        #expect(
            sentence == "/v: reading or writing failed (No space left on device; SQLite 13: database or disk is full)."
        )
    }

    @Test func `modes are written as chmod takes them, paths as a shell does`() {
        let fault = UnsafePath(path: "/home/it's me/v;rm", .openToOthers(mode: 0o644))
        #expect(fault.sentence == "/home/it's me/v;rm is open to others (mode 0644).")
        #expect(StoreError.unsafePath(fault).remedy == "chmod 600 '/home/it'\\''s me/v;rm'")
        func remedy(_ path: String, _ reason: UnsafePath.Reason) -> String {
            StoreError.unsafePath(UnsafePath(path: path, reason)).remedy
        }
        #expect(remedy("/home/u/v", .sharedDirectory(mode: 0o775)) == "chmod go-w /home/u/v")
        // A chmod is for the owner; others are told who that is, what is needed, and what they can do.
        let roots = remedy("/data", .sharedDirectory(mode: 0o2775, owner: 0))
        #expect(!roots.contains("chmod"))
        for word in ["root", "3775", "2755", "a folder of yours", "read-only"] { #expect(roots.contains(word)) }
        // What is meant to be everybody's isn't taken away from them.
        #expect(!remedy("/tmp", .sharedDirectory(mode: 0o1777)).contains("chmod"))
    }

    @Test(
        arguments: [
            (5, .tryAgain), (6, .tryAgain), (15, .tryAgain), (261, .tryAgain), (517, .tryAgain),
            (11, .damaged), (26, .damaged), (267, .damaged), (18, .damaged),
            (10, .inputOutput), (13, .inputOutput), (14, .inputOutput), (8, .inputOutput), (776, .inputOutput),
            (1032, .inputOutput), (7, .configuration), (3082, .configuration),
            (2067, .exists), (787, .tryAgain), (275, .internal), (1299, .internal), (3091, .internal),
        ] as [(Int32, StoreError.Category)]
    )
    func `each result of SQLite means something`(_ code: Int32, _ category: StoreError.Category) {
        let error = unsafe StoreError.sqlite(code, on: nil, path: "/v", .running)
        #expect(error.category == category)
    }

    @Test func `a journal that can't be rolled back is told from other read-only files`() {
        #expect(unsafe StoreError.sqlite(776, on: nil, path: "/v", .running) == .leftOverJournal(path: "/v"))
        #expect(
            unsafe StoreError.sqlite(13, on: nil, path: "/v", .running)
                == .sqlite(path: "/v", .running, errno: nil, code: 13)
        )
    }
}
