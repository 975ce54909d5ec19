import Foundation
import Glibc
import Testing
import VaultCrypto
import VaultSystem
import VaultTestSupport

@testable import VaultKeys

/// Secrets in a folder that others may write: they could exchange the file for another of ours, or take it away.
@Suite(.onItsOwnThread) struct SharedFolderTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var shared: UnsafePath { UnsafePath(path: folder.path, .sharedDirectory(mode: 0o777)) }

    @Test func `no key, passphrase or recovery code is read there`() throws {
        let key = try KeyFile.make(folder("key"))
        try folder.write("a passphrase", to: "passphrase")
        let text = RecoveryCode.random().text
        try folder.write(text.revealed, to: "code")
        #expect(try RecoveryCode.read(folder("code")).text.matches(text))
        try folder.setMode(0o777)
        defer { try? folder.setMode(0o700) }
        for policy in [FilePolicy.own, .shared] {
            #expect(
                failure { () throws(KeyError) in try KeyFile.read(folder("key"), policy: policy) }
                    == .unsafeFile(shared)
            )
            let source = PassphraseSource.file(folder("passphrase"), policy: policy)
            #expect(
                failure { () throws(KeyError) in _ = try source.read() } == .unsafeFile(shared, holding: .passphrase)
            )
        }
        #expect(
            failure { () throws(KeyError) in _ = try RecoveryCode.read(folder("code")) }
                == .unsafeFile(shared, holding: .recoveryCode)
        )
        #expect(SecretFile.fault(folder("key"), policy: .own, holding: .key) == .unsafeFile(shared))
        let remedy = KeyError.unsafeFile(shared).remedy
        #expect(remedy == "Close the folder to them: chmod go-w '\(folder.path)'.")
        // In a sticky folder, such as /tmp, what is ours stays ours.
        try folder.setMode(0o1777)
        #expect(try KeyFile.read(folder("key"), policy: .own).matches(key.key))
    }

    @Test func `no key file is made there, and none gets a new key`() throws {
        let path = folder("key")
        let made = try KeyFile.make(path)
        try folder.setMode(0o777)
        defer { try? folder.setMode(0o700) }
        #expect(failure { () throws(KeyError) in _ = try KeyFile.make(folder("other")) } == .unsafeFile(shared))
        let refusal = failure { () throws(KeyError) in
            _ = try KeyFileReplacement.make(
                path,
                holding: made.key,
                wrapping: .random(),
                of: .sample,
                id: [UInt8](repeating: 1, count: 16),
                now: 0
            )
        }
        #expect(refusal == .unsafeFile(shared))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["key"])
    }

    @Test func `an exchange that was begun isn't finished there`() throws {
        let path = folder("key")
        let made = try KeyFile.make(path)
        let (_, replacement) = try KeyFileReplacement.make(
            path,
            holding: made.key,
            wrapping: .random(),
            of: .sample,
            id: [UInt8](repeating: 1, count: 16),
            now: 0
        )
        try folder.setMode(0o777)
        #expect(!replacement.finish())
        #expect(FilePath.exists(replacement.pending))
        try folder.setMode(0o700)
        #expect(replacement.finish())
        #expect(!FilePath.exists(replacement.pending) && FilePath.exists(replacement.former))
    }
}
