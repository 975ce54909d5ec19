/// What the schema's checks allow, held again when reading: whoever edits a file leaves the checks out.
enum Bounds {
    static let id = 16...16
    static let tag = 32...32
    static let time: ClosedRange<Int64> = 0...253_402_300_799
    static let slots = 48...768
    static let state = 40...65_536
    static let parameters = 0...4096
    static let salt = 0...64
    static let wrappedKey = 40...256
    static let metadata = 40...1_048_576
    static let secret = 40...131_072
    static let logEntry = 40...65_536
    static let token = 40...2_097_152
    static let session = 40...65_536

    static func isKind(_ kind: String) -> Bool {
        (1...32).contains(kind.utf8.count)
            && kind.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-") }
    }
}
