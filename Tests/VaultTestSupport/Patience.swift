package import Testing

/// How long tests wait for what is sure to come.
///
/// On a machine that has other things to do everything takes its time, a process without a processor among them: only
/// what hangs takes as long as this, and no test says how fast something is.
package enum Patience {
    /// The end of a wait.
    package static let end: Duration = .seconds(600)
    /// The end of a program that serves a test as long as the test likes, and should have been ended by it.
    package static let ofServers: Duration = .seconds(3600)
}

extension Trait where Self == TimeLimitTrait {
    /// For a test that would hang where it fails: longer than each of its waits.
    package static var endsSometime: Self { .timeLimit(.minutes(30)) }
}
