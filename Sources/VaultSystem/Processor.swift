internal import CVaultLinux
internal import Glibc

/// The processors of this computer.
package enum Processor {
    /// The number of the one that this thread is on, from 0; a moment later it may be on another.
    ///
    /// glibc reads it from memory that it shares with the kernel, without a system call.
    package static var current: Int { max(0, Int(cvault_processor())) }

    /// How many there may be, switched off ones included: sysconf(3).
    package static let count = max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))
}
