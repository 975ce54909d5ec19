import Foundation
import FoundationNetworking
import IsogeoVault

/// Lists all metadata records that an application may read: `exporter [NAME]`.
///
/// The API's base is `ISOGEO_API_URL`, or Isogeo's own.
@main
struct Exporter {
    static func main() async {
        do {
            try await export()
        } catch let error as VaultError {
            // Each error is a sentence and a next step, and has the exit status that isogeo-vault itself has.
            complain("\(error)")
            exit(error.code.exitStatus)
        } catch {
            complain("\(error)")
            exit(1)
        }
    }

    private static func export() async throws {
        let base = ProcessInfo.processInfo.environment["ISOGEO_API_URL"] ?? "https://v1.api.isogeo.com"
        let catalogue = try Catalogue(base: base)
        let application = try CommandLine.arguments.dropFirst().first.map(name)
        let vault = try await Vault.open()
        var offset = 0
        while true {
            // Asked for at each page: it costs nothing while the token lives, and it may end between two pages.
            let token = try await vault.token(for: application)
            let page = try await catalogue.page(from: offset, token: token)
            for record in page.results { print(record.id, record.title ?? "", separator: "\t") }
            offset += page.results.count
            if page.results.isEmpty || offset >= page.total { return }
        }
    }

    private static func name(_ text: String) throws -> ApplicationName {
        guard let name = ApplicationName(text) else { throw Complaint("\(text) is no name of an application.") }
        return name
    }

    private static func complain(_ text: String) { FileHandle.standardError.write(Data("exporter: \(text)\n".utf8)) }
}

/// What the exporter itself has to say.
struct Complaint: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
