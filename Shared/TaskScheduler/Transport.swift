import TaskDomain

/// A way to the cluster: over the wire to its scheduler, or over HTTP to its gateway. What callers ask for has been checked before, and
/// what they are told is the same either way.
protocol Transport: Sendable {
    /// - Returns: the id of the reminder that is stored.
    func create(_ request: TaskRequest, now: UnixMilliseconds) async throws(TaskSchedulerError) -> ReminderID

    /// - Returns: `false` for a reminder that this cannot be done to: none of that id, or one that is finished.
    func change(_ id: ReminderID, _ change: ReminderChange, now: UnixMilliseconds) async throws(TaskSchedulerError) -> Bool

    /// - Returns: `nil` where there is none of that id.
    func get(_ id: ReminderID, now: UnixMilliseconds) async throws(TaskSchedulerError) -> ScheduledReminder?

    /// - Parameters:
    ///   - cursor: where the page before ended, as that one had it; empty: the first.
    ///   - limit: reminders at most; a page may be shorter and not be the last.
    func page(
        _ filter: ReminderFilter, after cursor: [UInt8], limit: Int, now: UnixMilliseconds
    ) async throws(TaskSchedulerError) -> ReminderPage

    /// Where an occurrence stands.
    /// - Parameters:
    ///   - scheduledAt: `nil`: the schedule's start.
    ///   - waiting: for how long the answer may wait until it has ended; one that comes earlier and says that it has not is as good.
    /// - Returns: `nil` where there is no such occurrence.
    func result(of id: ReminderID, scheduledAt: UnixSeconds?, waiting: Duration) async throws(TaskSchedulerError) -> OccurrenceResult?

    /// Ends its connections: what is under way fails, and so does what comes later.
    func stop() async
}

/// What can be done to a reminder that is stored.
enum ReminderChange: Sendable {
    case cancel, pause, resume, run
}

/// Some of a list's reminders.
struct ReminderPage: Sendable {
    let reminders: [ScheduledReminder]
    /// Where the next page begins; empty: there is none.
    let cursor: [UInt8]
}
