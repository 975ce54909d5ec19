internal import CVaultLinux
internal import Glibc

/// The environment of this process.
package enum Environment {
    /// The value of a variable; nil where it isn't set.
    package static func value(of name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    package static func isSet(_ name: String) -> Bool { unsafe getenv(name) != nil }

    /// Whether a variable is set and not empty.
    package static func hasValue(_ name: String) -> Bool { unsafe getenv(name).map { unsafe $0.pointee != 0 } ?? false }

    /// Lends the bytes of a value to be copied; nil where it isn't set.
    package static func withBytes<Result>(of name: String, _ body: (Span<UInt8>) -> Result) -> Result? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe UnsafeBufferPointer(start: value, count: strlen(value)).withMemoryRebound(to: UInt8.self) {
            unsafe body($0.span)
        }
    }

    /// Overwrites the values of all variables of a name where they lie: unsetenv(3) would leave them.
    package static func wipe(_ name: String) { unsafe cvault_wipe_variables(name) }

    /// All of it, `NAME=value` each, as C has it, without those of these names.
    package static func entries(without names: [String] = []) -> CStringArray {
        // NULL after clearenv(3), whatever its type says.
        guard unsafe UInt(bitPattern: environ) != 0 else { return unsafe CStringArray(borrowing: []) }
        let prefixes = names.map { $0 + "=" }
        var kept: [UnsafeMutablePointer<CChar>] = unsafe []
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            if !prefixes.contains(where: { unsafe strncmp(entry, $0, $0.utf8.count) == 0 }) {
                unsafe kept.append(entry)
            }
            unsafe next += 1
        }
        return unsafe CStringArray(borrowing: kept)
    }
}

/// The arguments of this process, as C was given them.
package enum Arguments {
    /// The arguments without the program's name; nil where there is not even a name.
    package static var current: [String]? {
        guard let arguments = unsafe cvault_arguments() else { return nil }
        var texts: [String] = []
        var index = 1
        while let argument = unsafe arguments[index] {
            unsafe texts.append(String(cString: argument))
            index += 1
        }
        return texts
    }
}
