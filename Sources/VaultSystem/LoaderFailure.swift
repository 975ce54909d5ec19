internal import Glibc

/// Why the dynamic loader didn't open a library: dlerror(3).
package enum LoaderFailure: Equatable, Sendable {
    /// There is none of that name.
    case missing
    /// This process has too little of what it takes.
    case limit(ResourceLimit)
    /// Anything else, such as a missing library that it needs, in the loader's words.
    case other(String)

    /// What the last dlopen(3) on this thread failed with.
    ///
    /// - Parameter name: what it was asked for.
    /// - Returns: its cause, read from the loader's words.
    package static func current(of name: String) -> LoaderFailure {
        LoaderFailure(name, words: unsafe dlerror().map { unsafe String(cString: $0) } ?? "")
    }

    /// The loader gives no numbers: its words end with those of an error number, where it had one.
    init(_ name: String, words: String) {
        if words == "\(name): cannot open shared object file: \(Errno.noEntry)" {
            self = .missing
        } else if let errno = [Errno.tooManyFiles, .tooManyFilesInSystem, .outOfMemory].first(where: {
            words.hasSuffix(": \($0)")
        }), let limit = errno.limit {
            self = .limit(limit)
        } else if words.hasSuffix("failed to map segment from shared object") {
            self = .limit(.memory)
        } else {
            self = .other(words)
        }
    }
}
