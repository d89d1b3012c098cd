import Domain
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Operations

/// What an operation needs of a connection: nothing.
struct APIContext: InitializableFromSource, Sendable {
    init(source: ApplicationRequestContextSource) {}
}

/// Takes requests to their operations. Whatever goes wrong is answered as problem+json.
struct APIResponder: HTTPResponder {
    private let routes: RouteTable
    private let callers: Callers
    private let browsers: BrowserGuard
    private let metrics: RequestMetrics
    private let failures: FailureLog

    /// - Parameter browsers: what is refused of browsers.
    init(routes: RouteTable, callers: Callers, browsers: BrowserGuard = BrowserGuard(), logger: Logger) {
        self.routes = routes
        self.callers = callers
        self.browsers = browsers
        failures = FailureLog(logger)
        metrics = RequestMetrics(routes.operations)
    }

    /// Of a body to that path.
    func maxBodyBytes(_ path: String) -> Int { routes.maxBodyBytes(path) }

    /// A request was answered with that before it came here.
    func refused(_ head: HTTPRequest, with problem: Problem) {
        let path = (head.path ?? "/").prefix { $0 != "?" }
        let match = routes.match(head.method, String(path))
        failures.record(problem, route: match.route)
        metrics.count(match.route, status: problem.status.code)
    }

    func respond(to request: Request, context: APIContext) async throws -> Response {
        let start = ContinuousClock.now
        let match = routes.match(request.method, request.uri.path)
        let answer: Answer
        do throws(Problem) {
            answer = try await carryOut(match, request)
        } catch {
            answer = error.answer
            if error.status.kind == .serverError { failures.record(error, route: match.route) }
        }
        metrics.record(match.route, status: answer.status.code, ContinuousClock.now - start)
        var response = Response(
            status: answer.status, headers: answer.headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func carryOut(_ match: RouteTable.Match, _ request: Request) async throws(Problem) -> Answer {
        // Before anything is told or done, also of what anyone may ask for.
        do throws(BrowserGuard.Refusal) { try browsers.check(request.head) } catch {
            callers.count(error)
            throw Problem(.forbidden, "\(error)")
        }
        var caller = Caller.anyone, allowance: Allowance?
        if case .operation(let operation, _) = match, operation.isPublic {} else {
            (caller, allowance) = try callers.admit(authorization: request.headers[values: .authorization])
        }
        switch match {
        case .nothing: throw Problem(.notFound, "there is nothing at this path")
        case .otherMethods(let methods):
            let allowed = methods.map(\.rawValue).joined(separator: ", ")
            throw Problem(.methodNotAllowed, "this path takes \(allowed)", headers: [.allow: allowed])
        case .operation(let operation, let pathValues):
            try operation.admit(caller.role)
            let exchange = Exchange(
                headers: request.headers, pathValues: pathValues, query: request.uri.query ?? "",
                body: operation.takesBody ? try await body(of: request, maxBytes: operation.maxBodyBytes) : [], caller: caller,
                allowance: allowance)
            return try await operation.handle(exchange)
        }
    }

    private func body(of request: Request, maxBytes: Int) async throws(Problem) -> [UInt8] {
        try MediaType.requireJSON(request.headers)
        let length = request.headers[.contentLength].flatMap { Int($0) }
        if let length, length > maxBytes { throw .tooLarge(maxBytes) }
        var bytes: [UInt8] = []
        // Nearly all bodies come in one piece, and then their length is that of the piece.
        bytes.reserveCapacity(length ?? 0)
        do {
            for try await piece in request.body {
                guard piece.readableBytes <= maxBytes - bytes.count else { throw Problem.tooLarge(maxBytes) }
                let needed = bytes.count + piece.readableBytes
                // By itself it would grow to twice what it holds, which is beyond the memory that was taken for it.
                if needed > bytes.capacity { bytes.reserveCapacity(min(max(2 * bytes.count, needed), maxBytes)) }
                bytes.append(contentsOf: piece.readableBytesView)
            }
        } catch let problem as Problem {
            throw problem
        } catch let refusal as BodyMemory.Refusal {
            throw refusal.problem
        } catch {
            // The connection broke, so nobody reads this.
            throw Problem(.badRequest, "the body did not arrive whole")
        }
        return bytes
    }
}

extension Operation {
    /// - Throws: 403 that says whose callers may ask for it.
    fileprivate func admit(_ role: Role) throws(Problem) {
        guard !role.may(effect) else { return }
        throw Problem(.forbidden, "the caller's role is \(role.rawValue), and \(name) is for: \(effect.roles.map(\.rawValue).joined(separator: ", "))")
    }
}

extension Problem {
    /// The rest of the body is not read, so the connection cannot go on.
    static func tooLarge(_ maxBytes: Int) -> Problem {
        Problem(.contentTooLarge, "the body has more than \(maxBytes) bytes", headers: [.connection: "close"])
    }
}

extension RouteTable.Match {
    /// What metrics and logs name it: from the table, never from the request.
    fileprivate var route: String {
        switch self {
        case .operation(let operation, _): operation.route
        case .otherMethods: "other method"
        case .nothing: "no such path"
        }
    }
}

/// `Content-Type` and `Content-Encoding` of requests.
enum MediaType {
    private static let known: Set<String> = ["application/json", "application/merge-patch+json"]

    static func requireJSON(_ headers: HTTPFields) throws(Problem) {
        if isPlainJSON(headers) { return }
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(.unsupportedMediaType, "send the body without Content-Encoding", headers: [.acceptEncoding: "identity"])
        }
        guard let type = headers[.contentType] else {
            throw Problem(.unsupportedMediaType, "the request has no Content-Type; send JSON with application/json")
        }
        let parts = type.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        // JSON is UTF-8; the parameter has no meaning, but many clients send it.
        let isUTF8 = parts.dropFirst().allSatisfy {
            !$0.hasPrefix("charset=") || $0 == "charset=utf-8" || $0 == "charset=\"utf-8\""
        }
        guard let name = parts.first, known.contains(name), isUTF8 else {
            throw Problem(.unsupportedMediaType, "the Content-Type must be application/json, in UTF-8")
        }
    }

    /// Whether the headers say JSON in the way that nearly all clients do: one look at each is enough.
    private static func isPlainJSON(_ headers: HTTPFields) -> Bool {
        var types = 0
        for field in headers {
            if field.name == .contentEncoding { return false }
            if field.name == .contentType {
                guard field.value == "application/json" else { return false }
                types += 1
            }
        }
        return types == 1
    }
}
