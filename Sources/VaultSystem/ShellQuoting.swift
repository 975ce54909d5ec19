extension String {
    /// The text as one word of a POSIX shell, whatever stands in it: in single quotes, where nothing has a meaning.
    package var quotedForShell: String {
        "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// The same for people: left as it is where the shell takes it for a plain word anyway.
    package var shellWord: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "-_./@%+=:,".utf8.contains(byte)
                }
            }
        return isPlain ? self : quotedForShell
    }
}
