import HTTPTypes
import Hummingbird
import NIOCore

/// What the ops listener's requests need of their connection.
struct OpsContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}

/// Holds the ops listener's requests to a ``BrowserGuard``, and takes them to the service's own site or to what every service has.
struct OpsResponder<Base: HTTPResponder>: HTTPResponder where Base.Context == OpsContext {
    typealias Context = OpsContext

    let guardian: BrowserGuard
    let site: OpsSite?
    let base: Base

    @concurrent func respond(to request: Request, context: OpsContext) async throws -> Response {
        do throws(BrowserGuard.Refusal) { try guardian.check(request.head) } catch { return Self.answer(error) }
        guard let site, site.has(request.uri.path) else { return try await base.respond(to: request, context: context) }
        return await site.respond(request, context.remoteAddress)
    }

    /// The refusal as RFC 9457 has it, like the API's.
    private static func answer(_ refusal: BrowserGuard.Refusal) -> Response {
        let problem = #"{"title":"Forbidden","status":403,"detail":"\#(refusal)"}"#
        return OpsServer.text(.forbidden, problem, type: "application/problem+json")
    }
}
