public import ScheduledTasks
public import TaskDomain
public import TaskJSON

/// What became of one occurrence, as ``TaskScheduler/result(of:scheduledAt:waiting:)`` tells it.
public struct OccurrenceResult: Sendable, Hashable {
    /// Where an occurrence stands; the raw value is the API's name for it.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// To come, running, held, or to be tried again.
        case open
        case done
        /// In the dead-letter list, or given up.
        case dead
        /// Not fired, as its misfire policy says.
        case missed
        /// With its reminder, before it was done.
        case cancelled
    }

    public let state: State
    /// What its task returned; `nil`: nothing, or ``detail`` says why it was not kept.
    public let value: JSONValue?
    /// Of the latest attempt, for people: the reason of a failure, or why a result was not kept. Empty: there is none.
    public let detail: String

    init(state: State, value: JSONValue?, detail: String) {
        self.state = state
        self.value = value
        self.detail = detail
    }

    /// The value as a type of one's own, read as a task's arguments are: a `Date` is unix seconds, `Data` is Base64, a `URL` a string.
    /// - Throws: ``TaskArgumentsError``, which names what is missing or wrong, also where there is no value.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(TaskArgumentsError) -> Value {
        try TaskOutput.decode(value ?? .null)
    }
}

extension TaskScheduler {
    /// How often whoever waits for a result looks, where what is asked does not wait itself.
    private static let lookInterval = Duration.seconds(1)

    /// Asks what became of an occurrence, and what its task returned.
    /// - Parameters:
    ///   - scheduledAt: the occurrence's scheduled time: what was asked for as `triggerAt`, or a time of the rule. `nil`: the schedule's
    ///     start, for what was asked for without a time.
    ///   - waiting: for how long to wait until it has ended; it is then told within about a second.
    /// - Throws: ``TaskSchedulerError``, also where the task that waits is cancelled.
    /// - Returns: where it stands, ``OccurrenceResult/State/open`` where the time is over; `nil`: there is no such occurrence (any more).
    public func result(
        of id: ReminderID, scheduledAt: (any TaskTime)? = nil, waiting: Duration = .zero
    ) async throws(TaskSchedulerError) -> OccurrenceResult? {
        let at = scheduledAt.map { UnixSeconds($0.unixSeconds(rounded: .up)) }
        var began = ContinuousClock.now
        let end = began + waiting
        while true {
            let result = try await look(at: id, at, waiting: max(.zero, end - began))
            guard result?.state == .open, .now < end else { return result }
            do { try await Task.sleep(until: min(end, began + Self.lookInterval), clock: .continuous) } catch {
                throw .unavailable("the task that waits was cancelled")
            }
            began = .now
        }
    }
}
