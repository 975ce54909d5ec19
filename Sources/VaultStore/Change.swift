/// One thing to be written; several are written together or not at all.
package enum Change: Equatable, Sendable {
    case putHeader(HeaderRecord)
    /// Inserts or replaces.
    case putSlot(SlotRecord)
    case removeSlot(id: [UInt8])
    /// Inserts or replaces; its tokens stay.
    case putApplication(ApplicationRecord)
    /// Its tokens go too.
    case removeApplication(id: [UInt8])
    /// Inserts or replaces.
    case putToken(TokenRecord)
    case removeToken(id: [UInt8])
    /// Removes the token only while it is this box: another one that was stored meanwhile stays.
    case removeTokenIfUnchanged(id: [UInt8], box: [UInt8])
    case removeTokens(application: [UInt8])
    /// Removes what has expired at this second.
    case removeTokensExpired(at: Int64)
    case removeAllTokens
    /// Whoever had unlocked the vault for a while has to do it again.
    case removeAllSessions
    case putLogEntry(LogRecord)
    case removeLogEntries(through: Int64)

    /// Whether nothing is lost for ever with it: a token can be asked for again.
    var isAboutTokens: Bool {
        switch self {
        case .putToken, .removeToken, .removeTokenIfUnchanged, .removeTokens, .removeTokensExpired, .removeAllTokens:
            true
        case .putHeader, .putSlot, .removeSlot, .putApplication, .removeApplication, .removeAllSessions, .putLogEntry,
            .removeLogEntries:
            false
        }
    }
}
