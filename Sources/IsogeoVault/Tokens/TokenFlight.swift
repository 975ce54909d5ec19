internal import Synchronization
internal import VaultHTTP
internal import VaultOAuth

/// A token request in flight, and the tasks of this process that wait for it.
///
/// Waiting tasks are suspended and hold no thread. A cancelled task leaves, and the request goes on for the others.
final class TokenFlight: Sendable {
    typealias Outcome = Result<TokenResult, VaultError>

    /// Whether it renews a token that callers still get, so that none has to wait.
    let isRenewal: Bool
    /// The cache's generation when it began; see `TokenCache.drop`.
    let generation: Int
    /// Ends the request.
    let interruption = Interruption()

    private struct State {
        var outcome: Outcome?
        var lastTicket = 0
        var tasks: [Int: CheckedContinuation<Outcome, Never>] = [:]
        /// The tickets of tasks that were cancelled before they began to wait.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    init(isRenewal: Bool, generation: Int) {
        self.isRenewal = isRenewal
        self.generation = generation
    }

    /// The number of waiting tasks.
    var waiterCount: Int { state.withLock { $0.tasks.count } }

    /// Waits until the flight is complete.
    ///
    /// - Returns: the token.
    /// - Throws: why there is none; `cancelled` as soon as the waiting task is.
    func outcome() async throws(VaultError) -> TokenResult {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (task: CheckedContinuation<Outcome, Never>) in
                if let outcome = enter(task, ticket) { task.resume(returning: outcome) }
            }
        } onCancel: {
            leave(ticket)?.resume(returning: .failure(.cancelled))
        }
        return try outcome.get()
    }

    /// Resumes all waiting tasks with the outcome.
    func complete(_ outcome: Outcome) {
        let tasks = state.withLock { state in
            state.outcome = outcome
            defer { state.tasks = [:] }
            return Array(state.tasks.values)
        }
        for task in tasks { task.resume(returning: outcome) }
    }

    /// The outcome, if the task needn't wait; nil after it was added to the waiting tasks.
    private func enter(_ task: CheckedContinuation<Outcome, Never>, _ ticket: Int) -> Outcome? {
        state.withLock { state in
            if let outcome = state.outcome { return outcome }
            guard state.cancelled.remove(ticket) == nil else { return .failure(.cancelled) }
            state.tasks[ticket] = task
            return nil
        }
    }

    private func leave(_ ticket: Int) -> CheckedContinuation<Outcome, Never>? {
        state.withLock { state in
            let task = state.tasks.removeValue(forKey: ticket)
            if task == nil { state.cancelled.insert(ticket) }
            return task
        }
    }
}
