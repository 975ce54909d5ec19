internal import Glibc
internal import IsogeoVault

/// Where a credential is read from.
enum ImportSource: Sendable {
    case file(String)
    case environment

    /// A file, or the `.json` and `.ini` files of a folder, by name.
    static func sources(_ path: String) throws(VaultError) -> [ImportSource] {
        guard path != "-", let folder = unsafe opendir(path) else { return [.file(path)] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
            }
            if !name.hasPrefix("."), name.hasSuffix(".json") || name.hasSuffix(".ini") { names.append(name) }
        }
        guard !names.isEmpty else {
            throw VaultError(
                .inputNotAcceptable,
                "The folder \(path) holds no .json or .ini file.",
                remedy: "Name the files themselves."
            )
        }
        return names.sorted().map { .file("\(path)/\($0)") }
    }

    /// What people call it.
    var name: String {
        switch self {
        case .file("-"): "standard input"
        case .file(let path): path
        case .environment: "the environment"
        }
    }

    func read(_ options: NewApplication.Options) throws(VaultError) -> NewApplication {
        switch self {
        case .file(let path): try NewApplication(clientSecrets: path, options)
        case .environment: try NewApplication(fromEnvironment: options)
        }
    }
}
