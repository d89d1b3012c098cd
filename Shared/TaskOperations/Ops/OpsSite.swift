public import HummingbirdCore
public import NIOCore

/// What a service serves on its ops listener beside health and metrics: everything below one path.
public struct OpsSite: Sendable {
    /// Answers a request whose path is the site's. Given where the connection comes from.
    public typealias Responder = @Sendable (Request, SocketAddress?) async -> Response

    let path: String
    let isHome: Bool
    let handlers: @Sendable () -> [any RemovableChannelHandler]
    let respond: Responder

    /// - Parameters:
    ///   - path: where it begins, `/dashboard`. It has that path and all that go on with a slash.
    ///   - isHome: whether a browser that opens the listener's address alone is led there.
    ///   - handlers: made for each connection, between HTTP's decoder and what handles requests.
    public init(
        path: String, isHome: Bool = true, handlers: @escaping @Sendable () -> [any RemovableChannelHandler] = { [] },
        respond: @escaping Responder
    ) {
        self.path = path
        self.isHome = isHome
        self.handlers = handlers
        self.respond = respond
    }

    func has(_ path: String) -> Bool {
        path.hasPrefix(self.path) && (path.utf8.count == self.path.utf8.count || path.dropFirst(self.path.count).first == "/")
    }
}
