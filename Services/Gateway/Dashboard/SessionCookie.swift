import HTTPTypes

/// The cookie that holds a session's text. The page cannot read it, and no other site's page has it sent.
enum SessionCookie: String, CaseIterable {
    /// Where the browser speaks HTTPS, to what stands before the gateway: sent in no other way, and nothing beneath the name can have set it.
    case secure = "__Host-ts-session"
    /// Over plain HTTP.
    case plain = "ts-session"

    /// Cookies of these names that are looked into: more than one comes only where another page of the same host has set them.
    private static let looked = 4

    /// A `Set-Cookie`. Without a time, so that it ends with the browser, too.
    func field(_ text: String) -> String {
        switch self {
        // What the prefix asks for (RFC 6265bis section 4.1.3.2).
        case .secure: "\(rawValue)=\(text); Path=/; Secure; HttpOnly; SameSite=Strict"
        case .plain: "\(rawValue)=\(text); Path=\(Dashboard.path); HttpOnly; SameSite=Strict"
        }
    }

    /// Has the browser forget it.
    var removal: String { field("") + "; Max-Age=0" }

    /// Those of a request, the secure ones first.
    static func all(in headers: HTTPFields) -> [(cookie: SessionCookie, text: Substring)] {
        let pairs = headers[values: .cookie].flatMap { $0.split(separator: ";") }
        var found: [(cookie: SessionCookie, text: Substring)] = []
        for cookie in allCases {
            for pair in pairs {
                let pair = pair.drop { $0 == " " }
                if pair.hasPrefix(cookie.rawValue + "=") { found.append((cookie, pair.dropFirst(cookie.rawValue.count + 1))) }
            }
        }
        return Array(found.prefix(looked))
    }
}
