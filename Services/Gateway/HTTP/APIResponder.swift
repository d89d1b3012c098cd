import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TaskDomain
import TaskOperations

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
        let authorization = request.headers[values: .authorization]
        return await respond(to: request, at: request.uri.path, again: { callers.caller(authorization: authorization) }) { (isPublic) throws(Problem) in
            // Before anything is told or done, also of what anyone may ask for.
            do throws(BrowserGuard.Refusal) { try browsers.check(request.head) } catch {
                callers.count(error)
                throw Problem(.forbidden, "\(error)")
            }
            guard !isPublic else { return nil }
            return try callers.admit(authorization: authorization)
        }
    }

    /// - Parameters:
    ///   - path: the operation's, still encoded: the request's own, or what follows the address at which the API is mounted.
    ///   - again: whose request it would be later, if it came then.
    ///   - admit: says whose request it is, or refuses it. Given whether anyone may ask for the operation, which need then not be known.
    func respond(to request: Request, at path: String, again: @escaping @Sendable () -> Caller?, admit: Admit) async -> Response {
        let start = ContinuousClock.now
        let match = routes.match(request.method, path)
        let answer: Answer
        do throws(Problem) {
            answer = try await carryOut(match, request, again, admit)
        } catch {
            answer = error.answer
            if error.status.kind == .serverError { failures.record(error, route: match.route) }
        }
        metrics.record(match.route, status: answer.status.code, ContinuousClock.now - start)
        return answer.response(to: request)
    }

    typealias Admit = (_ isPublic: Bool) throws(Problem) -> (caller: Caller, allowance: Allowance)?

    private func carryOut(
        _ match: RouteTable.Match, _ request: Request, _ again: @escaping @Sendable () -> Caller?, _ admit: Admit
    ) async throws(Problem) -> Answer {
        let isPublic = if case .operation(let operation, _) = match { operation.isPublic } else { false }
        let admitted = try admit(isPublic)
        switch match {
        case .nothing: throw Problem(.notFound, "there is nothing at this path")
        case .otherMethods(let methods): throw .methodNotAllowed(methods)
        case .operation(let operation, let pathValues):
            let caller = admitted?.caller ?? .anyone
            try operation.admit(caller.role)
            let exchange = Exchange(
                headers: request.headers, pathValues: pathValues, query: request.uri.query ?? "",
                body: operation.takesBody ? try await request.json(maxBytes: operation.maxBodyBytes) : [], caller: caller,
                allowance: admitted?.allowance, again: again)
            return try await operation.handle(exchange)
        }
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
    static func methodNotAllowed(_ methods: [HTTPRequest.Method]) -> Problem {
        let allowed = methods.map(\.rawValue).joined(separator: ", ")
        return Problem(.methodNotAllowed, "this path takes \(allowed)", headers: [.allow: allowed])
    }
}

extension Answer {
    func response(to request: Request) -> Response {
        var response = Response(status: status, headers: headers, body: responseBody)
        response.headers.addIfAbsent(.cacheControl, "no-store")
        return request.method == .head ? response.createHeadResponse() : response
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
