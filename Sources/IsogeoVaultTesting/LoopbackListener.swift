internal import Glibc
internal import Synchronization

/// A listening socket on 127.0.0.1, and the thread that serves it.
final class LoopbackListener: Sendable {
    let port: UInt16

    private let socket: Int32
    /// The reading end of a pipe, which is readable once the server should stop.
    private let stopping: Int32
    private let stopper: Mutex<Int32?>

    /// How long a client may take to send its request, or to read its answer, in milliseconds.
    private static let patience: Int32 = 10_000

    init() throws(TestingError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .last("pipe") }
        for end in ends { closeAtExec(end) }
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        socket = descriptor
        stopping = ends[0]
        stopper = Mutex(ends[1])
        // All properties are set before anything throws: `deinit` doesn't run for a value that isn't initialized.
        let bound = Result { () throws(TestingError) in try Self.listen(descriptor) }
        port = (try? bound.get()) ?? 0
        _ = try bound.get()
    }

    deinit {
        stop()
        if socket >= 0 { close(socket) }
        close(stopping)
    }

    /// Starts the thread, which keeps this object alive until it stops.
    func serve(_ script: ServerScript) throws(TestingError) {
        let work = unsafe Unmanaged.passRetained(Work(self, script))
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread,
            nil,
            { context in
                if let context = unsafe context { unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            },
            work.toOpaque()
        )
        guard status == 0 else {
            unsafe work.release()
            errno = status
            throw .last("pthread_create")
        }
        pthread_detach(thread)
    }

    func stop() {
        guard let end = stopper.withLock({ $0.take() }) else { return }
        _ = unsafe write(end, [0], 1)
        close(end)
        // Linux refuses connections to a listening socket after shutdown(2), even before it is closed.
        shutdown(socket, Int32(SHUT_RDWR))
    }

    private static func listen(_ descriptor: Int32) throws(TestingError) -> UInt16 {
        guard descriptor >= 0 else { throw .last("socket") }
        closeAtExec(descriptor)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                var count = socklen_t(MemoryLayout<sockaddr_in>.size)
                guard unsafe bind(descriptor, pointer, count) == 0 else { return Int32(-1) }
                return unsafe getsockname(descriptor, pointer, &count)
            }
        }
        guard status == 0, Glibc.listen(descriptor, 16) == 0 else { throw .last("listen") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// The work of the thread.
    private final class Work {
        private let listener: LoopbackListener
        private let script: ServerScript

        init(_ listener: LoopbackListener, _ script: ServerScript) {
            self.listener = listener
            self.script = script
        }

        func run() {
            while listener.wait(for: listener.socket, POLLIN, -1) {
                let connection = accept(listener.socket, nil, nil)
                guard connection >= 0 else { continue }
                closeAtExec(connection)
                _ = fcntl(connection, F_SETFL, O_NONBLOCK)
                listener.serve(connection, script)
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32, _ script: ServerScript) {
        guard let request = receive(connection) else { return }
        guard let answer = script.answer(request).bytes else {
            // Until the client sends more, or closes the connection.
            _ = wait(for: connection, POLLIN, -1)
            return
        }
        send(answer, connection)
    }

    private func receive(_ connection: Int32) -> HTTPRequest? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < HTTPRequest.sizeLimit {
            if let request = HTTPRequest(bytes) { return request }
            guard wait(for: connection, POLLIN, Self.patience) else { return nil }
            let count = unsafe read(connection, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
        return nil
    }

    private func send(_ bytes: [UInt8], _ connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty, wait(for: connection, POLLOUT, Self.patience) {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.send(connection, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits until a descriptor is ready; false when the time is up, or the server stops.
    private func wait(for descriptor: Int32, _ event: Int32, _ milliseconds: Int32) -> Bool {
        var polled = [
            pollfd(fd: descriptor, events: Int16(event), revents: 0),
            pollfd(fd: stopping, events: Int16(POLLIN), revents: 0),
        ]
        var ready: Int32
        repeat { ready = unsafe poll(&polled, 2, milliseconds) } while ready < 0 && errno == EINTR
        return ready > 0 && polled[1].revents == 0
    }
}

// A program that a test starts right before this call inherits the descriptor, which does no harm.
private func closeAtExec(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
