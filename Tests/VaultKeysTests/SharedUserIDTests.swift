import Testing

@testable import VaultKeys

@Suite struct SharedUserIDTests {
    private static let whole = "         0          0 4294967295\n"

    private func here(
        user: UInt64? = 4_026_531_837,
        pid: UInt64? = 4_026_531_836,
        ipc: UInt64? = 4_026_531_839,
        uts: UInt64? = 4_026_531_838,
        uidMap: String = whole,
        hasMark: Bool = false
    ) -> Bool {
        SharedUserID(user: user, pid: pid, ipc: ipc, uts: uts, uidMap: uidMap, hasMark: hasMark).isShared
    }

    @Test func `a machine's own users share their numbers with nobody`() {
        #expect(!here())
        // A service with a host name of its own.
        #expect(!here(uts: 4_026_532_000))
    }

    @Test func `a machine whose image was a container's isn't taken for one`() { #expect(!here(hasMark: true)) }

    @Test func `a container without a user namespace shares them`() {
        #expect(here(pid: 4_026_532_500, ipc: 4_026_532_501, uts: 4_026_532_502, hasMark: true))
        // systemd-nspawn, LXC and others leave other marks, or none.
        #expect(here(pid: 4_026_532_500))
        // docker run --pid=host
        #expect(here(ipc: 4_026_532_501, hasMark: true))
    }

    @Test func `a container with a user namespace has keyrings of its own`() {
        #expect(!here(user: 4_026_532_499, pid: 4_026_532_500, uidMap: "0 100000 65536\n", hasMark: true))
        #expect(!here(user: 4_026_532_499, pid: 4_026_532_500, hasMark: true))
    }

    @Test func `where namespaces can't be read, the map of numbers and the mark tell`() {
        #expect(here(user: nil, pid: nil, hasMark: true))
        #expect(!here(user: nil, pid: nil))
        #expect(!here(user: nil, pid: nil, uidMap: "0 1000 1\n1 100000 65536\n", hasMark: true))
    }

    @Test func `this process can tell`() {
        let here = SharedUserID.here()
        #expect(here.user != nil && here.pid != nil && !here.uidMap.isEmpty)
    }
}
