import TaskDomain
import TaskJSON

/// What a gateway, or what stands in its place, has answered.
struct GatewayAnswer: Sendable {
    /// Of what a gateway writes: reminders have arguments of ``JSONValue/maxDepth`` levels, and stand in a list in an object.
    private static let maxDepth = JSONValue.maxDepth + 3
    /// Values in the longest answer, a page of a list.
    private static let maxValues = 4_000_000
    /// Bytes of a problem's words that its reader is told.
    static let maxWordsBytes = 8_192

    let status: Int
    /// Whether it is a problem document (RFC 9457), which only a gateway writes about a gateway's matters.
    let isProblem: Bool
    /// What `Retry-After` asks for.
    let retryAfter: Duration?
    /// `nil` for what is no JSON.
    let json: JSONValue?

    init(status: Int, contentType: String?, retryAfter: String?, body: [UInt8]) {
        self.status = status
        json = try? JSONValue(parsing: body, maxBytes: body.count, maxDepth: Self.maxDepth, maxValues: Self.maxValues)
        isProblem = contentType?.lowercased().hasPrefix("application/problem+json") ?? false
        // A date, which HTTP allows too, no gateway says.
        self.retryAfter = retryAfter.flatMap { UInt32($0) }.map { .seconds($0) }
    }

    /// What the problem document says, all its faults included; `nil` where there is none.
    /// - Parameter redaction: of the key, which something else than a gateway may quote.
    func words(_ redaction: Redaction) -> String? {
        guard isProblem, case .string(let detail)? = json?["detail"] else { return nil }
        var words = detail
        if case .array(let faults)? = json?["errors"] {
            let listed = faults.compactMap { fault -> String? in
                guard case .string(let detail)? = fault["detail"] else { return nil }
                guard case .string(let place)? = fault["pointer"] ?? fault["parameter"] ?? fault["header"] else { return detail }
                return place.isEmpty ? detail : "\(place) \(detail)"
            }
            if !listed.isEmpty { words += ": " + listed.joined(separator: "; ") }
        }
        return redaction.line(words.utf8, limit: Self.maxWordsBytes)
    }
}
