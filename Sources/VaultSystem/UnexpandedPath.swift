/// A path that a shell would have changed, and that came without one: from an env file, a unit, `--vault=~/v.db`.
///
/// Taken as it is, it would make a folder named `~`. To mean that one, write `./~/v.db`.
package enum UnexpandedPath: Equatable, Sendable {
    /// It begins with `~/` or `~user/`.
    case home
    /// It begins with `$NAME/` or `${NAME}/`.
    case variable
    /// It begins and ends with the same quotation mark.
    case quoted
    /// It ends with the carriage return of a line from Windows.
    case carriageReturn

    /// Nil for a path that can be meant as it is.
    package init?(_ path: String) {
        let bytes = path.utf8
        if bytes.last == 0x0D {
            self = .carriageReturn
        } else if path == "~" || (path.first == "~" && bytes.contains(UInt8(ascii: "/"))) {
            self = .home
        } else if path.first == "$", bytes.contains(UInt8(ascii: "/")) {
            self = .variable
        } else if bytes.count > 1, bytes.first == bytes.last, ["\"", "'"].contains(path.first) {
            self = .quoted
        } else {
            return nil
        }
    }
}
