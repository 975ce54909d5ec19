/// A call `token [NAME]` with no options but those of most jobs, read without the argument parser.
///
/// These are nearly all calls, and the parser would take more of their time than all else that is done for them.
package struct PlainTokenCall: Equatable, Sendable {
    package private(set) var application: String?
    /// `--vault`: its path.
    package private(set) var vault: String?
    /// `--key-file`: its path.
    package private(set) var keyFile: String?
    /// `--min-ttl`, in seconds.
    package private(set) var minimumLifetime = 0
    package private(set) var refreshes = false
    package private(set) var isQuiet = false
    package private(set) var mayAsk = true

    /// Reads the arguments after the program's name; nil for any other call, which the parser reads or refuses.
    package init?(_ arguments: [String]) {
        guard arguments.first == "token" else { return nil }
        var rest = arguments.dropFirst()
        /// The value of an option that wasn't given yet.
        func value(unless isGiven: Bool) -> String? {
            guard !isGiven, let value = rest.popFirst(), !value.isEmpty, !value.hasPrefix("-") else { return nil }
            return value
        }
        while let word = rest.popFirst() {
            switch word {
            case "--refresh": refreshes = true
            case "-q", "--quiet": isQuiet = true
            case "--no-prompt": mayAsk = false
            case "--vault":
                guard let path = value(unless: vault != nil) else { return nil }
                vault = path
            case "--key-file":
                guard let path = value(unless: keyFile != nil) else { return nil }
                keyFile = path
            case "--min-ttl":
                guard let text = value(unless: minimumLifetime > 0),
                    text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                    let seconds = Int(text), (1...86_400).contains(seconds)
                else { return nil }
                minimumLifetime = seconds
            default:
                guard application == nil, !word.hasPrefix("-") else { return nil }
                application = word
            }
        }
    }
}
