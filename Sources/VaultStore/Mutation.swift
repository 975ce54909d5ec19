/// One thing to be written; several are written together or not at all.
package enum Mutation: Equatable, Sendable {
    /// Gives an older file the present format; what goes with it writes all of its rows anew. Nothing if it has it.
    case convert
    case putHeader(HeaderRecord)
    /// Inserts or replaces.
    case putSlot(SlotRecord)
    case removeSlot(id: [UInt8])
    /// Inserts or replaces; its tokens stay.
    case putApplication(ApplicationRecord)
    /// Its tokens and certificates go too.
    case removeApplication(id: [UInt8])
    /// Inserts or replaces.
    case putCertificates(CertificatesRecord)
    case removeCertificates(application: [UInt8])
    /// Inserts or replaces.
    case putToken(TokenRecord)
    case removeToken(id: [UInt8])
    /// Removes the token only while it is this box: another one that was stored meanwhile stays.
    case removeTokenIfUnchanged(id: [UInt8], box: [UInt8])
    case removeTokens(application: [UInt8])
    /// Removes what has expired at this second.
    case removeTokensExpired(at: Int64)
    case removeAllTokens
    /// Inserts or replaces; goes with a header, as the audit trail records sessions.
    case putSession(SessionRecord)
    case removeSession(id: [UInt8])
    /// Removes what has expired at this second.
    case removeSessionsExpired(at: Int64)
    case removeAllSessions
    case putLogEntry(LogRecord)
    case removeLogEntries(Trail, through: Int64)
    case removeAllLogEntries
    /// Inserts or replaces.
    case putNode(NodeRecord)
    case removeNode(path: [UInt8])
    case removeAllNodes

    /// Whether nothing is lost for ever with it: a token can be requested again, and a program without a key may end a
    /// session.
    var isAboutTokens: Bool {
        switch self {
        case .putToken, .removeToken, .removeTokenIfUnchanged, .removeTokens, .removeTokensExpired, .removeAllTokens,
            .removeSession, .removeSessionsExpired, .removeAllSessions:
            true
        case .convert, .putHeader, .putSlot, .removeSlot, .putApplication, .removeApplication, .putCertificates,
            .removeCertificates, .putSession, .putLogEntry, .removeLogEntries, .removeAllLogEntries, .putNode,
            .removeNode, .removeAllNodes:
            false
        }
    }
}
