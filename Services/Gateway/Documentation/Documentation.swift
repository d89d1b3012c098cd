import HTTPTypes
import NIOCore
import TaskJSON

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

    /// Those that are documented, and what the pages load.
    var operations: [Operation] {
        Self.operations(version) { [document] (_) async throws(Problem) -> Answer in Answer(.ok, bytes: document) } + [Self.file]
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

    private static var page: Answer { Answer(.ok, bytes: Array(buffer: PageFiles.documentation.page), headers: PagePolicy.page) }

    private static var file: Operation {
        Operation(.get, "/docs/assets/{folder}/{name}", "getDocumentationFile", summary: "Read a file of the documentation's page.") {
            (exchange) async throws(Problem) -> Answer in
            guard let file = PageFiles.documentation.file("/docs/assets/" + exchange.pathValues.joined(separator: "/")) else {
                throw Problem(.notFound, "there is no such file; load the page again")
            }
            return Answer(.ok, bytes: Array(buffer: file.body), headers: file.headers)
        }.tagged("Documentation").open()
    }
}

extension PageFiles {
    /// Of the documentation's page, and of the one that leads to it.
    static let documentation = PageFiles(
        page: PackageResources.docs_html,
        files: [
            File(name: "docs.css", bytes: PackageResources.docs_css),
            File(name: "docs.js", bytes: PackageResources.docs_js),
            File(name: "root.css", bytes: PackageResources.root_css),
        ], in: "/docs/assets")
}
