import HTTPTypes
import HummingbirdCore
import Logging
import Metrics
import TaskDomain
import TaskJSON
import TaskOperations

/// Signing in with a caller's key, what it brings, and signing out again. Where there is no keys file, whoever gets this far is in.
struct SignIn: Sendable {
    /// Of the body that shows a key.
    private static let maxBodyBytes = 4 << 10

    private let callers: Callers
    private let seal: SessionSeal
    private let failures: SignInFailures
    private let now: @Sendable () -> UnixSeconds
    private let logger: Logger
    private let unknown: Counter, ended: Counter, tooMany: Counter

    /// - Parameters:
    ///   - now: by the wall clock, which gateways of a cluster share well enough.
    ///   - metrics: where it is counted what was refused.
    init(
        callers: Callers, seal: SessionSeal, failures: SignInFailures = SignInFailures(), logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory, now: @escaping @Sendable () -> UnixSeconds = { SystemClock.now.second }
    ) {
        self.callers = callers
        self.seal = seal
        self.failures = failures
        self.now = now
        self.logger = logger
        func counter(_ reason: String) -> Counter {
            Counter(label: "gateway_sessions_refused", dimensions: [("reason", reason)], factory: metrics)
        }
        (unknown, ended, tooMany) = (counter("unknown"), counter("ended"), counter("rate"))
    }

    // MARK: Admission

    typealias Admitted = (caller: Caller, allowance: Allowance)

    /// Whose a request is, by its session.
    /// - Returns: also the cookie to send, where the session goes on for longer now.
    /// - Throws: 401 where it has none that holds, 429 where its key comes too often.
    func admit(_ headers: HTTPFields) throws(Problem) -> (admitted: Admitted, cookie: String?) {
        guard callers.keys != nil else { return (try callers.admit(authorization: []), nil) }
        let now = now(), cookies = SessionCookie.all(in: headers)
        for (cookie, text) in cookies {
            guard let claim = SessionSeal.read(text), claim.session.expires > now else { continue }
            let found = try callers.admit(claim.session.caller) { seal.holds(claim, for: $0) }
            guard let found else { continue }
            let renewed = claim.session.renewed(at: now).map { cookie.field(seal.text($0, found.key.digest)) }
            return (found.admitted, renewed)
        }
        if !cookies.isEmpty { ended.increment() }
        throw Problem(
            .unauthorized, cookies.isEmpty ? "sign in with a key of this API" : "the session has ended; sign in again",
            headers: [.wwwAuthenticate: #"Session realm="task-scheduler""#])
    }

    /// Whose a request with these headers is, where that counts for no rate; `nil`: nobody's.
    func caller(_ headers: HTTPFields) -> Caller? {
        guard callers.keys != nil else { return .anyone }
        let now = now()
        for (_, text) in SessionCookie.all(in: headers) {
            guard let claim = SessionSeal.read(text), claim.session.expires > now else { continue }
            if let caller = callers.caller(claim.session.caller, digest: { seal.holds(claim, for: $0) }) { return caller }
        }
        return nil
    }

    // MARK: The session

    /// Who is signed in.
    func session(_ headers: HTTPFields) throws(Problem) -> Answer {
        let (admitted, cookie) = try admit(headers)
        return answer(admitted.caller, cookie: cookie)
    }

    func signIn(_ request: Request, from address: AddressCounter.Address?) async throws(Problem) -> Answer {
        do throws(Problem) { try failures.check(address) } catch {
            tooMany.increment()
            throw error
        }
        let text = try Exchange.read(try SignIn.json(try await request.json(maxBytes: Self.maxBodyBytes)), as: SignInBody.type).key.value
        guard callers.keys != nil else { return answer(.anyone, cookie: nil) }
        guard let key = try callers.key(text) else {
            failures.record(address)
            unknown.increment()
            throw Problem.field("/key", "is not a key of this API")
        }
        logger.info("signed in", metadata: ["caller": "\(key.caller.name)", "role": "\(key.caller.role.rawValue)"])
        let cookie: SessionCookie = SameOrigin.isSecure(request.headers[.origin] ?? "") ? .secure : .plain
        return answer(key.caller, cookie: cookie.field(seal.text(Session(caller: key.caller.name, at: now()), key.digest)))
    }

    /// The browser forgets the session; that is all there is of it.
    func signOut(_ headers: HTTPFields) -> Answer {
        var answer = Answer(.noContent, bytes: [])
        answer.headers[.contentType] = nil
        for cookie in Set(SessionCookie.all(in: headers).map(\.cookie)) {
            answer.headers.append(HTTPField(name: .setCookie, value: cookie.removal))
        }
        return answer
    }

    private func answer(_ caller: Caller, cookie: String?) -> Answer {
        let may = Role.Effect.allCases.filter { caller.role.may($0) }.map { JSONValue.string("\($0)") }
        var answer = Answer(
            .ok,
            [
                "caller": .string(caller.name), "role": .string(caller.role.rawValue), "may": .array(may), "version": .string(Build.version),
                "needs_key": .bool(callers.keys != nil),
            ])
        if let cookie { answer.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return answer
    }

    private static func json(_ body: [UInt8]) throws(Problem) -> JSONValue {
        try Exchange(body: body).json(maxBytes: maxBodyBytes)
    }
}

/// The body of `POST /dashboard/api/session`.
struct SignInBody: Sendable {
    let key: Secret

    static let type = FieldType<SignInBody>.object { SignInBody(&$0) }

    private init(_ fields: inout FieldReader) {
        key = Secret(fields.required("key", .string(1...Callers.maxKeyBytes), help: "a key of this API", example: "KEY"))
    }
}
