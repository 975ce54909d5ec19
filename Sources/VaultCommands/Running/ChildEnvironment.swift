internal import CVaultLinux
internal import Glibc
internal import IsogeoVault
internal import VaultCrypto

/// The environment of a program that `exec` starts: ours as we were started with it, without what opens the vault, and
/// with what the program is given.
struct ChildEnvironment: ~Copyable {
    private var given: [String] = []
    private var taken = Unlocking.secretVariables
    /// `NAME=secret` and a NUL, each; a secret is copied into guarded memory alone, and from there by the kernel.
    private var secrets = SecretBytes(capacity: 0) { _ in }
    private var secretOffsets: [Int] = []

    /// Takes variables away, whatever they were.
    mutating func remove(_ names: some Sequence<String>) { taken.formUnion(names) }

    /// Gives a variable that is no secret.
    mutating func set(_ name: String, to value: String) {
        taken.insert(name)
        given.append("\(name)=\(value)")
    }

    /// Gives a secret under these names; called once.
    mutating func set(_ names: [String], to secret: borrowing SecretBytes) {
        taken.formUnion(names)
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

    /// Lends it as C takes it, NULL at the end.
    borrowing func withEntries(_ body: ([UnsafeMutablePointer<CChar>?]) -> Int32) -> Int32 {
        let copies = unsafe given.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        let inherited = unsafe inherited
        return secrets.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                let secrets = unsafe secretOffsets.map { offset in
                    unsafe bytes.baseAddress.map { base in
                        // execve(2) reads them, whatever C says of its arguments.
                        unsafe UnsafeMutableRawPointer(mutating: base + offset).assumingMemoryBound(to: CChar.self)
                    }
                }
                return unsafe body(inherited + copies + secrets + [nil])
            }
        }
    }

    /// What we were started with, that which was taken away for our own sake included.
    private var inherited: [UnsafeMutablePointer<CChar>?] {
        // NULL after clearenv(3), whatever its type says.
        let ours = unsafe UInt(bitPattern: environ) == 0 ? [] : Self.entries(environ)
        let setAside = unsafe cvault_variables_set_aside().map { unsafe Self.entries($0) } ?? []
        return unsafe (ours + setAside).filter { entry in unsafe entry.map { unsafe !isTaken($0) } ?? false }
    }

    private func isTaken(_ entry: UnsafeMutablePointer<CChar>) -> Bool {
        taken.contains { name in
            let length = name.utf8.count
            return unsafe strncmp(entry, name, length) == 0 && entry[length] == CChar(UInt8(ascii: "="))
        }
    }

    private static func entries(_ list: UnsafePointer<UnsafeMutablePointer<CChar>?>)
        -> [UnsafeMutablePointer<CChar>?]
    {
        var entries: [UnsafeMutablePointer<CChar>?] = unsafe []
        var next = unsafe list
        while let entry = unsafe next.pointee {
            unsafe entries.append(entry)
            unsafe next += 1
        }
        return unsafe entries
    }
}
