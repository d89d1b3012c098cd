public import Domain
public import JSON
public import Messages
import Recurrence
public import Tasks

/// Asks the scheduler for tasks, from Swift: the predecessor's `TaskScheduler.schedule(func, description, args, kwargs,
/// rrule_string, trigger_at, until)`.
///
/// ```swift
/// let client = Client(endpoints: [WireEndpoint(host: "127.0.0.1", port: 7101)], settings: settings, repetition: .idempotent, …)
/// client.start()
/// let scheduler = TaskScheduler(client)
/// try await scheduler.schedule("worker.log", kwargs: ["message": "hello"])                        // now
/// try await scheduler.schedule(Greet.self, .init(name: "Ada"), rrule: "FREQ=DAILY", triggerAt: 1_893_456_000)
/// ```
///
/// What has been scheduled is on stable storage when the call comes back.
public struct TaskScheduler: Sendable {
    /// The longest that a call waits for a scheduler, milliseconds.
    public static let deadlineMilliseconds = 5_000

    private let scheduler: any Caller
    private let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - caller: a `Client` of the wire, or one connection. A client whose calls may be repeated is safe here: a repeated
    ///     create stays one reminder.
    ///   - clock: the time, unix milliseconds.
    public init(_ caller: any Caller, clock: @escaping @Sendable () -> Int64 = { WallClock.milliseconds }) {
        scheduler = caller
        self.clock = clock
    }

    /// How an occurrence is to be dealt with, beyond when it is due.
    public struct Options: Sendable {
        public var queue = "default"
        /// 0 … 9, higher first.
        public var priority: UInt8 = 5
        public var misfirePolicy = MisfirePolicy.fireOnce
        /// Tries at one occurrence before it becomes a dead letter, 1 … 100.
        public var maxAttempts = 12
        /// Each occurrence is spread over so long, 0 … 86,400.
        public var jitterSeconds = 0
        /// An occurrence that was not done so long after its time becomes a dead letter; `nil`: never.
        public var expiresAfterSeconds: Int?
        /// A credential that the task is given; kept sealed and never shown.
        public var authorization: String?

        public init() {}
    }

    /// Asks for a task at a time, or repeating.
    /// - Parameters:
    ///   - task: its name, as a worker's ``TaskRegistry`` has it. One that no worker has yet waits.
    ///   - description: for people; it can be searched for.
    ///   - rrule: an RFC 5545 rule; `nil` for one time.
    ///   - triggerAt: the first occurrence, unix seconds; `nil`: now.
    ///   - until: no occurrence after this instant, unix seconds, inclusive.
    ///   - timezone: an IANA name; the rule runs on that zone's wall clock.
    /// - Throws: ``TaskSchedulerError``.
    /// - Returns: the reminder's id, for `GET /reminders/{id}` and ``cancel(_:)``.
    @discardableResult
    public func schedule(
        _ task: String, description: String = "", args: [JSONValue] = [], kwargs: JSONObject = JSONObject(),
        rrule: String? = nil, triggerAt: Int64? = nil, until: Int64? = nil, timezone: String = "UTC",
        options: Options = Options()
    ) async throws(TaskSchedulerError) -> ReminderID {
        let now = clock()
        let schedule = Schedule(start: triggerAt ?? now / 1_000, rule: rrule, timezone: timezone, until: until)
        let arguments = TaskArguments(args: args, kwargs: kwargs).json
        let first = try Self.check(task, schedule, arguments, options)
        var random = SystemRandomNumberGenerator()
        let id = ReminderID(unixMilliseconds: now, using: &random)
        let reminder = Proto.Reminder(
            id: id.bytes,
            schedule: Proto.Schedule(
                start: schedule.start, rule: rrule ?? "", timezone: timezone, hasUntil: until != nil, until: until ?? 0),
            task: task, arguments: arguments, queue: options.queue, priority: UInt32(options.priority),
            misfirePolicy: UInt32(options.misfirePolicy.rawValue), maxAttempts: UInt32(clamping: options.maxAttempts),
            description: description, createdAtMs: now, jitterSeconds: UInt32(clamping: options.jitterSeconds),
            expiresAfterSeconds: UInt32(clamping: options.expiresAfterSeconds ?? 0))
        let reply = try await call(
            SchedulerService.create,
            Proto.CreateRequest(
                reminder: reminder, authorization: options.authorization ?? "",
                position: Proto.Position(scheduledAt: first.instant, index: first.index)))
        guard reply.result == .created else { throw .refused("the scheduler answered another question") }
        return id
    }

    /// Asks for a task with typed arguments.
    @discardableResult
    public func schedule<T: ScheduledTask>(
        _ task: T.Type, _ arguments: T.Arguments, description: String = "", rrule: String? = nil, triggerAt: Int64? = nil,
        until: Int64? = nil, timezone: String = "UTC", options: Options = Options()
    ) async throws(TaskSchedulerError) -> ReminderID {
        let encoded: TaskArguments
        do throws(TaskArgumentsError) { encoded = try TaskArguments(encoding: arguments) } catch {
            throw .invalid("\(error)")
        }
        return try await schedule(
            T.name, description: description, kwargs: encoded.kwargs, rrule: rrule, triggerAt: triggerAt, until: until,
            timezone: timezone, options: options)
    }

    /// Cancels; nothing of it is run any more.
    /// - Returns: `false` if there was nothing left to cancel.
    @discardableResult
    public func cancel(_ id: ReminderID) async throws(TaskSchedulerError) -> Bool {
        let request = Proto.ChangeRequest(action: .cancel, reminders: [Proto.ReminderRef(id: id.bytes)])
        return try await call(SchedulerService.change, request).changes.first?.result == .done
    }

    // MARK: Checks

    private static func check(
        _ task: String, _ schedule: Schedule, _ arguments: [UInt8], _ options: Options
    ) throws(TaskSchedulerError) -> Cursor {
        for (name, what) in [(task, "task"), (options.queue, "queue")] where !TaskName.isValid(name) {
            throw .invalid("\"\(name)\" is no name of a \(what): it must be 1 to 64 letters, digits, '.', '_' or '-'")
        }
        guard arguments.count <= TaskArguments.maxBytes else {
            throw .invalid("the arguments have \(arguments.count) bytes as JSON; \(TaskArguments.maxBytes) are allowed")
        }
        guard options.priority <= 9, (1...100).contains(options.maxAttempts), (0...86_400).contains(options.jitterSeconds),
            options.expiresAfterSeconds.map({ $0 > 0 }) ?? true
        else { throw .invalid("priority (0 to 9), maxAttempts (1 to 100), jitterSeconds (0 to 86,400) or expiresAfterSeconds (1 or more) is out of range") }
        let series: Series
        do {
            let rules = try schedule.rule.map { [try Rule(parsing: $0)] } ?? []
            series = Series(
                start: schedule.start, rules: rules, rdates: [], exdates: [], until: schedule.until,
                zone: try Zone(identifier: schedule.timezone))
        } catch {
            throw .invalid("\(error)")
        }
        guard let first = series.first() else { throw .invalid("with this rrule and until nothing is ever due") }
        return first
    }

    private func call<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, _ request: Request
    ) async throws(TaskSchedulerError) -> Reply {
        do throws(CallError) {
            return try await scheduler.call(method, request, deadline: .after(milliseconds: Self.deadlineMilliseconds))
        } catch {
            switch error.code {
            case .invalidArgument, .outOfRange, .failedPrecondition: throw .refused(error.message)
            default: throw .unavailable("\(error)")
            }
        }
    }
}

/// Why a task was not scheduled.
public enum TaskSchedulerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was asked for is wrong; nothing was sent.
    case invalid(String)
    /// The scheduler does not take it.
    case refused(String)
    /// No scheduler could do it in time. Whether it did may not be known.
    case unavailable(String)

    public var description: String {
        switch self {
        case .invalid(let reason): reason
        case .refused(let reason): "the scheduler refuses it: \(reason)"
        case .unavailable(let reason): "no scheduler could do it now: \(reason)"
        }
    }
}
