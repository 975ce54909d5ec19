public import IsogeoVault
internal import Synchronization

/// Gives out what a test has written down, and notes who asked; there is no vault and no network behind it.
public final class FakeTokenProvider: TokenProviding {
    /// What is given to one caller.
    public enum Answer: Sendable {
        /// A token.
        case token(AccessToken)
        /// An error, which is thrown.
        case failure(any Error)
    }

    /// How it was asked.
    public struct Call: Sendable, Hashable {
        /// Whose token; nil where nobody was named.
        public let application: ApplicationName?
        /// What was said of the token.
        public let options: TokenOptions

        /// A call, to compare with.
        public init(application: ApplicationName? = nil, options: TokenOptions = TokenOptions()) {
            self.application = application
            self.options = options
        }
    }

    private let answers: [Answer]
    private let made = Mutex<[Call]>([])

    /// A fake that gives these answers in their order, and the last one for ever.
    public init(_ first: Answer = .token(.forTesting()), _ others: Answer...) { answers = [first] + others }

    /// The calls so far, in their order.
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
