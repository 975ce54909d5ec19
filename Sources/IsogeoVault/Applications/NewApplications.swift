internal import VaultCrypto
internal import VaultSystem

/// Applications to import together, in one transaction: all of them, or none.
///
/// Each secret is sealed when its application is appended, under a key that this value alone has, and is opened again
/// for the moment in which the vault seals it. So any number of them takes no more guarded memory than one, of which
/// a process may lock little.
public struct NewApplications: ~Copyable, Sendable {
    /// What became of an application.
    public enum Outcome: Sendable, Equatable {
        /// It is new in the vault.
        case added
        /// It took the place of one of its name, whose secret and tokens are gone.
        case replaced
        /// The vault has one of its name, which stays.
        case exists
    }

    private struct Element: Sendable {
        let publicPart: NewApplication.PublicPart
        let secret: SealedBox
        let proof: ProvenToken?
    }

    private let key = Subkey(bytes: .random(count: VaultKey.count))
    private var elements: [Element] = []
    private var taken: Set<ApplicationName> = []

    /// None yet.
    public init() {}

    /// How many they are.
    public var count: Int { elements.count }
    /// Their names, in the order in which they were appended.
    public var names: [ApplicationName] { elements.map(\.publicPart.name) }

    /// Appends an application, whose secret may then be forgotten.
    ///
    /// - Parameters:
    ///   - application: what is appended.
    ///   - proof: the token that proved it, which is kept; nil when it wasn't proven.
    /// - Throws: `exists` for a name that one of them has; `usage` for the proof of another application.
    public mutating func append(_ application: borrowing NewApplication, proven proof: ProvenToken? = nil)
        throws(VaultError)
    {
        try proof?.check(application)
        guard taken.insert(application.name).inserted else { throw VaultError(.applicationExists(application.name)) }
        let secret = application.withSecret { secret in
            secret.withBytes { key.seal($0, padding: .secret, authenticating: application.id) }
        }
        elements.append(Element(publicPart: application.publicPart, secret: secret, proof: proof))
        // This may be the program's own thread.
        SecretStack.wipe()
    }

    /// The application at a place, with its secret.
    package func application(at index: Int) -> NewApplication {
        let element = elements[index]
        let context = element.publicPart.id
        guard let secret = try? key.open(element.secret, padding: .secret, authenticating: context) else {
            preconditionFailure("a box that this process sealed doesn't open")
        }
        return NewApplication(element.publicPart, secret: secret)
    }

    func publicPart(at index: Int) -> NewApplication.PublicPart { elements[index].publicPart }
    func proof(at index: Int) -> ProvenToken? { elements[index].proof }
}
