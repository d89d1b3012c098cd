import Domain
import HTTPTypes
import JSON

/// One thing that callers can ask for: its route, what it takes, and what carries it out. Requests are routed and
/// checked by this value, and it is what documentation is made of, so the two cannot drift.
struct Operation: Sendable {
    typealias Handler = @Sendable (Exchange) async throws(Problem) -> Answer

    let method: HTTPRequest.Method
    let path: PathTemplate
    /// Method and path, as metrics and logs name it.
    let route: String
    /// Unique; the operation's name in documentation.
    let name: String
    let summary: String
    /// JSON Schema of the body, if it takes one; and of the query's parameters.
    let body: (@Sendable () -> JSONObject)?
    let query: (@Sendable () -> JSONObject)?
    let handle: Handler

    var takesBody: Bool { body != nil }

    /// An operation without a body.
    init(_ method: HTTPRequest.Method, _ path: PathTemplate, _ name: String, summary: String, handle: @escaping Handler) {
        self.init(method, path, name, summary, body: nil, query: nil, handle)
    }

    /// An operation on a JSON body: `handle` is called with one that is good in every field.
    init<Body>(
        _ method: HTTPRequest.Method, _ path: PathTemplate, _ name: String, summary: String, body: FieldType<Body>,
        handle: @escaping @Sendable (Exchange, Body) async throws(Problem) -> Answer
    ) {
        self.init(method, path, name, summary, body: body.schema, query: nil) { (exchange) async throws(Problem) -> Answer in
            try await handle(exchange, try exchange.read(body))
        }
    }

    /// An operation with parameters in its query.
    init<Query>(
        _ method: HTTPRequest.Method, _ path: PathTemplate, _ name: String, summary: String, query: FieldType<Query>,
        handle: @escaping @Sendable (Exchange, Query) async throws(Problem) -> Answer
    ) {
        let reader = QueryReader(query)
        self.init(method, path, name, summary, body: nil, query: query.schema) { (exchange) async throws(Problem) -> Answer in
            try await handle(exchange, try reader.read(exchange.query))
        }
    }

    private init(
        _ method: HTTPRequest.Method, _ path: PathTemplate, _ name: String, _ summary: String,
        body: (@Sendable () -> JSONObject)?, query: (@Sendable () -> JSONObject)?, _ handle: @escaping Handler
    ) {
        self.method = method
        self.path = path
        route = "\(method.rawValue) \(path)"
        self.name = name
        self.summary = summary
        self.body = body
        self.query = query
        self.handle = handle
    }

    /// The same operation under another path.
    func also(at path: PathTemplate, named name: String) -> Operation {
        Operation(method, path, name, summary, body: body, query: query, handle)
    }
}

extension Exchange {
    /// The body as that type; every fault of it at once otherwise.
    func read<Body>(_ type: FieldType<Body>) throws(Problem) -> Body {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: body, maxBytes: Bounds.bodyBytes) } catch {
            throw Problem(.badRequest, "the body is not JSON: \(error)")
        }
        let faults = JSONFaults()
        guard let body = type.read(value, at: JSONPlace(faults)), faults.isEmpty else { throw .content(faults) }
        return body
    }

    /// The reminder that the path names.
    var reminderID: ReminderID {
        get throws(Problem) {
            guard let text = pathValues.first, let id = ReminderID(text) else {
                throw Problem(.notFound, "there is no such reminder; an id looks like 01932c07-209c-7123-8abc-0123456789ab")
            }
            return id
        }
    }
}
