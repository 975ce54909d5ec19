import Foundation
import Testing
import VaultTestSupport

/// The power is cut at each moment of a command: of what wasn't synced nothing is there, or all, or any part.
@Suite(
    .needsBinary,
    .needsInjection,
    .needsPreload(.recordWrites),
    .enabled(if: TestPaths.isLongRun, "some thousand cuts take minutes: Scripts/test --long")
)
struct PowerCutTests {
    /// How many times a cut leaves a part of what wasn't synced, another one each time.
    private static let parts = 3
    private static let names: Set<String> = [
        "import, a new vault", "import", "token --refresh", "rotate", "rename", "remove", "key add key-file",
        "key change key-file", "rekey", "backup", "restore", "export", "default, format 1",
    ]

    @Test(arguments: InjectedCommand.all.filter { names.contains($0.name) })
    func `without power, the vault is as before or as after`(command: InjectedCommand) async throws {
        #expect(Self.names.isSubset(of: InjectedCommand.all.map(\.name)))
        let world = try await InjectionWorld(command)
        let disk = try await world.recorded()
        let seed = UInt64.random(in: 0..<1 << 32)
        print("\(command.name): \(disk.moments) moments, seed \(seed)")
        var seen: Set<[String: Data]> = []
        for moment in 0..<disk.moments {
            let fates = [RecordedDisk.Fate.allLost, .allKept] + (0..<UInt64(Self.parts)).map { .some(seed + $0) }
            for fate in fates {
                let tree = disk.tree(cutBefore: moment, fate)
                let isDone = moment == disk.moments - 1
                guard seen.insert(tree.files).inserted || isDone else { continue }
                let complaints = try await world.complaints(about: tree, isDone: isDone && !command.onlyCaches)
                guard !complaints.isEmpty else { continue }
                Issue.record(
                    "\(command.name), cut before change \(moment), \(fate): \(complaints.joined(separator: "\n"))"
                )
            }
        }
    }
}
