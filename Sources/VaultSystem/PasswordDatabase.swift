internal import Glibc

/// What the system knows of its users: getpwuid_r(3).
package enum PasswordDatabase {
    /// The home of the user that we are; nil where there is no such entry, as in containers with a number of their own.
    package static var home: String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 * 1024) { buffer in
            var entry = unsafe passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard let start = buffer.baseAddress,
                unsafe getpwuid_r(geteuid(), &entry, start, buffer.count, &found) == 0,
                unsafe found != nil, let home = unsafe entry.pw_dir
            else { return nil }
            return unsafe String(cString: home)
        }
    }
}
