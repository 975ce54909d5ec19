extension Span<UInt8> {
    /// Runs `body` with a pointer for C, never NULL; reading `count` bytes behind it is allowed until `body` returns.
    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        unsafe withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                return unsafe withUnsafePointer(to: 0) { nothing in unsafe body(nothing) }
            }
            return unsafe body(base)
        }
    }
}

extension MutableSpan<UInt8> {
    /// Runs `body` with a pointer for C, never NULL; writing `count` bytes behind it is allowed until `body` returns.
    mutating func withPointer<Result>(_ body: (UnsafeMutablePointer<UInt8>) -> Result) -> Result {
        unsafe withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                var nothing: UInt8 = 0
                return unsafe body(&nothing)
            }
            return unsafe body(base)
        }
    }
}

extension OutputSpan<UInt8> {
    /// Appends each byte of `bytes`; there must be room.
    package mutating func append(contentsOf bytes: Span<UInt8>) {
        for index in bytes.indices { append(bytes[index]) }
    }
}
