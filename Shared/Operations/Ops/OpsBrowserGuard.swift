import HTTPTypes
import Hummingbird
import NIOCore

/// Holds the ops listener's requests to a ``BrowserGuard``.
struct OpsBrowserGuard: RouterMiddleware {
    typealias Context = BasicRequestContext

    let guardian: BrowserGuard

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do throws(BrowserGuard.Refusal) { try guardian.check(request.head) } catch { return Self.answer(error) }
        return try await next(request, context)
    }

    /// The refusal as RFC 9457 has it, like the API's.
    private static func answer(_ refusal: BrowserGuard.Refusal) -> Response {
        let problem = #"{"title":"Forbidden","status":403,"detail":"\#(refusal)"}"#
        return OpsServer.text(.forbidden, problem, type: "application/problem+json")
    }
}
