import HTTPTypes
import JSON

/// The API's account of itself: its OpenAPI document, a page on which every operation can be read and tried, and a root that leads to both.
struct Documentation: Sendable {
    /// Bytes that are ready to be sent.
    private let document: [UInt8]
    private let version: String

    /// - Parameter operations: those that are documented.
    init(_ operations: [Operation], version: String, needsKey: Bool, allowsAnonymous: Bool) {
        let whole = operations + Self.operations(version) { (_) async throws(Problem) -> Answer in
            throw Problem(.notFound, "only described here")
        }
        self.version = version
        document = OpenAPI(operations: whole, version: version, needsKey: needsKey, allowsAnonymous: allowsAnonymous)
            .document.bytes(isIndented: true)
    }

    var operations: [Operation] {
        Self.operations(version) { [document] (_) async throws(Problem) -> Answer in Answer(.ok, bytes: document) }
    }

    private static func operations(_ version: String, document: @escaping Operation.Handler) -> [Operation] {
        [
            RootPage(version: version).operation,
            Operation(.get, "/openapi.json", "getDocument", summary: "Read this API's OpenAPI 3.1 document.", handle: document)
                .answering(.ok, "the document", ["type": "object"]).open(),
            Operation(.get, "/docs", "getDocumentation", summary: "Read and try this API in a browser.") {
                (_) async throws(Problem) -> Answer in page
            }.answering(.ok, "a page", nil, mediaType: "text/html").open(),
        ].map { $0.tagged("Documentation") }
    }

    private static var page: Answer { Answer(.ok, bytes: PackageResources.docs_html, headers: pageHeaders) }

    /// Everything that a page needs is in it, and it may talk to nobody but this API.
    static var pageHeaders: HTTPFields {
        var headers: HTTPFields = [.contentType: "text/html; charset=utf-8", .xContentTypeOptions: "nosniff"]
        headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        return headers
    }
}
