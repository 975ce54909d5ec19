internal import Synchronization

/// What the executable did for its secrets before it read anything; `doctor` reports it.
package enum Hardening {
    private struct State {
        var withheldVariables: [String] = []
        var wipesFreedMemory = true
    }

    private static let state = Mutex(State())

    /// The variables that were taken out of the environment.
    static var withheldVariables: [String] { state.withLock { $0.withheldVariables } }

    /// Whether what is freed is wiped first: not with every allocator that `LD_PRELOAD` can put in glibc's place.
    static var wipesFreedMemory: Bool { state.withLock { $0.wipesFreedMemory } }

    /// Records a variable that was taken out of the environment.
    package static func withheld(_ name: String) { state.withLock { $0.withheldVariables.append(name) } }

    /// Records whether what is freed is wiped.
    package static func wipesFreedMemory(_ wipes: Bool) { state.withLock { $0.wipesFreedMemory = wipes } }
}
