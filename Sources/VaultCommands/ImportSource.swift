internal import IsogeoVault
internal import VaultSystem

/// Where `import` and `token` read a credential.
enum ImportSource: Sendable {
    case file(String)
    case environment

    /// A file, or the `.json` and `.ini` files of a folder, sorted by name; a FIFO there would be waited for.
    static func sources(_ path: String) throws(VaultError) -> [ImportSource] {
        guard path != "-", let all = try? Directory.named(path).names() else { return [.file(path)] }
        let names = all.filter { name in
            !name.hasPrefix(".") && (name.hasSuffix(".json") || name.hasSuffix(".ini"))
                && (try? FileStatus(of: "\(path)/\(name)", followsLink: true))?.kind == .regular
        }
        guard !names.isEmpty else { throw VaultError(.noFileInFolder(path: path)) }
        return names.map { .file("\(path)/\($0)") }
    }

    /// Its name in messages.
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
