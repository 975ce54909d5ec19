internal import VaultSystem

/// A progress line on a terminal, in the place of the one before; nothing elsewhere, and nothing with --quiet.
struct Progress {
    private let isShown: Bool
    private var last: ContinuousClock.Instant?

    init(_ context: CommandContext) {
        isShown = !context.vault.isQuiet && FileDescriptor(borrowing: 2).isTerminal()
    }

    /// Shows a line, unless the one before is so young that it couldn't have been read.
    mutating func show(_ text: String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if let last, now - last < .milliseconds(100) { return }
        last = now
        write("\r\u{1B}[K\(text.visible)")
    }

    /// Shows how many applications are done, of how many.
    mutating func show(applications done: Int, of all: Int64?) {
        guard isShown, done < all ?? .max else { return }
        show("\(done)\(all.map { " of \($0)" } ?? "") applications")
    }

    /// Clears the line, for what is said next.
    mutating func clear() {
        guard last != nil else { return }
        last = nil
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) { try? FileDescriptor(borrowing: 2).write(Array(text.utf8).span) }
}
