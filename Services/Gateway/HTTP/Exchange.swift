import HTTPTypes
import HummingbirdCore
import NIOCore
import TaskDomain
import TaskJSON

/// A request as an operation sees it: routed, its body within bounds, not yet looked into.
struct Exchange: Sendable {
    let headers: HTTPFields
    /// Decoded values of the path's `{…}` parts, in order.
    let pathValues: [String]
    /// As in the request line, still encoded.
    let query: String
    let body: [UInt8]
    /// When it came.
    let now: UnixMilliseconds
    /// Who sent it.
    let caller: Caller
    /// The caller's allowance for more; `nil`: anything.
    let allowance: Allowance?
    /// Whose the request would be if it came now: a key may be taken away, or a session end, while it is answered. `nil`: nobody's.
    let again: @Sendable () -> Caller?

    init(
        headers: HTTPFields = [:], pathValues: [String] = [], query: String = "", body: [UInt8] = [],
        now: UnixMilliseconds = SystemClock.now, caller: Caller = .anyone, allowance: Allowance? = nil,
        again: @escaping @Sendable () -> Caller? = { .anyone }
    ) {
        self.caller = caller
        self.again = again
        self.allowance = allowance
        self.headers = headers
        self.pathValues = pathValues
        self.query = query
        self.body = body
        self.now = now
    }
}

/// What goes back: a JSON text with its status, or events without an end.
struct Answer: Sendable {
    let status: HTTPResponse.Status
    var headers: HTTPFields
    let body: [UInt8]
    /// What is sent in the body's place, as it comes.
    private let events: EventListener?

    init(_ status: HTTPResponse.Status, _ json: JSONValue, headers: HTTPFields = [:]) {
        self.init(status, bytes: json.bytes(), headers: headers)
    }

    /// - Parameter bytes: a JSON text.
    init(_ status: HTTPResponse.Status, bytes: [UInt8], headers: HTTPFields = [:]) {
        self.status = status
        self.headers = headers
        self.headers.addIfAbsent(.contentType, "application/json")
        body = bytes
        events = nil
    }

    init(_ events: EventListener, headers: HTTPFields) {
        status = .ok
        self.headers = headers
        body = []
        self.events = events
    }

    /// The body as a listener sends it.
    var responseBody: ResponseBody {
        events.map { ResponseBody(asyncSequence: $0) } ?? ResponseBody(byteBuffer: ByteBuffer(bytes: body))
    }
}
