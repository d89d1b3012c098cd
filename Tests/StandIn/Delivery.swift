/// One notification as received, checked against section 8 of the design.
struct Delivery {
    static let classroomPath = "/notifications/classroom"
    static let usersPath = "/notifications/users"

    let path: String
    /// The `Idempotency-Key` as it came, and what it says.
    let key: String
    let idempotency: IdempotencyKey?
    /// Unix milliseconds.
    let receivedAt: Int64
    let body: [UInt8]
    let traceparent: String
    let userAgent: String
    let contentType: String
    /// How long the credential was; it is kept nowhere.
    let authorizationBytes: Int
    /// Whether it was the expected one; nil if none is expected.
    let authorizationMatches: Bool?
    /// What deviates from the contract.
    let fault: String?
    private let titleRange: Range<Int>?

    init(_ request: Request, _ fields: RequestFields, receivedAt: Int64, expectedAuthorization: String?) {
        path = request.path
        key = fields.idempotencyKey
        idempotency = IdempotencyKey(fields.idempotencyKey)
        self.receivedAt = receivedAt
        body = request.body
        traceparent = fields.traceparent
        userAgent = fields.userAgent
        contentType = fields.contentType
        authorizationBytes = fields.authorization?.utf8.count ?? 0
        authorizationMatches = expectedAuthorization.map { $0 == fields.authorization }

        var fault = Self.fault(fields, idempotency)
        do throws(NotificationBody.Fault) {
            titleRange = try NotificationBody(request.body, forClassroom: path == Self.classroomPath).title
        } catch {
            titleRange = nil
            fault = fault ?? error.description
        }
        self.fault = fault
    }

    /// Unix seconds; 0 if the key does not say.
    var scheduledAt: Int64 { idempotency?.scheduledAt ?? 0 }

    /// Nil if it is not known when it was due.
    var latenessMilliseconds: Int64? { idempotency.map { receivedAt - $0.scheduledAt * 1_000 } }

    var title: String { titleRange.map { JSONText.decoded(body[$0]) } ?? "" }

    private static func fault(_ fields: RequestFields, _ key: IdempotencyKey?) -> String? {
        if fields.contentType != "application/json" { return "Content-Type is not application/json" }
        if fields.authorization == nil { return "no Authorization" }
        if key == nil { return "Idempotency-Key is not id:seconds" }
        let version = "task-scheduler/"
        if !fields.userAgent.hasPrefix(version) || fields.userAgent.utf8.count == version.utf8.count {
            return "User-Agent is not task-scheduler/version"
        }
        // 00-<32 hex>-<16 hex>-<2 hex>
        let parts = fields.traceparent.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        let isHex = parts.allSatisfy { $0.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }
        if !isHex || parts.map(\.count) != [2, 32, 16, 2] { return "traceparent is not W3C" }
        return nil
    }

    /// For a person.
    func text(status: Int) -> String {
        let second = receivedAt / 1_000 % 86_400
        let parts = [second / 3_600, second / 60 % 60, second % 60]
        let clock = parts.map { JSONText.padded($0, 2) }.joined(separator: ":")
        let late = latenessMilliseconds.map { "\($0) ms after its time" } ?? "due at no known time"
        let fault = fault.map { ": \($0)" } ?? ""
        return "\(clock).\(JSONText.padded(receivedAt % 1_000, 3))Z received \"\(JSONText.printable(title))\" for "
            + "\(JSONText.printable(key)), \(late), answered \(status)\(fault)"
    }

    /// For a program: one JSON object in one line.
    func line(status: Int) -> String {
        var line = """
            {"received_at_ms":\(receivedAt),"path":"\(path)","key":\(JSONText.encoded(key)),\
            "scheduled_at":\(scheduledAt),"status":\(status),"authorization_bytes":\(authorizationBytes)
            """
        if let authorizationMatches { line += ",\"authorization_matches\":\(authorizationMatches)" }
        line += """
            ,"traceparent":\(JSONText.encoded(traceparent)),"user_agent":\(JSONText.encoded(userAgent)),\
            "content_type":\(JSONText.encoded(contentType))
            """
        if let fault { line += ",\"fault\":\(JSONText.encoded(fault))" }
        return line + ",\"body\":\(titleRange == nil ? "null" : JSONText.inOneLine(body))}"
    }
}
