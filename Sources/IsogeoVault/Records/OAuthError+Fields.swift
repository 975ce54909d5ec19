internal import VaultHTTP
internal import VaultOAuth
internal import VaultSystem

/// A failed request as a list of texts: its name, which never changes, and its fields.
///
/// A field without a value is an empty text.
extension OAuthError {
    private static let plain: [(name: String, error: OAuthError)] =
        [
            ("connection.name-resolution", .connection(.nameResolution)), ("connection.refused", .connection(.refused)),
            ("connection.unreachable", .connection(.unreachable(nil))), ("connection.broken", .connection(.broken)),
            ("connection.timed-out", .connection(.timedOut)), ("connection.not-http", .connection(.notHTTP)),
            ("connection.interrupted", .connection(.interrupted)),
            ("connection.foreign-transport", .connection(.foreignTransport)),
            ("answer.request-timeout", .answer(.requestTimeout)),
            ("answer.proxy-authentication", .answer(.proxyAuthentication)),
            ("answer.not-an-object", .answer(.notAnObject)), ("answer.token-missing", .answer(.tokenMissing)),
            ("answer.token-unreadable", .answer(.tokenUnreadable)), ("answer.token-is-secret", .answer(.tokenIsSecret)),
            ("answer.transfer-encoding", .answer(.transferEncoding)),
            ("answer.not-bearer", .answer(.notBearer)), ("answer.lifetime-unreadable", .answer(.lifetimeUnreadable)),
        ] + TLSProblem.allCases.map { ("tls.\($0.rawValue)", .tls($0)) }

    var fields: [String] {
        switch self {
        case .connection(.unreachable(let errno?), _): return ["connection.unreachable", "\(errno.code)"]
        case .connection(.other(let code), _): return ["connection.other", "\(code)"]
        case .proxy(let problem): return ["proxy", problem.proxy] + problem.cause.fields
        case .answer(.refused(let status, let words)): return ["answer.refused", "\(status)"] + words.fields
        case .answer(.throttled(let notBefore)): return ["answer.throttled", text(notBefore)]
        case .answer(.serverFault(let status, let notBefore, let words)):
            return ["answer.server-fault", "\(status)", text(notBefore)] + words.fields
        case .answer(.redirect(let host)): return ["answer.redirect", host ?? ""]
        case .answer(.rejected(let status, let words)): return ["answer.rejected", "\(status)"] + words.fields
        case .answer(.empty(let status)): return ["answer.empty", "\(status)"]
        case .answer(.notJSON(let status, let failure)):
            return ["answer.not-json", "\(status)", failure.reason.rawValue, "\(failure.line)", "\(failure.column)"]
        case .answer(.tooLarge(let limit)): return ["answer.too-large", "\(limit)"]
        case .answer(.headersTooLarge(let limit)): return ["answer.headers-too-large", "\(limit)"]
        case .answer(.tokenTooLong(let limit)): return ["answer.token-too-long", "\(limit)"]
        default: return Self.plain.first { $0.error == self }.map { [$0.name] } ?? []
        }
    }

    /// Nil for what this version doesn't know.
    init?(fields: [String], _ cause: CurlCause = .none) {
        func text(_ index: Int) -> String { index < fields.count ? fields[index] : "" }
        func number(_ index: Int) -> Int { Int(text(index)) ?? 0 }
        func words(_ index: Int) -> ServerError {
            ServerError(code: ServerWords(field: text(index)), description: ServerWords(field: text(index + 1)))
        }
        switch text(0) {
        case "connection.unreachable" where fields.count == 2:
            self = .connection(.unreachable(Int32(text(1)).map { Errno($0) }), cause)
        case "connection.other": self = .connection(.other(code: number(1)), cause)
        case "proxy":
            guard let reason = ProxyProblem.Cause(fields: Array(fields.dropFirst(2))) else { return nil }
            var problem = ProxyProblem(proxy: text(1), cause: reason)
            problem.curl = cause
            self = .proxy(problem)
        case "answer.refused": self = .answer(.refused(status: number(1), words(2)))
        case "answer.throttled": self = .answer(.throttled(notBefore: Int64(text(1))))
        case "answer.server-fault":
            self = .answer(.serverFault(status: number(1), notBefore: Int64(text(2)), words(3)))
        case "answer.redirect": self = .answer(.redirect(host: text(1).isEmpty ? nil : text(1)))
        case "answer.rejected": self = .answer(.rejected(status: number(1), words(2)))
        case "answer.empty": self = .answer(.empty(status: number(1)))
        case "answer.not-json":
            guard let reason = StrictJSON.Reason(rawValue: text(2)) else { return nil }
            self = .answer(
                .notJSON(status: number(1), StrictJSON.Failure(reason: reason, line: number(3), column: number(4)))
            )
        case "answer.too-large": self = .answer(.tooLarge(limit: number(1)))
        case "answer.headers-too-large": self = .answer(.headersTooLarge(limit: number(1)))
        case "answer.token-too-long": self = .answer(.tokenTooLong(limit: number(1)))
        case let name:
            switch Self.plain.first(where: { $0.name == name })?.error {
            case .connection(let problem, _): self = .connection(problem, cause)
            case .tls(let problem, _): self = .tls(problem, cause)
            case let error?: self = error
            case nil: return nil
            }
        }
    }
}

extension ServerError {
    fileprivate var fields: [String] { [code?.field ?? "", description?.field ?? ""] }
}

extension ServerWords {
    /// What no text is, as control characters are taken out.
    private static let withheldField = "\u{0}"

    fileprivate var field: String { shown ?? Self.withheldField }

    fileprivate init?(field: String) {
        switch field {
        case "": return nil
        case Self.withheldField: self = .withheld
        default: self = .text(field)
        }
    }
}

extension ProxyProblem.Cause {
    private static let plain: [(name: String, cause: ProxyProblem.Cause)] = [
        ("name-resolution", .connection(.nameResolution)), ("refused", .connection(.refused)),
        ("unreachable", .connection(.unreachable(nil))), ("broken", .connection(.broken)),
        ("timed-out", .connection(.timedOut)), ("not-http", .connection(.notHTTP)),
        ("authentication", .authentication), ("no-way", .noWay),
    ]

    fileprivate var fields: [String] {
        switch self {
        case .connection(.unreachable(let errno?)): ["unreachable", "\(errno.code)"]
        case .tls(let problem): ["tls", problem.rawValue]
        case .answered(let status): ["answered", "\(status)"]
        default: Self.plain.first { $0.cause == self }.map { [$0.name] } ?? []
        }
    }

    fileprivate init?(fields: [String]) {
        let detail = fields.count > 1 ? fields[1] : ""
        switch fields.first {
        case "unreachable" where !detail.isEmpty:
            self = .connection(.unreachable(Int32(detail).map { Errno($0) }))
        case "tls":
            guard let problem = TLSProblem(rawValue: detail) else { return nil }
            self = .tls(problem)
        case "answered": self = .answered(status: Int(detail) ?? 0)
        case let name:
            guard let cause = Self.plain.first(where: { $0.name == name })?.cause else { return nil }
            self = cause
        }
    }
}

private func text(_ time: Int64?) -> String { time.map { "\($0)" } ?? "" }
