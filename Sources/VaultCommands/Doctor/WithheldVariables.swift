internal import Synchronization

/// The variables that this process took out of its environment before it read anything; `doctor` tells of them.
package enum WithheldVariables {
    private static let noted = Mutex<[String]>([])

    static var names: [String] { noted.withLock { $0 } }

    package static func note(_ name: String) { noted.withLock { $0.append(name) } }
}
