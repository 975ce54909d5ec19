internal import IsogeoVault
internal import VaultCrypto
internal import VaultSystem

/// The environment of a program that `exec` starts: the one we were started with, without what opens the vault, and
/// with what the program is to get.
struct ChildEnvironment: ~Copyable {
    private var environment = Execution.Environment(removing: Unlocking.secretVariables)
    /// `NAME=secret` and a NUL, each: only guarded memory holds copies of the secret, until the kernel copies them.
    private var secrets = SecretBytes(capacity: 0) { _ in }
    private var secretOffsets: [Int] = []

    /// Removes variables.
    mutating func remove(_ names: some Sequence<String>) { environment.removed.formUnion(names) }

    /// Sets a variable that isn't secret.
    mutating func set(_ name: String, to value: String) {
        environment.removed.insert(name)
        environment.added.append("\(name)=\(value)")
    }

    /// Sets these variables to a secret; called once.
    mutating func set(_ names: [String], to secret: borrowing SecretBytes) {
        environment.removed.formUnion(names)
        let capacity = names.reduce(0) { $0 + $1.utf8.count + 2 + secret.count }
        var offsets: [Int] = []
        secrets = SecretBytes(capacity: capacity) { (output: inout OutputSpan<UInt8>) in
            for name in names {
                offsets.append(output.count)
                for byte in name.utf8 { output.append(byte) }
                output.append(UInt8(ascii: "="))
                secret.withBytes { bytes in
                    for index in bytes.indices { output.append(bytes[index]) }
                }
                output.append(0)
            }
        }
        secretOffsets = offsets
    }

    /// Replaces this process with the program; returns only if that fails, with the reason.
    borrowing func become(_ path: String, _ arguments: [[UInt8]]) -> Errno {
        secrets.withBytes { Execution.become(path, arguments, environment, secrets: $0, at: secretOffsets) }
    }

    /// Starts the program as a child.
    borrowing func start(_ path: String, _ arguments: [[UInt8]]) throws(Errno) {
        try secrets.withBytes { (secrets) throws(Errno) in
            try Execution.start(path, arguments, environment, secrets: secrets, at: secretOffsets)
        }
    }
}
