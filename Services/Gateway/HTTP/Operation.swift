import HTTPTypes
import TaskDomain
import TaskJSON

/// One thing that callers can ask for: its route, what it takes, what it answers, and what carries it out. Requests are
/// routed and checked by this value, and it is what documentation is made of, so the two cannot drift.
struct Operation: Sendable {
    typealias Handler = @Sendable (Exchange) async throws(Problem) -> Answer

    /// A body that an operation takes.
    struct Body: Sendable {
        /// JSON values in the body of one request, lists and objects counted too.
        static let maxValues = 10_000

        let schema: @Sendable () -> JSONObject
        var maxBytes = Bounds.bodyBytes
        var maxValues = Body.maxValues
        var examples: [Example] = []
    }

    /// A request that a reader can try.
    struct Example: Sendable {
        let name: String
        let summary: String
        let value: JSONValue
        /// JSON pointers of instants that must lie in the future when it is sent.
        var futureTimes: [String] = []
    }

    /// A request header that means something to the operation.
    enum Header: Sendable, CaseIterable {
        case idempotencyKey, ifMatch
    }

    /// An answer that is no problem.
    struct Success: Sendable {
        let status: HTTPResponse.Status
        let description: String
        /// `nil`: the answer is no JSON.
        let schema: JSONObject?
        var headers: [String: String] = [:]
        var mediaType = "application/json"
    }

    let method: HTTPRequest.Method
    let path: PathTemplate
    /// Method and path, as metrics and logs name it.
    let route: String
    /// Unique; the operation's name in documentation.
    let name: String
    let summary: String
    private(set) var details = ""
    private(set) var tag = "Reminders"
    private(set) var body: Body?
    /// JSON Schema of the query's parameters.
    let query: (@Sendable () -> JSONObject)?
    private(set) var headers: [Header] = []
    private(set) var successes: [Success] = []
    /// Problems that only this operation has, with what they mean.
    private(set) var problems: [(status: HTTPResponse.Status, description: String)] = []
    /// Anyone may ask, whatever key callers need.
    private(set) var isPublic = false
    /// By which a caller's role may ask for it or not.
    private(set) var effect: Role.Effect
    let handle: Handler

    var takesBody: Bool { body != nil }
    var maxBodyBytes: Int { body?.maxBytes ?? 0 }

    /// An operation without a body.
    init(_ method: HTTPRequest.Method, _ path: PathTemplate, _ name: String, summary: String, handle: @escaping Handler) {
        self.init(method, path, name, summary, body: nil, query: nil, handle)
    }

    /// An operation on a JSON body: `handle` is called with one that is good in every field.
    init<Content>(
        _ method: HTTPRequest.Method, _ path: PathTemplate, _ name: String, summary: String, body: FieldType<Content>,
        maxBytes: Int = Bounds.bodyBytes, maxValues: Int = Body.maxValues,
        handle: @escaping @Sendable (Exchange, Content) async throws(Problem) -> Answer
    ) {
        self.init(
            method, path, name, summary, body: Body(schema: body.schema, maxBytes: maxBytes, maxValues: maxValues), query: nil
        ) { (exchange) async throws(Problem) -> Answer in
            try await handle(exchange, try exchange.read(body, maxBytes: maxBytes, maxValues: maxValues))
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
        body: Body?, query: (@Sendable () -> JSONObject)?, _ handle: @escaping Handler
    ) {
        self.method = method
        self.path = path
        route = "\(method.rawValue) \(path)"
        self.name = name
        self.summary = summary
        self.body = body
        self.query = query
        self.handle = handle
        // Whoever adds an operation and forgets to say more has not opened it to too many.
        effect = method == .get ? .reads : .changes
    }

    /// The same operation under another path.
    func also(at path: PathTemplate, named name: String) -> Operation {
        var other = Operation(method, path, name, summary, body: body, query: query, handle)
        (other.details, other.tag, other.headers) = (details, tag, headers)
        (other.successes, other.problems, other.isPublic) = (successes, problems, isPublic)
        other.effect = effect
        return other
    }

    // MARK: Documentation

    private func with(_ change: (inout Operation) -> Void) -> Operation {
        var operation = self
        change(&operation)
        return operation
    }

    /// More than the summary says.
    func explained(_ details: String) -> Operation { with { $0.details = details } }

    func tagged(_ tag: String) -> Operation { with { $0.tag = tag } }

    func taking(_ headers: Header...) -> Operation { with { $0.headers += headers } }

    func answering(
        _ status: HTTPResponse.Status, _ description: String, _ schema: JSONObject?, headers: [String: String] = [:],
        mediaType: String = "application/json"
    ) -> Operation {
        with {
            $0.successes.append(
                Success(status: status, description: description, schema: schema, headers: headers, mediaType: mediaType))
        }
    }

    func refusing(_ status: HTTPResponse.Status, _ description: String) -> Operation {
        with { $0.problems.append((status, description)) }
    }

    func example(
        _ name: String, _ summary: String, _ value: JSONValue, futureTimes: [String] = []
    ) -> Operation {
        with { $0.body?.examples.append(Example(name: name, summary: summary, value: value, futureTimes: futureTimes)) }
    }

    func having(_ effect: Role.Effect) -> Operation { with { $0.effect = effect } }

    func open() -> Operation { with { $0.isPublic = true } }
}

extension Exchange {
    /// The body as that type; every fault of it at once otherwise.
    func read<Body>(
        _ type: FieldType<Body>, maxBytes: Int = Bounds.bodyBytes, maxValues: Int = Operation.Body.maxValues
    ) throws(Problem) -> Body {
        try Exchange.read(try json(maxBytes: maxBytes, maxValues: maxValues), as: type)
    }

    /// The body, whatever it says.
    func json(maxBytes: Int = Bounds.bodyBytes, maxValues: Int = Operation.Body.maxValues) throws(Problem) -> JSONValue {
        do throws(JSONError) { return try JSONValue(parsing: body, maxBytes: maxBytes, maxValues: maxValues) } catch {
            if case .tooMany = error.reason { throw Problem(.contentTooLarge, "the body holds too much: \(error)") }
            throw Problem(.badRequest, "the body is not JSON: \(error)")
        }
    }

    /// - Parameter maxFaults: how many of its faults are named.
    static func read<Body>(
        _ value: JSONValue, as type: FieldType<Body>, maxFaults: Int = JSONFaults.maxKept
    ) throws(Problem) -> Body {
        let faults = JSONFaults(maxKept: maxFaults)
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
