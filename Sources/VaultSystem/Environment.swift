internal import CVaultLinux
internal import Glibc

/// The environment of this process.
package enum Environment {
    /// The value of a variable; nil where it isn't set.
    package static func value(of name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// The first of these variables whose value is no UTF-8, so that `value` would be another one.
    package static func firstNotText(among names: [String]) -> (name: String, value: [UInt8])? {
        for name in names where withBytes(of: name, { (try? UTF8Span(validating: $0)) == nil }) == true {
            return (name, withBytes(of: name) { bytes in bytes.indices.map { bytes[$0] } } ?? [])
        }
        return nil
    }

    package static func isSet(_ name: String) -> Bool { unsafe getenv(name) != nil }

    /// Whether a variable is set and not empty.
    package static func hasValue(_ name: String) -> Bool { unsafe getenv(name).map { unsafe $0.pointee != 0 } ?? false }

    /// Runs `body` with the bytes of a value, to copy them; nil where it isn't set.
    package static func withBytes<Result: ~Copyable>(of name: String, _ body: (Span<UInt8>) -> Result) -> Result? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe UnsafeBufferPointer(start: value, count: strlen(value)).withMemoryRebound(to: UInt8.self) {
            unsafe body($0.span)
        }
    }

    /// Overwrites the values of all variables of a name where they lie: unsetenv(3) would leave them.
    package static func wipe(_ name: String) { unsafe cvault_wipe_variables(name) }

    /// All of it, `NAME=value` each, without those of these names.
    package static func entries(without names: Set<String> = []) -> CStringArray {
        unsafe CStringArray(behind: list(environ).filter { unsafe !isNamed($0, names) })
    }

    /// The same, and what this process has set aside for its own sake.
    static func inherited(without names: Set<String>) -> [UnsafeMutablePointer<CChar>] {
        let setAside = unsafe cvault_variables_set_aside().map { unsafe list($0) } ?? []
        return unsafe (list(environ) + setAside).filter { unsafe !isNamed($0, names) }
    }

    private static func isNamed(_ entry: UnsafeMutablePointer<CChar>, _ names: Set<String>) -> Bool {
        names.contains { name in
            let length = name.utf8.count
            return unsafe strncmp(entry, name, length) == 0 && entry[length] == CChar(UInt8(ascii: "="))
        }
    }

    private static func list(_ entries: UnsafePointer<UnsafeMutablePointer<CChar>?>)
        -> [UnsafeMutablePointer<CChar>]
    {
        // environ is NULL after clearenv(3), whatever its type says.
        guard UInt(bitPattern: entries) != 0 else { return unsafe [] }
        var list: [UnsafeMutablePointer<CChar>] = unsafe []
        var next = unsafe entries
        while let entry = unsafe next.pointee {
            unsafe list.append(entry)
            unsafe next += 1
        }
        return unsafe list
    }
}

/// The arguments of this process, as C was given them.
package enum Arguments {
    /// The arguments without the program's name; nil where there is not even a name.
    ///
    /// What isn't UTF-8 in them is replaced: `bytes` has them as they are.
    package static var current: [String]? { bytes.map { $0.map { String(decoding: $0, as: UTF8.self) } } }

    /// The same, byte by byte.
    package static var bytes: [[UInt8]]? {
        guard let arguments = unsafe cvault_arguments() else { return nil }
        var all: [[UInt8]] = []
        var index = 1
        while let argument = unsafe arguments[index] {
            let bytes = unsafe UnsafeRawBufferPointer(start: argument, count: strlen(argument))
            unsafe all.append(Array(bytes))
            index += 1
        }
        return all
    }

    /// The bytes of the last arguments, of which a parser has made these texts; those of the texts themselves where
    /// they come from elsewhere.
    package static func bytes(endingWith texts: [String]) -> [[UInt8]] {
        let last = bytes?.suffix(texts.count) ?? []
        guard last.map({ String(decoding: $0, as: UTF8.self) }) == texts else { return texts.map { Array($0.utf8) } }
        return Array(last)
    }
}

extension [UInt8] {
    /// Whether a `String` holds the same bytes.
    package var isUTF8: Bool { String(validating: self, as: UTF8.self) != nil }

    /// For people: bytes that aren't ASCII's visible ones as `\xE9`, the way shells take them in `$'…'`.
    package var escaped: String {
        var text = ""
        for byte in self {
            let isVisible = (0x20...0x7E).contains(byte)
            text += isVisible ? "\(UnicodeScalar(byte))" : "\\x\(HexadecimalDigits.text([byte]).uppercased())"
        }
        return text
    }
}

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
