internal import CVaultCurl

/// How a server is reached.
package struct ConnectionSettings: Sendable {
    /// How long a request may take by default.
    package static let timeLimit = Duration.seconds(30)

    /// How long a connection may take to come about.
    package var connectTimeLimit: Duration
    /// How long a whole request may take, with its further tries and the pauses between.
    package var timeLimit: Duration
    /// Certificates that take the place of the system's.
    package var caFile: CAFile?
    /// A proxy for https where the environment names none.
    package var proxy: ProxyAddress?
    /// Lets another thread end the request.
    package var interruption: Interruption?
    /// Whether the secret may go over plain http to a program of another user on this computer.
    package var acceptsForeignListener = false

    package init(
        connectTimeLimit: Duration = .seconds(10),
        timeLimit: Duration = ConnectionSettings.timeLimit,
        caFile: CAFile? = nil,
        proxy: ProxyAddress? = nil,
        interruption: Interruption? = nil
    ) {
        self.connectTimeLimit = connectTimeLimit
        self.timeLimit = timeLimit
        self.caFile = caFile
        self.proxy = proxy
        self.interruption = interruption
    }
}

/// Lets another thread end a request, about a second later.
@safe
// @unchecked: the pointer never changes, and what it points to is read and written atomically, by C.
package final class Interruption: @unchecked Sendable {
    let flag: UnsafeMutablePointer<CInt>

    package init() {
        unsafe flag = .allocate(capacity: 1)
        unsafe flag.initialize(to: 0)
    }

    deinit { unsafe flag.deallocate() }

    package func interrupt() { unsafe cvault_flag_raise(flag) }

    package var isInterrupted: Bool { unsafe cvault_flag_is_raised(flag) != 0 }
}
