/// Where the Edvora backend is: `EDVORA_BASE_URL`, checked.
public struct EdvoraBaseURL: Sendable, Hashable, CustomStringConvertible {
    private let text: String

    /// - Parameter text: an absolute `http` or `https` URL, perhaps with a path, without user name, query and
    ///   fragment. A final slash makes no difference.
    public init(_ text: String) throws(DeliveryError) {
        guard !text.utf8.contains(where: { $0 == 0x3F || $0 == 0x23 }) else {
            throw .setting("the base URL holds a query or a fragment; it may be like https://api.example.org/v1")
        }
        let request = DeliveryRequest(url: text, body: [])
        if let fault = RequestGuard.fault(of: request) {
            throw .setting("\(fault.detail); it may be like https://api.example.org/v1")
        }
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        self.text = text
    }

    public var description: String { text }

    /// The URL of a path below, which begins with a slash.
    func appending(_ path: String) -> String { text + path }
}
