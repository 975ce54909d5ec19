internal import VaultCrypto
internal import VaultKeys
internal import VaultStore
internal import VaultSystem

/// The newest state of a vault that this home has seen, stored outside the vault: it detects an older vault file.
///
/// There is one for each vault and path, so that opening a backup elsewhere isn't a rollback, and opening one in the
/// vault's place is. An attacker who can write here can also delete the mark: it detects what a sync program or a
/// restored disk did, and attackers who have the vault's file but not the home.
struct HighWaterMark: Sendable {
    /// The state that a mark claims; only the vault's key can prove it.
    struct State: Equatable {
        var format = VaultFormat.first
        let keyEpoch: Int64
        let generation: Int64
        /// The end of the audit trail; nil in a mark of an earlier version, and for a vault of format 1.
        var head: AuditTrail.Head?

        init(keyEpoch: Int64, generation: Int64) {
            self.keyEpoch = keyEpoch
            self.generation = generation
        }

        init(_ header: HeaderRecord, _ state: HeaderState) {
            format = header.format
            keyEpoch = header.keyEpoch
            generation = header.generation
            head = format == .first ? nil : AuditTrail.Head(state.changes)
        }
    }

    /// How a mark compares with the vault that was opened.
    enum Finding {
        /// There is no mark, or the vault is newer: a new mark is due.
        case behind
        /// The mark has the vault's state.
        case current
        /// The vault is newer if its audit trail still has the entry that the mark names.
        case perhapsBehind(AuditTrail.Head)
        /// The vault is older than when it was last seen.
        case ahead(State)
        /// The vault's audit trail is another one than when it was last seen.
        case forked(State)
        /// The mark can't be read or isn't this vault's.
        case unusable(Fault)
    }

    /// Why a mark can't be used.
    enum Fault: Sendable {
        case unreadable(StoreError)
        case malformed(path: String)
        /// The key doesn't prove it.
        case unproven(path: String)
    }

    private let file: StateFile
    private let vault: VaultIdentity
    private let vaultPath: String

    /// The mark of a vault at a path without links, in a folder that may not exist yet.
    init(of vault: VaultIdentity, at vaultPath: String, in folder: String) {
        self.vault = vault
        self.vaultPath = vaultPath
        let path = KeyedHash.publicDigest(of: Array(vaultPath.utf8)).prefix(8)
        file = StateFile("\(HexadecimalDigits.text(vault.id))-\(HexadecimalDigits.text(Array(path))).mark", in: folder)
    }

    /// Compares the mark with a header that the same key has authenticated.
    func finding(_ header: HeaderRecord, _ present: HeaderState, _ sealer: borrowing RecordSealer) -> Finding {
        let bytes: [UInt8]
        do {
            guard let found = try file.read(limit: Self.sizeLimit) else { return .behind }
            bytes = found
        } catch {
            return .unusable(.unreadable(error))
        }
        guard let (state, tag) = decode(bytes) else { return .unusable(.malformed(path: file.path)) }
        // A mark of a newer key can't be told from a forged one, and is believed: an attacker with the old key, which
        // may be why there is a new one, could give an old vault any generation.
        if state.keyEpoch > header.keyEpoch { return .ahead(state) }
        // A mark of an older key proves nothing, and a vault with a newer key is newer.
        if state.keyEpoch < header.keyEpoch { return .behind }
        guard tag.span.matchesInConstantTime(self.tag(of: state, sealer).span) else {
            return .unusable(.unproven(path: file.path))
        }
        guard state.generation <= header.generation else { return .ahead(state) }
        guard state.format == header.format else { return state.format > header.format ? .ahead(state) : .behind }
        // What leaves the generation, such as an export, has its entry all the same; and a vault that was put back may
        // have been changed since, so that a newer generation says nothing without that entry.
        let now = State(header, present)
        guard let seen = state.head, let head = now.head else { return state == now ? .current : .behind }
        guard seen.number == head.number else {
            return seen.number > head.number ? .ahead(state) : .perhapsBehind(seen)
        }
        guard seen.digest == head.digest else { return .forked(state) }
        return state == now ? .current : .behind
    }

    /// Whether the mark claims a newer state than this header; unproven.
    ///
    /// - Parameters:
    ///   - header: of the vault.
    ///   - newest: the number of its audit trail's newest change, as the file shows it.
    /// - Returns: whether it does.
    func claimsNewer(than header: HeaderRecord, newest: Int64) -> Bool {
        guard let state = read?.state else { return false }
        if (state.keyEpoch, state.format) == (header.keyEpoch, header.format), state.generation <= header.generation {
            return (state.head?.number ?? 0) > newest
        }
        return (state.keyEpoch, state.generation, state.format) > (header.keyEpoch, header.generation, header.format)
    }

    /// The mark's generation if this key proves it, else 0.
    func provenGeneration(_ sealer: borrowing RecordSealer) -> Int64 {
        guard let (state, tag) = read, state.keyEpoch == sealer.context.keyEpoch,
            tag.span.matchesInConstantTime(self.tag(of: state, sealer).span)
        else { return 0 }
        return state.generation
    }

    private var read: (state: State, tag: [UInt8])? {
        (try? file.read(limit: Self.sizeLimit)).flatMap { $0 }.flatMap(decode)
    }

    /// Stores a header's state.
    ///
    /// Call it after the vault's header was written: a process that is killed in between leaves a mark that is behind.
    ///
    /// - Throws: what the folder of marks refuses; the vault works without a mark.
    func write(_ header: HeaderRecord, _ present: HeaderState, _ sealer: borrowing RecordSealer) throws(StoreError) {
        try write(State(header, present), sealer)
    }

    func write(_ state: State, _ sealer: borrowing RecordSealer) throws(StoreError) {
        var encoder = CanonicalEncoder()
        encoder.append(Self.title)
        encoder.append(state.version)
        encoder.append(vault.id)
        state.append(to: &encoder)
        encoder.append(tag(of: state, sealer))
        try file.replace(with: encoder.bytes)
    }

    /// Takes the mark away while a state is written that it would refuse.
    ///
    /// - Returns: what puts it back where nothing was written.
    func setAside() -> SetAside {
        let content = (try? file.read(limit: Self.sizeLimit)).flatMap(\.self)
        if content != nil { try? file.remove() }
        return SetAside(content: content)
    }

    /// The content of a mark that was taken away; nil where there was none.
    struct SetAside { fileprivate let content: [UInt8]? }

    func putBack(_ mark: SetAside) {
        if let content = mark.content { try? file.replace(with: content) }
    }

    private static let sizeLimit = 512

    private static let title = "isogeo-vault mark"

    private func decode(_ bytes: [UInt8]) -> (state: State, tag: [UInt8])? {
        var decoder = CanonicalDecoder(bytes)
        guard let title = try? decoder.nextText(), title == Self.title,
            let version = try? decoder.nextNumber(),
            let id = try? decoder.next(), id == vault.id,
            let state = State(&decoder, version: version),
            let tag = try? decoder.next(), decoder.isAtEnd
        else { return nil }
        return (state, tag)
    }

    private func tag(of state: State, _ sealer: borrowing RecordSealer) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(Self.title)
        encoder.append(state.version)
        encoder.append(vault.id)
        encoder.append(vaultPath)
        state.append(to: &encoder)
        return sealer.tag(ofMark: encoder.bytes)
    }
}

extension HighWaterMark.State {
    /// Of the mark: 1 has neither the format nor the end of the audit trail.
    fileprivate var version: UInt64 { head == nil ? 1 : 2 }

    fileprivate func append(to encoder: inout CanonicalEncoder) {
        encoder.append(keyEpoch)
        encoder.append(generation)
        guard let head else { return }
        encoder.append(format.rawValue)
        encoder.append(head.number)
        encoder.append(head.digest)
    }

    fileprivate init?(_ decoder: inout CanonicalDecoder, version: UInt64) {
        // The bound keeps a forged number from overflowing when the vault's generation is raised above it.
        let bounds = 1...Int64(1) << 61
        guard 1...2 ~= version,
            let keyEpoch = try? decoder.nextSignedNumber(), bounds.contains(keyEpoch),
            let generation = try? decoder.nextSignedNumber(), bounds.contains(generation)
        else { return nil }
        self.init(keyEpoch: keyEpoch, generation: generation)
        guard version == 2 else { return }
        guard let format = (try? decoder.nextNumber()).flatMap(VaultFormat.init(rawValue:)),
            let number = try? decoder.nextSignedNumber(), number >= 0,
            let digest = try? decoder.next(), digest.count == KeyedHash.count
        else { return nil }
        self.format = format
        head = AuditTrail.Head(number: number, digest: digest)
    }
}
