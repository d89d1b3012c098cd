import HTTPTypes
import TaskJSON
import TaskOperations

/// The answer to whoever opens the API's address alone: where its documentation is, as a page or as JSON.
struct RootPage: Sendable {
    private static let json = "application/json", html = "text/html"

    let version: String

    /// A client that accepts neither gets JSON, as RFC 9110 section 12.5.1 allows: what it asked for is the way on.
    func answer(_ exchange: Exchange) -> Answer {
        var answer =
            AcceptedMedia(exchange.headers).preferred(of: [Self.json, Self.html]) == Self.html
            ? Answer(.ok, bytes: Array(page.utf8), headers: PagePolicy.page) : Answer(.ok, .object(object))
        answer.headers[.vary] = "Accept"
        return answer
    }

    var operation: Operation {
        Operation(.get, "/", "getRoot", summary: "Find the documentation.") { (exchange) async throws(Problem) -> Answer in answer(exchange) }
            .explained("A page for browsers, JSON for everything else, by the request's `Accept`.")
            .answering(
                .ok, "where the documentation is",
                [
                    "type": "object",
                    "properties": [
                        "name": ["type": "string"], "version": ["type": "string"], "documentation": ["type": "string", "format": "uri-reference"],
                        "openapi": ["type": "string", "format": "uri-reference"]
                    ],
                    "required": ["name", "version", "documentation", "openapi"]
                ], mediaType: Self.json
            )
            .answering(.ok, "where the documentation is", nil, mediaType: Self.html)
            .open()
    }

    private var object: JSONObject {
        ["name": "task-scheduler", "version": .string(version), "documentation": "/docs", "openapi": "/openapi.json"]
    }

    private var page: String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">
        <title>task-scheduler</title>
        <link rel="stylesheet" href="\(PageFiles.documentation.folder)/root.css">
        <h1>task-scheduler</h1>
        <p>Reminders that arrive: a notification, or any task, at a time or by an RFC 5545 rule.</p>
        <ul>
        <li><a href="/docs">/docs</a>: every operation, to read and to try
        <li><a href="/openapi.json">/openapi.json</a>: the same for programs, as OpenAPI 3.1
        </ul>
        <p>Version \(version)</p>
        </html>

        """
    }
}
