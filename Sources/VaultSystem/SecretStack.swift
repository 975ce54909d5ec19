internal import CVaultLinux

/// Stacks of our own for work on secrets: left out of core dumps, locked where they are mostly used, and wiped.
///
/// Compiled code keeps pieces of what it works on in its frames and in vector registers, and says nothing of it. What
/// saves registers later, a signal or the first call of a library's function, writes them to wherever the stack is.
package enum SecretStack {
    /// Runs `body` on such a stack, and wipes what it left there and in the registers.
    ///
    /// On such a stack already, it stays. Where there is no memory for another one, `body` runs on the present one.
    package static func run<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        var result: Result<Value, Failure>?
        withoutActuallyEscaping(body) { body in
            var work = { result = Result { () throws(Failure) in try body() } }
            unsafe withUnsafeMutablePointer(to: &work) { work in
                unsafe cvault_on_secret_stack({ unsafe $0?.assumingMemoryBound(to: (() -> Void).self).pointee() }, work)
            }
        }
        guard let result else { preconditionFailure("the body runs before C returns") }
        return try result.get()
    }

    /// Wipes what the calls that have returned left on this stack, if it is one of ours, and in the registers.
    package static func wipe() { cvault_wipe_secret_stack() }
}
