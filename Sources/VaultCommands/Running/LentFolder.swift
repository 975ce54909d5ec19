internal import CVaultLinux
internal import Glibc
internal import IsogeoVault
internal import VaultCrypto

/// A folder of one program that `exec` starts, with one name in it: `client_secrets.json`.
///
/// It lies in `$XDG_RUNTIME_DIR`, which is in memory and goes with the session, and is named after its owner's process.
/// A program that we became leaves it behind, and so do we when we are killed: the next `exec` sweeps. With a secret in
/// it the folder is held by a lock as long as we live, which tells in other containers too.
struct LentFolder {
    private static let fileName = "client_secrets.json"

    private let folder: String
    /// What holds the lock, until our end closes it; -1 where there is none.
    private let descriptor: Int32
    /// What the program is told.
    var file: String { "\(folder)/\(Self.fileName)" }

    /// Makes it, empty, and sweeps what is left of others.
    ///
    /// - Parameter isHeld: for a file that is to go when we have ended, however that is.
    /// - Throws: `configuration` where there is no `XDG_RUNTIME_DIR` that will do; `inputOutput`.
    init(isHeld: Bool) throws(VaultError) {
        let base = try Self.runtimeFolder() + "/isogeo-vault-exec"
        guard unsafe mkdir(base, 0o700) == 0 || errno == EEXIST else { throw Self.failure(base, errno) }
        try Self.check(base, othersMay: 0)
        guard let owner = Owner.own else {
            throw VaultError(.configuration, "/proc can't be read.", remedy: "Mount it: mount -t proc proc /proc")
        }
        Self.sweep(base)
        guard isHeld else {
            (folder, descriptor) = ("\(base)/\(owner.name)", -1)
            guard unsafe mkdir(folder, 0o700) == 0 else { throw Self.failure(folder, errno) }
            return
        }
        // Whoever sweeps may find it before it is locked.
        for _ in 0..<100 {
            let folder = "\(base)/\(owner.name)-\(UInt64.random(in: .min ... .max))"
            guard unsafe mkdir(folder, 0o700) == 0 else { throw Self.failure(folder, errno) }
            let descriptor = Self.open(folder)
            if descriptor >= 0, Self.lock(descriptor), Self.isThere(folder, descriptor) {
                (self.folder, self.descriptor) = (folder, descriptor)
                return
            }
            let code = errno
            if descriptor >= 0 { close(descriptor) }
            unsafe rmdir(folder)
            guard code == EWOULDBLOCK || code == ENOENT else { throw Self.failure(folder, code) }
        }
        throw Self.failure(base, EBUSY)
    }

    private static func open(_ folder: String) -> Int32 {
        unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }

    private static func lock(_ descriptor: Int32) -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Whether the name still leads to what is open.
    private static func isThere(_ folder: String, _ descriptor: Int32) -> Bool {
        var (named, held) = (stat(), stat())
        guard unsafe lstat(folder, &named) == 0, unsafe fstat(descriptor, &held) == 0 else { return false }
        errno = ENOENT
        return named.st_ino == held.st_ino && named.st_dev == held.st_dev
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

    // All that is in it: whoever was killed while the file was written left a draft of another name.
    private static func remove(_ folder: String) {
        for name in names(in: folder) { unsafe unlink("\(folder)/\(name)") }
        unsafe rmdir(folder)
    }

    private static func sweep(_ base: String) {
        for name in names(in: base) {
            let folder = "\(base)/\(name)"
            guard let owner = Owner(name: name) else { continue }
            if owner.isGone { remove(folder) } else if owner.holds { removeAbandoned(folder) }
        }
    }

    /// Takes it away where whoever held it isn't there any more, wherever that was.
    private static func removeAbandoned(_ folder: String) {
        let descriptor = open(folder)
        guard descriptor >= 0 else { return }
        // Locked until it is gone: whoever has just made it then sees that, and makes another.
        defer { close(descriptor) }
        if lock(descriptor) { remove(folder) }
    }

    private static func names(in folder: String) -> [String] {
        let descriptor = open(folder)
        guard descriptor >= 0, let list = unsafe fdopendir(descriptor) else { return [] }
        defer { unsafe closedir(list) }
        var names: [String] = []
        while let entry = unsafe readdir(list) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Refuses now what would be refused when a secret is to be put there.
    static func checkPlace() throws(VaultError) { _ = try runtimeFolder() }

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
        try checkAncestors(of: folder)
        return folder
    }

    /// Refuses a way on which somebody else could put another folder in the place of the next, as a vault's is refused.
    private static func checkAncestors(of folder: String) throws(VaultError) {
        guard let resolved = unsafe realpath(folder, nil) else { throw failure(folder, errno) }
        defer { unsafe free(resolved) }
        var path = unsafe String(cString: resolved)[...]
        while let slash = path.lastIndex(of: "/"), path != "/" {
            path = slash == path.startIndex ? "/" : path[..<slash]
            var status = stat()
            guard unsafe stat(String(path), &status) == 0 else { throw failure(String(path), errno) }
            guard status.st_uid == geteuid() || status.st_uid == 0,
                status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0
            else {
                throw VaultError(
                    .configuration,
                    "In \(path) others could exchange the folder that XDG_RUNTIME_DIR names.",
                    remedy: "Set it to a folder of yours in folders that are yours or root's."
                )
            }
        }
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
    /// Whether it holds its folder by a lock.
    var holds = false

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
        guard parts.count == 3 || parts.count == 4, let process = pid_t(parts[0]), process > 0,
            let began = UInt64(parts[1]),
            let namespace = UInt64(parts[2])
        else { return nil }
        self.init(process: process, began: began, namespace: namespace)
        holds = parts.count == 4
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
