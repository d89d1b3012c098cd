/// What an engine is doing and has done; a moment's picture.
public struct DeliveryStatistics: Sendable, Hashable {
    /// Requests that wait for their turn.
    public var queued = 0
    /// Requests under way.
    public var inFlight = 0
    /// Hosts whose circuit is open.
    public var openCircuits = 0
    /// Connections made since the start; many fewer than requests, as they are used again.
    public var connectionsOpened = 0
    /// Requests that were sent a second time since the start, because a used connection ended without a word.
    public var sentAgain = 0
    /// Requests ended since the start.
    public var finished = 0

    public init() {}
}
