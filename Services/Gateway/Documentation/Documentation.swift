import HTTPTypes
import JSON

/// What the API says of itself: its OpenAPI document, and a page on which every operation can be read and tried.
struct Documentation: Sendable {
    /// Bytes that are ready to be sent.
    private let document: [UInt8]

    /// - Parameter operations: those that are documented.
    init(_ operations: [Operation], version: String, needsKey: Bool, allowsAnonymous: Bool) {
        let whole = operations + Self.operations { (_) async throws(Problem) -> Answer in
            throw Problem(.notFound, "only described here")
        }
        document = OpenAPI(operations: whole, version: version, needsKey: needsKey, allowsAnonymous: allowsAnonymous)
            .document.bytes(isIndented: true)
    }

    var operations: [Operation] {
        Self.operations { [document] (_) async throws(Problem) -> Answer in Answer(.ok, bytes: document) }
    }

    private static func operations(document: @escaping Operation.Handler) -> [Operation] {
        [
            Operation(.get, "/openapi.json", "getDocument", summary: "Read this API's OpenAPI 3.1 document.", handle: document)
                .answering(.ok, "the document", ["type": "object"]).open(),
            Operation(.get, "/docs", "getDocumentation", summary: "Read and try this API in a browser.") {
                (_) async throws(Problem) -> Answer in page
            }.answering(.ok, "a page", nil, mediaType: "text/html").open(),
        ].map { $0.tagged("Documentation") }
    }

    /// Everything that the page needs is in it, and it may talk to nobody but this API.
    private static var page: Answer {
        var headers: HTTPFields = [.contentType: "text/html; charset=utf-8", .xContentTypeOptions: "nosniff"]
        headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return Answer(.ok, bytes: PackageResources.docs_html, headers: headers)
    }
}
