import FoundationEssentials

/// One notification as received, checked against section 8 of the design.
struct Delivery {
    let path: String
    /// The `Idempotency-Key`.
    let key: String
    /// Unix milliseconds.
    let receivedAt: Int64
    /// Unix seconds, from the key.
    let scheduledAt: Int64
    let title: String
    let body: String
    let traceparent: String
    let userAgent: String
    /// How long the credential was; it is kept nowhere.
    let authorizationBytes: Int
    /// What deviates from the contract.
    let fault: String?

    var latenessMilliseconds: Int64 { receivedAt - scheduledAt * 1_000 }

    init(_ request: Request, receivedAt: Int64) {
        path = request.path
        key = request.header("Idempotency-Key") ?? ""
        self.receivedAt = receivedAt
        scheduledAt = key.split(separator: ":").last.flatMap { Int64($0) } ?? 0
        body = request.body
        traceparent = request.header("traceparent") ?? ""
        userAgent = request.header("User-Agent") ?? ""
        authorizationBytes = request.header("Authorization")?.utf8.count ?? 0
        let message = try? JSONDecoder().decode(Message.self, from: Data(request.body.utf8))
        title = message?.payload.title ?? ""
        fault = Self.fault(request, key, userAgent, traceparent, message)
    }

    private static func fault(
        _ request: Request, _ key: String, _ userAgent: String, _ traceparent: String, _ message: Message?
    ) -> String? {
        if request.header("Content-Type") != "application/json" { return "Content-Type is not application/json" }
        if request.header("Authorization") == nil { return "no Authorization" }
        let parts = key.split(separator: ":")
        if parts.count != 2 || parts[0].utf8.count != 36 || Int64(parts[1]) == nil { return "Idempotency-Key is not id:seconds" }
        if !userAgent.hasPrefix("task-scheduler/") { return "User-Agent is not task-scheduler/version" }
        if traceparent.utf8.count != 55 { return "traceparent is not W3C" }
        guard let message else { return "the body has not the fields of a notification" }
        if request.path.hasSuffix("classroom") {
            if message.classroom_id == nil || message.topic != message.classroom_id { return "classroom_id or topic is wrong" }
            if message.payload.classroom_id != message.classroom_id { return "payload.classroom_id is wrong" }
            if !message.usernames.isEmpty { return "usernames is not empty" }
        } else if message.usernames.isEmpty || message.classroom_id != nil || message.payload.classroom_id != nil {
            return "users are missing, or a classroom is named"
        }
        return nil
    }

    /// For a person.
    func text(status: Int) -> String {
        "received \"\(title)\" for \(key), \(latenessMilliseconds) ms after its time, answered \(status)\(fault.map { ": \($0)" } ?? "")"
    }

    /// For a program: one JSON object.
    func line(status: Int) -> String {
        """
        {"received_at_ms":\(receivedAt),"path":"\(path)","key":"\(Self.escaped(key))","scheduled_at":\(scheduledAt),\
        "status":\(status),"authorization_bytes":\(authorizationBytes),"traceparent":"\(Self.escaped(traceparent))",\
        "user_agent":"\(Self.escaped(userAgent))","body":\(fault == nil ? body : "null")}
        """
    }

    private static func escaped(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0 == "\"" || $0 == "\\" ? "?" : Character($0) })
    }

    private struct Message: Decodable {
        struct Payload: Decodable {
            enum ItemID: Decodable {
                case one(String), many([String])

                init(from decoder: any Decoder) throws {
                    let value = try decoder.singleValueContainer()
                    if let one = try? value.decode(String.self) { self = .one(one) } else { self = .many(try value.decode([String].self)) }
                }
            }

            let title: String, body: String, image: String, kind: Int, classroom_id: String?
            let created_at: Int64, created_by: String, item_id: ItemID, action: Bool, action_path: [String], extra_path: String
        }

        let classroom_id: String?
        let topic: String?
        let payload: Payload
        let usernames: [String]
    }
}
