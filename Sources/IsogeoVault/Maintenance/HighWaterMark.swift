internal import VaultCrypto
internal import VaultKeys
internal import VaultStore
internal import VaultSystem

/// The newest state of a vault that was seen here, kept outside of it: a vault that is put back alone is found by it.
///
/// There is one for each vault and path. A backup that somebody looks into is no vault that has become older, and one
/// that lies in the vault's own place is. Whoever can write here can also delete it: it finds what a sync program or a
/// restored disk did, and attackers who have the vault's file and not the home.
struct HighWaterMark: Sendable {
    /// What a mark says; the vault's key alone can tell whether it is true.
    struct State: Equatable {
        let keyEpoch: Int64
        let generation: Int64
    }

    /// What a mark means for the vault that was opened.
    enum Finding: Equatable {
        /// There is none, or the vault has gone on without us: a new one is due.
        case behind
        /// It is of just this state.
        case current
        /// The vault was newer than it is.
        case ahead(State)
        /// It can't be read or isn't ours, and why.
        case unusable(String)
    }

    private let file: StateFile
    private let vault: VaultIdentity
    private let vaultPath: String

    /// The mark of a vault at a path without links, in a folder that needn't be there.
    init(of vault: VaultIdentity, at vaultPath: String, in folder: String) {
        self.vault = vault
        self.vaultPath = vaultPath
        let path = KeyedHash.publicDigest(of: Array(vaultPath.utf8)).prefix(8)
        file = StateFile("\(HexadecimalDigits.text(vault.id))-\(HexadecimalDigits.text(Array(path))).mark", in: folder)
    }

    /// Compares the mark with a header that was authenticated by the same key.
    func finding(_ header: HeaderRecord, _ sealer: borrowing RecordSealer) -> Finding {
        let bytes: [UInt8]
        do {
            guard let found = try file.read(limit: 512) else { return .behind }
            bytes = found
        } catch {
            return .unusable(error.sentence)
        }
        guard let (state, tag) = decode(bytes) else { return .unusable("\(file.path) is no mark of this vault.") }
        // A mark of a newer key can't be told from a made-up one, and is believed: whoever has got hold of the old key,
        // which may be why there is a new one, can give an old vault any generation.
        if state.keyEpoch > header.keyEpoch { return .ahead(state) }
        // One of an older key says nothing: a vault with a newer one is newer, and what isn't proven isn't believed.
        if state.keyEpoch < header.keyEpoch { return .behind }
        guard tag.span.matchesInConstantTime(self.tag(of: state, sealer).span) else {
            return .unusable("\(file.path) wasn't written by this vault.")
        }
        if state.generation == header.generation { return .current }
        return state.generation > header.generation ? .ahead(state) : .behind
    }

    /// The epoch of the mark, whether it is true or not.
    var claimedEpoch: Int64? { read?.state.keyEpoch }

    /// Whether the vault was newer than this header when it was last seen here, if the mark is true.
    func claimsNewer(than header: HeaderRecord) -> Bool {
        guard let state = read?.state else { return false }
        return (state.keyEpoch, state.generation) > (header.keyEpoch, header.generation)
    }

    /// The generation that the mark tells of, where this key proves it; 0 otherwise.
    func provenGeneration(_ sealer: borrowing RecordSealer) -> Int64 {
        guard let (state, tag) = read, state.keyEpoch == sealer.context.keyEpoch,
            tag.span.matchesInConstantTime(self.tag(of: state, sealer).span)
        else { return 0 }
        return state.generation
    }

    private var read: (state: State, tag: [UInt8])? { (try? file.read(limit: 512)).flatMap { $0 }.flatMap(decode) }

    /// Remembers a header; without a folder for it, nothing is remembered and work goes on.
    ///
    /// To be called after the header was written to the vault: whoever is killed between leaves a mark that is behind.
    func write(_ header: HeaderRecord, _ sealer: borrowing RecordSealer) {
        let state = State(keyEpoch: header.keyEpoch, generation: header.generation)
        var encoder = CanonicalEncoder()
        encoder.append(Self.title)
        encoder.append(vault.format)
        encoder.append(vault.id)
        encoder.append(state.keyEpoch)
        encoder.append(state.generation)
        encoder.append(tag(of: state, sealer))
        try? file.replace(with: encoder.bytes)
    }

    /// Forgets what was seen.
    func remove() { try? file.remove() }

    private static let title = "isogeo-vault mark"

    private func decode(_ bytes: [UInt8]) -> (state: State, tag: [UInt8])? {
        var decoder = CanonicalDecoder(bytes)
        // The bound keeps a made-up number from overflowing when the vault's is raised above it.
        let bounds = 1...Int64(1) << 61
        guard let title = try? decoder.nextText(), title == Self.title,
            let format = try? decoder.nextNumber(), format == vault.format,
            let id = try? decoder.next(), id == vault.id,
            let keyEpoch = try? decoder.nextSignedNumber(), bounds.contains(keyEpoch),
            let generation = try? decoder.nextSignedNumber(), bounds.contains(generation),
            let tag = try? decoder.next(), decoder.isAtEnd
        else { return nil }
        return (State(keyEpoch: keyEpoch, generation: generation), tag)
    }

    private func tag(of state: State, _ sealer: borrowing RecordSealer) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(Self.title)
        encoder.append(vault.format)
        encoder.append(vault.id)
        encoder.append(vaultPath)
        encoder.append(state.keyEpoch)
        encoder.append(state.generation)
        return sealer.withKey { KeyedHash.digest(of: encoder.bytes, key: $0.subkey(for: .marks).bytes) }
    }
}
