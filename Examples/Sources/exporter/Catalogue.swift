import Foundation
import FoundationNetworking
import IsogeoVault

/// The search of Isogeo's API.
struct Catalogue {
    struct Page: Decodable {
        let total: Int
        let results: [Record]
    }

    struct Record: Decodable {
        let id: String
        let title: String?

        private enum CodingKeys: String, CodingKey {
            case id = "_id"
            case title
        }
    }

    /// The most that the API gives at once.
    private static let limit = 100

    private let base: URL
    private let session: URLSession

    init(base: String) throws {
        // The API answers over plain http too: a token doesn't go there.
        guard let url = URL(string: base), url.scheme == "https" else {
            throw Complaint("The API's address must begin with https: \(base)")
        }
        self.base = url
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 30
        configuration.timeoutIntervalForResource = 60
        session = URLSession(configuration: configuration, delegate: RedirectRefuser(), delegateQueue: nil)
    }

    func page(from offset: Int, token: AccessToken) async throws -> Page {
        let query = [
            URLQueryItem(name: "_limit", value: "\(Self.limit)"), URLQueryItem(name: "_offset", value: "\(offset)"),
        ]
        var request = URLRequest(url: base.appending(path: "resources/search").appending(queryItems: query))
        request.setValue(token.authorization, forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Accept")
        let (data, response) = try await session.data(for: request)
        guard let response = response as? HTTPURLResponse, response.statusCode == 200 else {
            throw Complaint("The API answers with status \((response as? HTTPURLResponse)?.statusCode ?? 0).")
        }
        return try JSONDecoder().decode(Page.self, from: data)
    }
}

/// Follows no redirect: URLSession would send the token on to whatever host it names.
private final class RedirectRefuser: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}
