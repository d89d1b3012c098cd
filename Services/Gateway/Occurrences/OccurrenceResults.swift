import HTTPTypes
import Synchronization
import TaskDomain
import TaskJSON
import TaskMessages

/// What an occurrence's task returned, for whoever asks and for whoever waits for it.
struct OccurrenceResults: Sendable {
    let scheduler: SchedulerCalls
    let waits: ResultWaits

    /// In the place of a time: the schedule's start, for whoever asked for something at once and does not know its second.
    private static let first = "first"

    var operation: Operation {
        Operation(
            .get, "/reminders/{id}/occurrences/{time}/result", "getResult",
            summary: "Read what became of an occurrence and what its task returned, or wait for it.", query: ResultQuery.type, handle: result
        )
        .explained(
            "With `wait_seconds` the answer comes when the occurrence has ended, within about a second, or when the time is over. A result is the JSON "
                + "that the task returned, at most 64 KiB, and is kept as long as its attempt; where it could not be kept the attempt's `detail` says why. "
                + "At most \(ResultWaits.defaultPlaces) requests wait at one gateway.")
        .answering(.ok, "it has ended: done, dead, missed or cancelled", .ref("OccurrenceResult"))
        .answering(.accepted, "it has not ended: it is to come, runs, is held, or is to be tried again", .ref("OccurrenceResult"))
        .refusing(.serviceUnavailable, "no scheduler can be asked; or as many requests wait as may")
    }

    private func result(_ exchange: Exchange, _ query: ResultQuery) async throws(Problem) -> Answer {
        let request = try request(exchange)
        var reply = try await look(request)
        if reply.state == .open, query.waitSeconds > 0 {
            let place = try waits.take()
            defer { withExtendedLifetime(place) {} }
            let end = SystemClock.monotonic + query.waitSeconds * 1_000
            while reply.state == .open, !waits.isClosed, case let left = end - SystemClock.monotonic, left > 0 {
                // Whoever has gone away is not waited for.
                do { try await Task.sleep(for: .milliseconds(min(left, ResultWaits.lookMilliseconds))) } catch { break }
                guard exchange.again() != nil else { throw .noOccurrence }
                reply = try await look(request)
            }
        }
        return Answer(reply.state == .open ? .accepted : .ok, Self.json(request.id, reply))
    }

    /// The occurrence that the path names.
    private func request(_ exchange: Exchange) throws(Problem) -> Proto.ResultRequest {
        let id = try exchange.reminderID, text = exchange.pathValues.last ?? "", time = Int64(text)
        guard time != nil || text == Self.first else { throw .noOccurrence }
        return Proto.ResultRequest(id: id.bytes, scheduledAt: time, caller: exchange.caller.scope)
    }

    private func look(_ request: Proto.ResultRequest) async throws(Problem) -> Proto.ResultReply {
        let reply = try await scheduler.call(SchedulerService.result, request)
        guard reply.state != .notFound else { throw .noOccurrence }
        return reply
    }

    private static func json(_ id: [UInt8], _ reply: Proto.ResultReply) -> JSONValue {
        [
            "id": .string("\(ReminderAnswer.id(id)):\(reply.scheduledAt)"), "scheduled_at": .integer(reply.scheduledAt), "state": .string(reply.state.name),
            "result": reply.attempt.map(AttemptAnswer.result(of:)) ?? .null, "attempt": reply.attempt.map(AttemptAnswer.json) ?? .null
        ]
    }
}

/// The requests that wait for a result: each has a place, and looks once a second.
final class ResultWaits: Sendable {
    static let defaultPlaces = 256
    static let lookMilliseconds: Int64 = 1_000

    /// One request's, until it is gone.
    final class Place: Sendable {
        private let waits: ResultWaits

        fileprivate init(_ waits: ResultWaits) { self.waits = waits }

        deinit { waits.taken.subtract(1, ordering: .relaxed) }
    }

    private let places: Int
    private let taken = Atomic<Int>(0)
    private let closed = Atomic<Bool>(false)

    init(places: Int = ResultWaits.defaultPlaces) { self.places = places }

    var isClosed: Bool { closed.load(ordering: .relaxed) }

    /// The gateway is to end: whoever waits is answered as it stands.
    func close() { closed.store(true, ordering: .relaxed) }

    /// - Throws: 503 where all are taken.
    func take() throws(Problem) -> Place {
        guard taken.add(1, ordering: .relaxed).newValue <= places else {
            taken.subtract(1, ordering: .relaxed)
            throw .unavailable(
                "as many requests wait for results at this gateway as may; ask again later, or without wait_seconds",
                cause: "\(places) requests wait for results")
        }
        return Place(self)
    }
}

struct ResultQuery: Sendable {
    let waitSeconds: Int64

    static let type = FieldType<ResultQuery>.object { fields in
        ResultQuery(
            waitSeconds: fields.value(
                "wait_seconds", .integer(Attempt.resultWaitSeconds), default: 0, documented: 0,
                help: "for how long to wait until it has ended"))
    }
}

extension Proto.ResultReply.State {
    /// The states of an occurrence that is known, with their names.
    static let names: [(state: Self, name: String)] = [
        (.open, "open"), (.done, "done"), (.dead, "dead"), (.missed, "missed"), (.cancelled, "cancelled")
    ]

    fileprivate var name: String { Self.names.first { $0.state == self }?.name ?? "unknown" }
}

extension Problem {
    fileprivate static var noOccurrence: Problem {
        Problem(.notFound, "there is no such occurrence (any more): it is named by its reminder's id and its scheduled time, unix seconds, or first")
    }
}
