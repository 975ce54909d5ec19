internal import Glibc

/// Texts as execve(2) wants them: pointers, and NULL at the end.
@safe package struct CStringArray: ~Copyable {
    // Copies of ours, freed at the end; others' texts are only pointed at.
    private let owned: [UnsafeMutablePointer<CChar>]
    private let pointers: [UnsafeMutablePointer<CChar>?]

    /// Copies texts.
    package init(_ texts: [String]) { unsafe self.init(texts, behind: []) }

    /// Copies texts that needn't be UTF-8; none has a NUL.
    package init(_ texts: [[UInt8]]) {
        unsafe owned = texts.compactMap { unsafe strdup($0.map { CChar(bitPattern: $0) } + [0]) }
        unsafe pointers = unsafe owned + [nil]
    }

    /// Copies texts, behind others that stay where they are.
    init(_ texts: [String] = [], behind others: [UnsafeMutablePointer<CChar>]) {
        // strdup(3) fails where there is no memory at all; such a text is left out.
        unsafe owned = texts.compactMap { unsafe strdup($0) }
        unsafe pointers = unsafe others + owned + [nil]
    }

    deinit {
        unsafe owned.forEach { unsafe free($0) }
    }

    package borrowing func withPointers<Result>(
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        // There is always the NULL.
        unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress.unsafelyUnwrapped) }
    }
}
