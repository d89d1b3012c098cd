import HTTPTypes
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import TaskOperations

/// The dashboard on the ops listener: one page, whatever is below its address, its files, and the API, mounted where the page may ask it
/// and where it takes nothing but a session.
struct Dashboard: Sendable {
    static let path = "/dashboard"
    private static let api = path + "/api"
    private static let session = "/session"

    let files: PageFiles
    let responder: APIResponder
    let signIn: SignIn
    /// The places and the memory of all requests of the gateway.
    let admission: Admission
    let memory: BodyMemory
    /// Why nobody is let in, for whoever asks; `nil`: they are.
    let closed: String?

    // MARK: Requests

    func respond(to request: Request, from address: SocketAddress?) async -> Response {
        let path = request.uri.path
        var response =
            if let path = Self.apiPath(path) { await ask(request, at: path, from: address) } else { page(request, at: path) }
        for field in PagePolicy.answer where response.headers[field.name] == nil { response.headers.append(field) }
        return response
    }

    /// What follows the address of the API in a path or a request's target; `nil` where it is not below that.
    private static func apiPath(_ path: String) -> String? {
        path.hasPrefix(api + "/") ? String(path.dropFirst(api.count)) : nil
    }

    private func page(_ request: Request, at path: String) -> Response {
        if let closed { return Self.plain(.forbidden, closed) }
        guard request.method == .get || request.method == .head else { return Problem.methodNotAllowed([.get, .head]).answer.response(to: request) }
        var (headers, body) = (PagePolicy.page, files.page)
        if path.hasPrefix(Self.path + "/assets/") {
            guard let file = files.file(path) else { return Self.plain(.notFound, "there is no such file; load the page again") }
            (headers, body) = file
        }
        let response = Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
        return request.method == .head ? response.createHeadResponse() : response
    }

    private static func plain(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"], body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
    }

    private func ask(_ request: Request, at path: String, from address: SocketAddress?) async -> Response {
        if path == Self.session { return await session(request, from: address).response(to: request) }
        guard !admission.isFull else { return admission.problem.answer.response(to: request) }
        admission.enter()
        defer { admission.leave() }
        var cookie: String?
        let signIn = signIn, headers = request.headers
        var response = await responder.respond(to: request, at: path, again: { signIn.caller(headers) }) { (_) throws(Problem) in
            try check(request)
            let (admitted, renewed) = try signIn.admit(request.headers)
            cookie = renewed
            return admitted
        }
        if let cookie { response.headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return response
    }

    private func session(_ request: Request, from address: SocketAddress?) async -> Answer {
        do throws(Problem) {
            try check(request)
            switch request.method {
            case .get, .head: return try signIn.session(request.headers)
            case .post: return try await signIn.signIn(request, from: AddressCounter.Address(address))
            case .delete: return signIn.signOut(request.headers)
            default: throw .methodNotAllowed([.get, .head, .post, .delete])
            }
        } catch { return error.answer }
    }

    private func check(_ request: Request) throws(Problem) {
        if let closed { throw Problem(.forbidden, closed) }
        try SameOrigin.check(request.head)
    }

    // MARK: Connections

    /// What the ops listener serves of it. Its connections are held to the same bounds as the API's, except that none is refused for where
    /// it comes from, and health is told however many requests are under way.
    func site(logger: Logger) -> OpsSite {
        let crowd = Crowd(limit: OpsServer.maxConnections), refusals = ConnectionRefusals(logger, metrics: MetricsSystem.factory)
        let memory = memory, responder = responder, noMemory = BodyMemory.Refusal.full.problem
        let maxBodyBytes: @Sendable (String) -> Int = { target in Self.apiPath(target).map(responder.maxBodyBytes) ?? Bounds.bodyBytes }
        return OpsSite(
            path: Self.path, isHome: closed == nil,
            handlers: {
                let place = ConnectionPlace(crowd: crowd, addresses: AddressCounter(limit: 0), refusals: refusals)
                let bodies = BodyGuard(memory: memory, maxBodyBytes: maxBodyBytes, refusal: noMemory.answer) { head in
                    var head = head
                    head.path = Self.apiPath(head.path ?? "")
                    responder.refused(head, with: noMemory)
                }
                let connection = ConnectionGuard(
                    kind: .connection(crowd), maxBodyBytes: maxBodyBytes, listeners: [bodies])
                return [place, connection, bodies]
            }, respond: respond)
    }
}
