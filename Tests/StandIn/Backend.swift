import FoundationEssentials
import NIOCore

#if canImport(Glibc)
import Glibc
#endif

/// What the backend has received, and how it answers.
///
/// @unchecked Sendable is safe because it is used on the one event loop only, and before that loop runs anything.
final class Backend: @unchecked Sendable {
    private let options: Options
    private var behaviour = Behaviour()
    private var ledger = Ledger()
    private let record: RecordFile?

    init(_ options: Options) throws {
        self.options = options
        record = try options.record.map(RecordFile.init(path:))
    }

    func answer(_ request: Request) -> Reply {
        switch (request.head.method, request.path) {
        case (.GET, "/control/summary"): Reply(status: 200, body: ledger.summary)
        case (.GET, "/control/deliveries"): Reply(status: 200, body: ledger.lines, contentType: "application/x-ndjson")
        case (.POST, "/control"): control(request)
        case (.POST, "/control/reset"): reset()
        case (.POST, "/notifications/classroom"), (.POST, "/notifications/users"): notification(request)
        default: Reply(status: 404, body: #"{"error":"no such path"}"#)
        }
    }

    /// Sets how notifications are answered from now on; what the body does not name goes back to its default.
    private func control(_ request: Request) -> Reply {
        do {
            behaviour = try JSONDecoder().decode(Behaviour.self, from: Data(request.body.utf8))
            return Reply(status: 200, body: "{}")
        } catch {
            return Reply(status: 400, body: #"{"error":"not a behaviour"}"#)
        }
    }

    private func reset() -> Reply {
        behaviour = Behaviour()
        ledger = Ledger()
        return Reply(status: 200, body: "{}")
    }

    private func notification(_ request: Request) -> Reply {
        let now = Backend.now
        let delivery = Delivery(request, receivedAt: now)
        var reply: Reply
        if let fault = delivery.fault {
            reply = Reply(status: 400, body: #"{"error":"\#(fault)"}"#)
        } else {
            reply = behaviour.reply(to: delivery, request.header("Authorization") ?? "", now: now)
        }
        ledger.add(delivery, status: reply.status)
        record?.append(delivery.line(status: reply.status))
        if options.prints { Output.line(delivery.text(status: reply.status)) }
        return reply
    }

    func finish() { record?.flush() }

    /// Unix milliseconds.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// How notifications are answered. The body of `POST /control`.
struct Behaviour: Decodable {
    /// The answer's status; 0 closes the connection without one.
    var status = 200
    var retryAfter: String?
    var delayMilliseconds = 0
    /// The first so many attempts at each key get `status`, later ones 200; absent: all get it.
    var failFirst: Int?
    /// Notifications with this title get `status`, others 200; absent: all get it.
    var title: String?
    /// Credentials other than these get 401; absent: all are good.
    var credentials: [String]?

    private var attempts: [String: Int] = [:]

    enum CodingKeys: String, CodingKey {
        case status, title, credentials
        case retryAfter = "retry_after", delayMilliseconds = "delay_ms", failFirst = "fail_first"
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        status = try values.decodeIfPresent(Int.self, forKey: .status) ?? 200
        retryAfter = try values.decodeIfPresent(String.self, forKey: .retryAfter)
        delayMilliseconds = try values.decodeIfPresent(Int.self, forKey: .delayMilliseconds) ?? 0
        failFirst = try values.decodeIfPresent(Int.self, forKey: .failFirst)
        title = try values.decodeIfPresent(String.self, forKey: .title)
        credentials = try values.decodeIfPresent([String].self, forKey: .credentials)
    }

    mutating func reply(to delivery: Delivery, _ authorization: String, now: Int64) -> Reply {
        if let credentials, !credentials.contains(authorization) {
            // As careless backends do: whoever keeps this answer must not keep the credential.
            return Reply(status: 401, body: #"{"error":"the credential is not accepted: \#(authorization)"}"#)
        }
        var status = status
        if let title, delivery.title != title { status = 200 }
        if let failFirst, status != 200 {
            attempts[delivery.key, default: 0] += 1
            if attempts[delivery.key, default: 0] > failFirst { status = 200 }
        }
        let isGood = (200..<300).contains(status)
        return Reply(
            status: status, body: isGood ? #"{"message":"success"}"# : #"{"error":"told to fail"}"#,
            retryAfter: isGood ? nil : retryAfter, delayMilliseconds: delayMilliseconds)
    }
}
