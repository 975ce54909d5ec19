// Makes a vault of many applications through the library: its files are read, checked, sealed and stored as `import`
// does it, in batches of ten thousand.
//
//     swift run --package-path Benchmarks --scratch-path .build-benchmarks -c release vault-of-many \
//         COUNT VAULT KEY-FILE
//
// Their names are application-1 and so on; each has a client_id and a secret of its own, and would be asked for at
// http://localhost:9/token. Nothing may lie at VAULT and KEY-FILE yet.

import Foundation
import IsogeoVault

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 3, let count = Int(arguments[1]), count > 0 else {
    FileHandle.standardError.write(Data("usage: vault-of-many COUNT VAULT KEY-FILE\n".utf8))
    exit(64)
}
let (path, keyFile) = (arguments[2], arguments[3])
let batch = 10_000
let file = FileManager.default.temporaryDirectory
    .appending(path: "client_secrets-\(ProcessInfo.processInfo.processIdentifier).json")
try Data().write(to: file)
// Data would sync each of them, which takes twice as long as everything else.
let writing = try FileHandle(forWritingTo: file)

/// The applications of these numbers, each by its own `client_secrets.json`.
func applications(_ numbers: Range<Int>) throws -> NewApplications {
    var applications = NewApplications()
    for number in numbers {
        let content = """
            {"web": {"client_id": "client-\(number)", "client_secret": "made-up-secret-of-\(number)", \
            "token_uri": "http://localhost:9/token"}}
            """
        try writing.truncate(atOffset: 0)
        try writing.write(contentsOf: Data(content.utf8))
        var options = NewApplication.Options()
        options.name = ApplicationName("application-\(number)")
        try applications.append(NewApplication(clientSecrets: file.path, options))
    }
    return applications
}

let began = ContinuousClock.now
var done = min(batch, count)
let vault = try await Vault.create(
    at: path,
    protectedBy: .keyFile(keyFile),
    importing: applications(1..<done + 1)
)
while done < count {
    let next = min(done + batch, count)
    _ = try await vault.add(applications(done + 1..<next + 1))
    done = next
    if done % 100_000 == 0 {
        FileHandle.standardError.write(Data("\(done) of \(count), \(ContinuousClock.now - began)\n".utf8))
    }
}
vault.close()
try FileManager.default.removeItem(at: file)
print("\(count) applications in \(ContinuousClock.now - began)")
