public import IsogeoVault
internal import Synchronization

/// Returns a test's answers, and records its callers; it has neither vault nor network.
public final class FakeTokenProvider: TokenProviding {
    /// The answer to one call.
    public enum Answer: Sendable {
        /// A token.
        case token(AccessToken)
        /// An error to throw.
        case failure(any Error)
    }

    /// The arguments of a call.
    public struct Call: Sendable, Hashable {
        /// The application; nil for the default one.
        public let application: ApplicationName?
        /// The options of the token.
        public let options: TokenOptions

        /// A call, to compare with.
        public init(application: ApplicationName? = nil, options: TokenOptions = TokenOptions()) {
            self.application = application
            self.options = options
        }
    }

    private let answers: [Answer]
    private let made = Mutex<[Call]>([])

    /// A fake that returns these answers in order, and then repeats the last one.
    public init(_ first: Answer = .token(.forTesting()), _ others: Answer...) { answers = [first] + others }

    /// The calls so far, in order.
    public var calls: [Call] { made.withLock { $0 } }

    /// The next answer.
    public func token(for name: ApplicationName?, _ options: TokenOptions) async throws -> AccessToken {
        let number = made.withLock { calls in
            calls.append(Call(application: name, options: options))
            return calls.count - 1
        }
        switch answers[min(number, answers.count - 1)] {
        case .token(let token): return token
        case .failure(let error): throw error
        }
    }
}
