import HTTPTypes
import TaskJSON
import TaskMessages

/// How everything stands, once, and again and again as it changes.
struct EventOperations: Sendable {
    static let mediaType = "text/event-stream"

    let scheduler: SchedulerCalls
    let hub: EventHub

    var operations: [Operation] {
        [
            Operation(.get, "/overview", "getOverview", summary: "Read how everything stands: counts, rates, queues, workers.", handle: overview)
                .explained("Of queues and workers the first 64 by name; `/queues` and `/workers` have all.")
                .having(.oversees).answering(.ok, "as it is now", .ref("Overview")),
            Operation(.get, "/events", "watchEvents", summary: "Be told how everything stands, and then what changes.", handle: events)
                .explained(
                    "Server-sent events, without an end. `snapshot`: the whole, as `/overview` has it. `change`: at most every half second, those of its "
                        + "members that differ, each whole. `away`: no scheduler answers; when one does again a `snapshot` comes. `end`: the gateway "
                        + "stops, or the key or session is not good any more. A comment comes every ten seconds where nothing else does. With "
                        + "`Last-Event-ID` of one of the last 300 it goes on behind that one. At most \(EventHub.maxListeners) listen to one gateway; "
                        + "one that takes nothing is dropped.")
                .having(.oversees).answering(.ok, "the events", nil, mediaType: Self.mediaType)
                .refusing(.serviceUnavailable, "no scheduler can be asked; or as many listen as may"),
        ].map { $0.tagged("Overview") }
    }

    private func overview(_ exchange: Exchange) async throws(Problem) -> Answer {
        Answer(.ok, .object(OverviewAnswer.json(try await scheduler.call(SchedulerService.overview, Proto.OverviewRequest()))))
    }

    private func events(_ exchange: Exchange) async throws(Problem) -> Answer {
        let again = exchange.again
        let last = Self.lastEventID.flatMap { exchange.headers[$0] }
        let listener = try hub.listen(after: last) { again()?.role.may(.oversees) ?? false }
        var headers: HTTPFields = [.contentType: Self.mediaType]
        if let name = Self.unbuffered { headers[name] = "no" }
        return Answer(listener, headers: headers)
    }

    private static let lastEventID = HTTPField.Name("Last-Event-ID")
    /// What some proxies go by.
    private static let unbuffered = HTTPField.Name("X-Accel-Buffering")
}
