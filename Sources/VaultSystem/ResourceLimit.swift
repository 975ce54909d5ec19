internal import Glibc

/// What a process can have too little of: getrlimit(2), and the limits of a service or container.
package enum ResourceLimit: Equatable, Sendable {
    case openFiles, memory, threads

    /// What a request takes at most at one time, with room to spare.
    private static let files = 8

    /// What this process has too little of, found by trying to have it.
    ///
    /// libcurl and OpenSSL tell of a lack as what it kept them from: a name without an address, a file without a
    /// certificate. To be asked after such a failure alone, because the tries cost some 100 µs.
    ///
    /// - Parameter bytes: how much memory is wanted; as a rule that of one more thread and its buffers.
    /// - Returns: nil where there is enough.
    package static func reached(needing bytes: Int = 16 << 20) -> ResourceLimit? {
        guard hasFiles() else { return .openFiles }
        guard hasMemory(bytes) else { return .memory }
        return hasThread() ? nil : .threads
    }

    private static func hasFiles() -> Bool {
        var opened: [Int32] = []
        defer { for number in opened { close(number) } }
        while opened.count < files {
            // A socket first: a sandbox may refuse those alone.
            let number =
                opened.isEmpty
                ? socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                : unsafe Glibc.open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard number >= 0 else { return Errno.current.limit != .openFiles }
            opened.append(number)
        }
        return true
    }

    /// Whether the address space of this process is limited, and has less than this left: where malloc(3) gives nothing
    /// Swift's runtime dies of a signal.
    package static func lacksMemory(_ bytes: Int) -> Bool { limitsMemory && !hasMemory(bytes) }

    /// Whether the address space of this process is limited.
    package static var limitsMemory: Bool {
        var limit = rlimit()
        return unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 && limit.rlim_cur != .max
    }

    /// Whether this process could map so many bytes at once.
    package static func hasMemory(_ bytes: Int) -> Bool {
        let memory = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard unsafe memory != MAP_FAILED else { return false }
        unsafe munmap(memory, bytes)
        return true
    }

    private static func hasThread() -> Bool {
        var thread = pthread_t()
        guard unsafe pthread_create(&thread, nil, { _ in nil }, nil) == 0 else { return false }
        pthread_join(thread, nil)
        return true
    }
}

extension Errno {
    /// The limit that it tells of; nil for another failure.
    package var limit: ResourceLimit? {
        switch self {
        case .tooManyFiles, .tooManyFilesInSystem: .openFiles
        case .outOfMemory: .memory
        default: nil
        }
    }

    /// Whether this computer's settings are to be changed, rights or limits, rather than a disk or a file.
    package var isAboutConfiguration: Bool { isAboutPermissions || limit != nil }
}
