import Testing
import VaultCrypto
import VaultHTTP
import VaultSystem

@testable import VaultOAuth

@Suite struct OAuthErrorTests {
    private static let none = ServerError(code: nil, description: nil)

    private static let all: [OAuthError] =
        EndpointProblem.allCases.map { .endpoint($0) } + ForeignFile.allCases.map { .clientSecrets(.foreign($0)) }
        + Placeholder.allCases.map { .clientSecrets(.placeholder(.clientSecret, $0)) }
        + CredentialsProblem.allCases.map { .credentials($0) }
        + TLSProblem.allCases.map { .tls($0) } + ReservedParameter.allCases.map { .parameters(.reserved($0)) }
        + others + proxyCauses.map { .proxy(ProxyProblem(proxy: "proxy.example:3128 (https_proxy)", cause: $0)) }

    private static let foreign = UnsafePath(path: "a", .foreignFile(owner: 1))

    private static let others: [OAuthError] = [
        .clientSecrets(.emptyFile), .clientSecrets(.tooLarge(limit: 1)), .clientSecrets(.utf16),
        .clientSecrets(.notJSON(.init(reason: .comment, line: 1, column: 2))), .clientSecrets(.iniFile),
        .clientSecrets(.notAnObject), .clientSecrets(.headCutOff), .clientSecrets(.apiEntity),
        .clientSecrets(.serviceAccount), .clientSecrets(.authorizedUser), .clientSecrets(.noApplication),
        .clientSecrets(.severalApplications), .clientSecrets(.userApplication), .clientSecrets(.missing(.clientID)),
        .clientSecrets(.empty(.clientID)), .clientSecrets(.wrongType(.scopes)), .clientSecrets(.tooLong(.kind)),
        .clientSecrets(.character(.kind, .init("\u{1B}", at: 1))),
        .clientSecrets(.notJSON(.init(reason: .nulCharacter, line: 1, column: 2))),
        .clientSecrets(.iniLine(1, .noValue)), .clientSecrets(.notUTF8(.clientID)),
        .parameters(.invalidScope), .parameters(.emptyName), .parameters(.controlCharacter), .parameters(.repeated),
        .parameters(.tooLong(limit: 1)), .configuration(.keyLogging), .configuration(.libraryMissing),
        .configuration(.libraryNotLoaded("why")), .configuration(.limit(.memory)), .configuration(.clockOutOfRange),
        .configuration(.libraryTooOld(version: "7.68.0")), .configuration(.libraryWithoutOpenSSL),
        .configuration(.libraryUnusable(option: 1)), .configuration(.caFileMissing(path: "a")),
        .configuration(.caFileUnreadable(path: "a", errno: .accessDenied)),
        .configuration(.caFileInvalid(path: "a")), .configuration(.unsafeCAFile(Self.foreign)),
        .configuration(.caFileTooLarge(path: "a")), .configuration(.foreignListener(port: 1, owner: 7)),
        .configuration(.foreignListener(port: 1, owner: nil)), .configuration(.invalidProxy),
        .connection(.foreignTransport), .connection(.nameResolution),
        .connection(.refused), .connection(.unreachable(Errno(113))),
        .connection(.unreachable(nil)), .connection(.broken), .connection(.timedOut),
        .connection(.notHTTP),
        .connection(.interrupted), .connection(.other(code: 2)), .answer(.refused(status: 401, none)),
        .answer(.throttled(notBefore: 0)), .answer(.throttled(notBefore: nil)), .answer(.requestTimeout),
        .answer(.serverFault(status: 500, notBefore: nil, none)), .answer(.redirect(host: "a.example")),
        .answer(.redirect(host: nil)), .answer(.proxyAuthentication), .answer(.rejected(status: 404, none)),
        .answer(.empty(status: 200)), .answer(.notJSON(status: 200, .init(reason: .empty, line: 1, column: 1))),
        .answer(.notAnObject), .answer(.tooLarge(limit: 1)), .answer(.headersTooLarge(limit: 1)),
        .answer(.transferEncoding), .answer(.tokenMissing), .answer(.tokenUnreadable),
        .answer(.tokenTooLong(limit: 1)),
        .answer(.tokenIsSecret), .answer(.notBearer), .answer(.lifetimeUnreadable),
    ]

    private static let proxyCauses: [ProxyProblem.Cause] = [
        .connection(.nameResolution), .connection(.refused), .connection(.unreachable(Errno(113))),
        .connection(.unreachable(nil)), .connection(.broken), .connection(.timedOut), .connection(.notHTTP),
        .tls(.expired), .authentication, .answered(status: 503), .answered(status: 403), .noWay,
    ]

    @Test func `each error is a sentence and a next step`() {
        for error in Self.all {
            for text in [error.sentence, error.remedy] {
                #expect(
                    text.first?.isUppercase == true || text.hasPrefix("libcurl") || text.hasPrefix("SSLKEYLOGFILE"),
                    "\(text)"
                )
                #expect(text.hasSuffix("."), "\(text)")
                #expect(!text.contains("\n"))
                #expect(!text.contains("Optional("))
            }
        }
        #expect(Set(Self.all.map(\.sentence)).count == Self.all.count)
    }

    @Test func `each kind of failure is of its category`() {
        #expect(OAuthError.clientSecrets(.utf16).category == .file)
        #expect(OAuthError.endpoint(.plainHTTP).category == .file)
        #expect(OAuthError.answer(.refused(status: 401, Self.none)).category == .refused)
        for error: OAuthError in [
            .connection(.nameResolution), .connection(.refused), .connection(.broken), .connection(.timedOut),
            .answer(.throttled(notBefore: nil)), .answer(.requestTimeout),
            .answer(.serverFault(status: 501, notBefore: nil, Self.none)), .connection(.interrupted),
        ] {
            #expect(error.category == .unavailable)
        }
        for error: OAuthError in [
            .tls(.expired), .answer(.redirect(host: nil)), .answer(.proxyAuthentication), .connection(.notHTTP),
            .answer(.rejected(status: 404, Self.none)), .answer(.tooLarge(limit: 1)), .answer(.notBearer),
        ] {
            #expect(error.category == .unacceptableAnswer)
        }
        #expect(OAuthError.configuration(.keyLogging).category == .configuration)
    }

    @Test func `a library that won't do names the package`() {
        for problem: ConfigurationProblem in [.libraryMissing, .libraryTooOld(version: "1"), .libraryWithoutOpenSSL] {
            #expect(problem.remedy.contains("libcurl4"))
        }
    }

    @Test func `a time to wait for is told`() {
        #expect(OAuthError.answer(.throttled(notBefore: 784_111_777)).sentence.contains("1994-11-06T08:49:37Z"))
        #expect(OAuthError.answer(.throttled(notBefore: 784_111_777)).notBefore == 784_111_777)
        #expect(OAuthError.connection(.refused).notBefore == nil)
    }
}
