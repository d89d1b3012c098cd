import HTTPTypes
import Hummingbird

/// The answer to whoever opens the ops listener's address alone: what there is, or the way to the service's own site.
enum OpsIndex {
    private static let text = "text/plain", html = "text/html"

    private static let entries = [
        ("/healthz", "200 as long as its event loops and its store get on, otherwise 503 and what does not"),
        ("/readyz", "200 if the service can do its job now, otherwise 503 and the reasons"),
        ("/metrics", "Prometheus text"),
    ]

    /// Text for a client that accepts neither, as RFC 9110 section 12.5.1 allows.
    static func response(to headers: HTTPFields, site: OpsSite?) -> Response {
        let isPage = AcceptedMedia(headers).preferred(of: [text, html]) == html
        var response: Response
        if isPage, let site, site.isHome {
            response = OpsServer.text(.seeOther, "")
            response.headers[.location] = site.path
        } else {
            response =
                isPage
                ? OpsServer.text(.ok, page, type: "text/html; charset=utf-8")
                : OpsServer.text(.ok, entries.map { "\($0.0)  \($0.1)\n" }.joined())
            if isPage { response.headers[.contentSecurityPolicy] = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" }
        }
        response.headers[.vary] = "Accept"
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    private static var page: String {
        let items = entries.map { "<li><a href=\"\($0.0)\">\($0.0)</a>: \($0.1)\n" }.joined()
        return "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Operations</title>\n<h1>Operations</h1>\n<ul>\n\(items)</ul>\n</html>\n"
    }
}
