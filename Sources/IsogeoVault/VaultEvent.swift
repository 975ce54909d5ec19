internal import Logging

/// What a vault logs; it never logs anything else.
///
/// | level | when | metadata besides `vault` |
/// | --- | --- | --- |
/// | `warning` | something went wrong, and the call succeeds | |
/// | `info` | an entry was written into the audit trail, except for a token's | `change`, `subject` |
/// | `debug` | the vault was opened or closed | |
/// | `debug` | a token is requested from the server | `application`, `endpoint` |
/// | `debug` | the server has granted one | `application`, `seconds` |
/// | `debug` | a call threw an error, and its caller knows better how bad it is | `code`, and `cause` if there is one |
/// | `trace` | a cached token is returned | `application`, `seconds` |
///
/// No event holds a secret, a token, a client_id, a passphrase, or content of a file. `cause` is a number of the system
/// or of a library. `endpoint` is scheme, host and port; an error may quote the server, cleaned as in `VaultError`.
enum VaultEvent {
    case opened
    case closed
    case changed(AuditEvent)
    case asking(ApplicationName, endpoint: String)
    case granted(ApplicationName, seconds: Int64)
    case found(ApplicationName, seconds: Int64)
    case failed(VaultError)
    case warning(String)

    var level: Logger.Level {
        switch self {
        case .warning: .warning
        case .changed: .info
        case .opened, .closed, .asking, .granted, .failed: .debug
        case .found: .trace
        }
    }

    var message: Logger.Message {
        switch self {
        case .opened: "The vault is open"
        case .closed: "The vault is closed"
        case .changed: "The vault was changed"
        case .asking: "Asking the server for a token"
        case .granted: "The server has granted a token"
        case .found: "A cached token is given out"
        case .failed(let error): "\(error.sentence)"
        case .warning(let sentence): "\(sentence)"
        }
    }

    var metadata: Logger.Metadata {
        switch self {
        case .opened, .closed, .warning: [:]
        case .changed(let event): ["change": "\(event.kind.rawValue)", "subject": "\(event.subject)"]
        case .asking(let name, let endpoint): ["application": "\(name)", "endpoint": "\(endpoint)"]
        case .granted(let name, let seconds), .found(let name, let seconds):
            ["application": "\(name)", "seconds": "\(seconds)"]
        case .failed(let error):
            error.problem.cause.map { ["code": "\(error.code.name)", "cause": "\($0)"] }
                ?? ["code": "\(error.code.name)"]
        }
    }
}
