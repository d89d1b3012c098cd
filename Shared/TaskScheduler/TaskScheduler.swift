public import ServiceLifecycle
public import TaskDomain
public import TaskJSON
// Who asks for tasks names them by their types: one import brings both.
@_exported public import ScheduledTasks

/// Asks the scheduler for tasks, from Swift: the predecessor's `TaskScheduler.schedule(func, description, args, kwargs,
/// rrule_string, trigger_at, until)`.
///
/// ```swift
/// let scheduler = try TaskScheduler(at: "https://tasks.example", key: key)     // a gateway, with an API key
/// let scheduler = try TaskScheduler(at: "scheduler:7101", secret: secret)      // or the scheduler itself, over the wire
/// try await scheduler.schedule("worker.log", kwargs: ["message": "hello"])   // now
/// let id = try await scheduler.schedule(
///     Greet.self, .init(name: "Ada"), rrule: "FREQ=WEEKLY;BYDAY=MO,WE", triggerAt: Date.now + 3_600,
///     timezone: "Europe/Berlin", options: .init(queue: "people", priority: 7))
/// for try await reminder in scheduler.list(task: Greet.name) { print(reminder.id, reminder.state) }
/// let first = try await scheduler.result(of: id, waiting: .seconds(30))      // what its task returned
/// try await scheduler.cancel(id)
/// await scheduler.stop()      // or run it as a Service beside the program's others
/// ```
///
/// What has been scheduled is on stable storage when the call comes back.
public struct TaskScheduler: Sendable {
    /// The longest that a call over the wire waits for a scheduler, milliseconds.
    public static let deadlineMilliseconds = 5_000

    private let transport: any Transport
    private let clock: @Sendable () -> UnixMilliseconds

    /// - Parameter clock: the time.
    init(_ transport: any Transport, clock: @escaping @Sendable () -> UnixMilliseconds) {
        self.transport = transport
        self.clock = clock
    }

    /// Asks for a task at a time, or repeating.
    /// - Parameters:
    ///   - task: its name, as a worker's `TaskRegistry` has it. One that no worker has yet waits.
    ///   - description: for people; it can be searched for.
    ///   - rrule: an RFC 5545 rule, or a whole recurrence set as calendars export it (content lines `DTSTART`, `RRULE`, `EXRULE`, `RDATE`,
    ///     `EXDATE`); `nil` for one time.
    ///   - triggerAt: the first occurrence, a `Date` or unix seconds, whether or not it matches the rule; `nil`: the set's DTSTART, or now.
    ///     Between two seconds it is the later one.
    ///   - until: no occurrence after this instant, inclusive; between two seconds it is the earlier one.
    ///   - timezone: an IANA name; the rule runs on that zone's wall clock. `nil`: that of the set, or UTC.
    /// - Throws: ``TaskSchedulerError``; a fault of what was asked for is found before anything is sent.
    /// - Returns: the reminder's id, for `GET /reminders/{id}` and ``cancel(_:)``.
    @discardableResult
    public func schedule(
        _ task: String, description: String = "", args: [JSONValue] = [], kwargs: JSONObject = JSONObject(),
        rrule: String? = nil, triggerAt: (any TaskTime)? = nil, until: (any TaskTime)? = nil, timezone: String? = nil,
        options: Options = Options()
    ) async throws(TaskSchedulerError) -> ReminderID {
        let now = clock()
        let request = try TaskRequest(
            task: task, description: description, arguments: TaskArguments(args: args, kwargs: kwargs),
            times: RequestedTimes(
                rrule: rrule, triggerAt: triggerAt?.unixSeconds(rounded: .up), until: until?.unixSeconds(rounded: .down), timezone: timezone,
                now: now.second),
            options: options)
        return try await transport.create(request, now: now)
    }

    /// Asks for a task with typed arguments.
    /// - Parameter options: `nil`: the task's own ``ScheduledTask/handling``.
    @discardableResult
    public func schedule<T: ScheduledTask>(
        _ task: T.Type, _ arguments: T.Arguments, description: String = "", rrule: String? = nil,
        triggerAt: (any TaskTime)? = nil, until: (any TaskTime)? = nil, timezone: String? = nil, options: Options? = nil
    ) async throws(TaskSchedulerError) -> ReminderID {
        let encoded: TaskArguments
        do throws(TaskArgumentsError) {
            encoded = try TaskArguments(encoding: arguments)
            // What the task could not read must not wait until it falls due.
            _ = try encoded.decode(T.Arguments.self)
        } catch {
            throw .invalid("\(error)")
        }
        return try await schedule(
            T.name, description: description, kwargs: encoded.kwargs, rrule: rrule, triggerAt: triggerAt, until: until,
            timezone: timezone, options: options ?? Options(handling: T.handling))
    }

    /// Cancels; nothing of it is run any more. Said twice, it is the same.
    /// - Returns: `false` if there is nothing to cancel: none of that id, or one that is completed.
    @discardableResult
    public func cancel(_ id: ReminderID) async throws(TaskSchedulerError) -> Bool {
        try await transport.change(id, .cancel, now: clock())
    }

    /// Runs it once more, now, beside its schedule.
    /// - Returns: `false` if there is nothing that can be run.
    @discardableResult
    public func runNow(_ id: ReminderID) async throws(TaskSchedulerError) -> Bool {
        try await transport.change(id, .run, now: clock())
    }

    /// Holds its series up until ``resume(_:)``.
    /// - Returns: `false` if there is nothing to hold up.
    @discardableResult
    public func pause(_ id: ReminderID) async throws(TaskSchedulerError) -> Bool {
        try await transport.change(id, .pause, now: clock())
    }

    /// Lets a paused series go on; what it missed is for its misfire policy.
    /// - Returns: `false` if there is nothing that was paused.
    @discardableResult
    public func resume(_ id: ReminderID) async throws(TaskSchedulerError) -> Bool {
        try await transport.change(id, .resume, now: clock())
    }

    // MARK: Questions

    /// Reads a reminder, and where it stands.
    /// - Returns: `nil` where there is none of that id, over HTTP none that the key may see.
    public func get(_ id: ReminderID) async throws(TaskSchedulerError) -> ScheduledReminder? {
        try await transport.get(id, now: clock())
    }

    func look(at id: ReminderID, _ scheduledAt: UnixSeconds?, waiting: Duration) async throws(TaskSchedulerError) -> OccurrenceResult? {
        try await transport.result(of: id, scheduledAt: scheduledAt, waiting: waiting)
    }

    func page(_ filter: ReminderFilter, after cursor: [UInt8], limit: Int) async throws(TaskSchedulerError) -> ReminderPage {
        try await transport.page(filter, after: cursor, limit: limit, now: clock())
    }

    // MARK: Life

    /// Ends the connections. What is under way fails; later calls do, too.
    public func stop() async { await transport.stop() }

    static func drawID(_ now: UnixMilliseconds) -> ReminderID {
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        return ReminderID(at: now, using: &random)
    }
}

extension TaskScheduler: Service {
    /// Keeps the connections until the program's services are to end, and then ends them.
    public func run() async throws {
        try? await gracefulShutdown()
        await stop()
    }
}
