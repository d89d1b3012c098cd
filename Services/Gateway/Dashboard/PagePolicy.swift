import HTTPTypes

/// The headers of what browsers show: it runs and loads what this listener serves and nothing else, speaks to nobody else, and stands in
/// no other page.
enum PagePolicy {
    /// No inline script or style, nor text that becomes markup (Trusted Types).
    static let content =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        + "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

    /// Of a page.
    static let page: HTTPFields = {
        var headers = answer
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentSecurityPolicy] = content
        headers[.crossOriginOpenerPolicy] = "same-origin"
        return headers
    }()

    /// Of a page's files, which have another address when they change.
    static func file(_ type: String) -> HTTPFields {
        var headers = answer
        headers[.contentType] = type
        headers[.cacheControl] = "public, max-age=31536000, immutable"
        return headers
    }

    /// Of whatever a page is answered with.
    static let answer: HTTPFields = {
        var headers: HTTPFields = [.xContentTypeOptions: "nosniff", .cacheControl: "no-store"]
        headers[.referrerPolicy] = "no-referrer"
        headers[.crossOriginResourcePolicy] = "same-origin"
        return headers
    }()
}

extension HTTPField.Name {
    static let referrerPolicy = known("Referrer-Policy")
    static let crossOriginOpenerPolicy = known("Cross-Origin-Opener-Policy")

    private static func known(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("\(name) is no header's name") }
        return name
    }
}
