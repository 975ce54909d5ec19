internal import Glibc

/// Texts as execve(2) wants them: pointers, and NULL at the end.
@safe package struct CStringArray: ~Copyable {
    // Copies of ours, freed at the end; others' texts are only pointed at.
    private let owned: [UnsafeMutablePointer<CChar>]
    private let pointers: [UnsafeMutablePointer<CChar>?]

    package init(_ texts: [String]) {
        // strdup(3) fails where there is no memory at all; such a text is left out by C's own rule.
        unsafe owned = texts.compactMap { unsafe strdup($0) }
        unsafe pointers = unsafe owned + [nil]
    }

    /// Points at texts that stay where they are.
    init(borrowing texts: [UnsafeMutablePointer<CChar>]) {
        unsafe owned = []
        unsafe pointers = unsafe texts + [nil]
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
