import HTTPTypes
import TaskDomain
import TaskOperations

/// Takes of browsers only what the listener's own page asks, and of others only what says that it is no browser's doing: beyond what a
/// ``BrowserGuard`` refuses anywhere, since here a request brings who it is without the page's doing.
enum SameOrigin {
    /// - Throws: 403 that says what is missing, 415 for another type than JSON.
    static func check(_ head: HTTPRequest) throws(Problem) {
        let isSafe = head.method == .get || head.method == .head
        let site = head.headerFields[.secFetchSite]
        // An address that somebody typed may show what is there.
        guard site == nil || site == "same-origin" || isSafe && site == "none" else {
            throw Problem(.forbidden, "Sec-Fetch-Site must be same-origin: only the dashboard's own page may ask this; nothing was done")
        }
        guard !isSafe else { return }
        guard let origin = head.headerFields[.origin], let host = head.authority, isSame(origin, host) else {
            throw Problem(.forbidden, "Origin must be the address that Host has: only the dashboard's own page may ask this; nothing was done")
        }
        guard site != nil || !tellsSite(origin, host) else {
            throw Problem(.forbidden, "Sec-Fetch-Site is missing, which browsers send; use another that does. Nothing was done")
        }
        try MediaType.requireJSON(head.headerFields)
    }

    /// The scheme may differ from the listener's own, as in ``BrowserGuard``.
    private static func isSame(_ origin: String, _ host: String) -> Bool {
        ["http://", "https://"].contains { origin.lowercased() == $0 + host.lowercased() }
    }

    /// Whether browsers say where a request comes from: they do over HTTPS and to this machine.
    private static func tellsSite(_ origin: String, _ host: String) -> Bool {
        isSecure(origin) || (Endpoint(host) ?? Endpoint(host + ":80"))?.isLoopback ?? false
    }

    /// Whether the browser speaks HTTPS, to what stands before the listener.
    static func isSecure(_ origin: String) -> Bool { origin.lowercased().hasPrefix("https://") }
}
