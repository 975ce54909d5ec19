internal import CVaultLinux
internal import Glibc
internal import IsogeoVault
internal import VaultCrypto

/// A folder of one program that `exec` starts, with one name in it: `client_secrets.json`.
///
/// It lies in `$XDG_RUNTIME_DIR`, which is in memory and goes with the session, and is named after its owner's process.
/// A program that we became leaves it behind, and so do we when we are killed: the next `exec` sweeps.
struct LentFolder {
    private static let fileName = "client_secrets.json"

    private let folder: String
    /// What the program is told.
    var file: String { "\(folder)/\(Self.fileName)" }

    /// Makes it, empty, and sweeps what is left of others.
    ///
    /// - Throws: `configuration` where there is no `XDG_RUNTIME_DIR` that will do; `inputOutput`.
    init() throws(VaultError) {
        let base = try Self.runtimeFolder() + "/isogeo-vault-exec"
        guard unsafe mkdir(base, 0o700) == 0 || errno == EEXIST else { throw Self.failure(base, errno) }
        try Self.check(base, othersMay: 0)
        guard let owner = Owner.own else {
            throw VaultError(.configuration, "/proc can't be read.", remedy: "Mount it: mount -t proc proc /proc")
        }
        Self.sweep(base)
        folder = "\(base)/\(owner.name)"
        guard unsafe mkdir(folder, 0o700) == 0 else { throw Self.failure(folder, errno) }
    }

    /// Puts a name there that leads to a descriptor of whoever looks.
    func link(to descriptor: Int32) throws(VaultError) {
        guard unsafe symlink("/proc/self/fd/\(descriptor)", file) == 0 else { throw Self.failure(file, errno) }
    }

    /// Puts a file there, mode 0600.
    func write(_ content: borrowing SecretBytes) throws(VaultError) {
        try content.withBytes { (content) throws(VaultError) in try ClearFile.make(file, content) }
    }

    /// Takes it away; what can't be taken away is swept later.
    func remove() { Self.remove(folder) }

    private static func remove(_ folder: String) {
        unsafe unlink("\(folder)/\(fileName)")
        unsafe rmdir(folder)
    }

    private static func sweep(_ base: String) {
        guard let list = unsafe opendir(base) else { return }
        defer { unsafe closedir(list) }
        while let entry = unsafe readdir(list) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
            }
            if let owner = Owner(name: name), owner.isGone { remove("\(base)/\(name)") }
        }
    }

    private static func runtimeFolder() throws(VaultError) -> String {
        guard let folder = unsafe getenv("XDG_RUNTIME_DIR").map({ unsafe String(cString: $0) }),
            folder.hasPrefix("/")
        else {
            throw VaultError(
                .configuration,
                "XDG_RUNTIME_DIR isn't set, and a secret in clear is put into no other folder.",
                remedy: "Set it to a folder of yours in memory, mode 0700, or use --sdk, which needs none."
            )
        }
        try check(folder, othersMay: 0o055)
        return folder
    }

    private static func check(_ folder: String, othersMay: mode_t) throws(VaultError) {
        var status = stat()
        guard unsafe lstat(folder, &status) == 0 else { throw failure(folder, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o077 & ~othersMay == 0
        else {
            throw VaultError(
                .configuration,
                "\(folder) isn't a folder of yours alone.",
                remedy: "Make it one, of mode 0700, or set XDG_RUNTIME_DIR to another."
            )
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> VaultError {
        VaultError(
            .inputOutput,
            "\(path) can't be made: \(unsafe String(cString: strerror(code))).",
            remedy: "Check the folder that XDG_RUNTIME_DIR names."
        )
    }
}

/// A process, told apart from those that had its number before: its number, when it began, and whose numbers these are.
private struct Owner: Equatable {
    let process: pid_t
    /// In ticks since the computer started, as the kernel counts them: execve(2) doesn't change it.
    let began: UInt64
    /// The namespace of process numbers: another container's processes can't be seen from here.
    let namespace: UInt64

    static var own: Owner? {
        guard let namespace, let began = start(of: getpid()) else { return nil }
        return Owner(process: getpid(), began: began, namespace: namespace)
    }

    private init(process: pid_t, began: UInt64, namespace: UInt64) {
        self.process = process
        self.began = began
        self.namespace = namespace
    }

    init?(name: String) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let process = pid_t(parts[0]), process > 0, let began = UInt64(parts[1]),
            let namespace = UInt64(parts[2])
        else { return nil }
        self.init(process: process, began: began, namespace: namespace)
    }

    var name: String { "\(process)-\(began)-\(namespace)" }

    /// Whether it is certain that it has ended.
    var isGone: Bool {
        guard namespace == Self.namespace else { return false }
        if kill(process, 0) != 0 { return errno == ESRCH }
        return Self.start(of: process).map { $0 != began } ?? false
    }

    private static var namespace: UInt64? {
        var status = stat()
        return unsafe stat("/proc/self/ns/pid", &status) == 0 ? UInt64(status.st_ino) : nil
    }

    /// proc_pid_stat(5): field 22; the second, a name that may hold anything, ends with the last bracket.
    private static func start(of process: pid_t) -> UInt64? {
        let file = unsafe open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(file, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
