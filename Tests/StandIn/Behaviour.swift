import FoundationEssentials

/// How notifications are answered. The body of `POST /control`; what it leaves out is as at the start.
struct Behaviour: Decodable {
    /// The answer's status; 0 closes the connection without one.
    var status = 200
    /// The value of `Retry-After` beside any status but 2xx.
    var retryAfter: String?
    var delayMilliseconds = 0
    /// The first so many attempts at each key get `status`, later ones 200; absent: all get it.
    var failFirst: Int?
    /// Only notifications with this title get `status`, others 200; absent: all get it.
    var title: String?
    /// Only notifications with these `Idempotency-Key`s get `status`, others 200; absent: all get it.
    var keys: Set<String>?
    /// Credentials other than these get 401; absent: all are good.
    var credentials: Set<String>?

    private var attempts: [IdempotencyKey: Int] = [:]

    private enum Name: String, CodingKey, CaseIterable {
        case status, title, keys, credentials
        case retryAfter = "retry_after", delayMilliseconds = "delay_ms", failFirst = "fail_first"
    }

    private struct AnyName: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let names = try decoder.container(keyedBy: AnyName.self).allKeys
        guard names.allSatisfy({ Name(stringValue: $0.stringValue) != nil }) else {
            let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault(description: "an unknown field; these are known: \(known)")
        }
        let values = try decoder.container(keyedBy: Name.self)
        status = try values.decodeIfPresent(Int.self, forKey: .status) ?? 200
        retryAfter = try values.decodeIfPresent(String.self, forKey: .retryAfter)
        delayMilliseconds = try values.decodeIfPresent(Int.self, forKey: .delayMilliseconds) ?? 0
        failFirst = try values.decodeIfPresent(Int.self, forKey: .failFirst)
        title = try values.decodeIfPresent(String.self, forKey: .title)
        keys = try values.decodeIfPresent(Set<String>.self, forKey: .keys)
        credentials = try values.decodeIfPresent(Set<String>.self, forKey: .credentials)
        guard status == 0 || (200...599).contains(status) else {
            throw Fault(description: "status may be 0 or 200 to 599")
        }
        guard (0...600_000).contains(delayMilliseconds) else {
            throw Fault(description: "delay_ms may be 0 to 600000")
        }
    }

    mutating func reply(to delivery: Delivery, authorization: String) -> Reply {
        if let credentials, !credentials.contains(authorization) {
            // As careless backends do: whoever keeps this answer must not keep the credential.
            let quoted = authorization.filter { $0 != "\"" && $0 != "\\" }
            return Reply(
                status: 401, body: #"{"error":"the credential is not accepted: \#(quoted)"}"#,
                delayMilliseconds: delayMilliseconds)
        }
        var status = status
        if let title, delivery.title != title { status = 200 }
        if let keys, !keys.contains(delivery.key) { status = 200 }
        if let failFirst, status != 200, let key = delivery.idempotency {
            attempts[key, default: 0] += 1
            if attempts[key, default: 0] > failFirst { status = 200 }
        }
        let isGood = (200..<300).contains(status)
        return Reply(
            status: status, body: isGood ? Reply.success : #"{"error":"told to fail"}"#,
            retryAfter: isGood ? nil : retryAfter, delayMilliseconds: delayMilliseconds)
    }
}
