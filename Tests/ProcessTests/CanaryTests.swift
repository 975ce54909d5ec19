import Foundation
import Testing
import VaultTestSupport

struct CanaryTests {
    @Test func `a canary is found in each of its shapes`() {
        let canary = Canary()
        for shape in canary.shapes { #expect(canary.findings(in: [0] + shape.bytes + [0]) == [shape.name]) }
        for neighbour in ["", "i:", "id:"] {
            let credential = Data("\(neighbour)\(canary.text)\n".utf8).base64EncodedString()
            #expect(canary.findings(in: credential.utf8) == ["Base64 at \(neighbour.count % 3)"])
        }
        #expect(canary.findings(in: Canary().text.utf8) == [])
    }

    @Test func `a canary is found in files and in their names`() throws {
        let canary = Canary()
        let folder = try TemporaryDirectory()
        try folder.write("nothing", to: "harmless")
        #expect(try canary.findings(inFolder: folder.path) == [])
        try folder.write("log: \(canary.text)", to: "log")
        try folder.write("", to: canary.text)
        #expect(try canary.findings(inFolder: folder.path).sorted() == ["a name: in clear", "log: in clear"])
    }

    @Test func `a canary that leaks fails the test`() async throws {
        let canary = Canary()
        let report = try await Command("sh", ["-c", "echo $0; echo $0 >&2", canary.text]).run()
        withKnownIssue { canary.expectAbsent(in: report) }
        Canary().expectAbsent(in: report)
    }
}
