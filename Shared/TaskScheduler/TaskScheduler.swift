public import TaskDomain
public import TaskJSON
import TaskMessages
// Who asks for tasks names them by their types: one import brings both.
@_exported public import ScheduledTasks

/// Asks the scheduler for tasks, from Swift: the predecessor's `TaskScheduler.schedule(func, description, args, kwargs,
/// rrule_string, trigger_at, until)`.
///
/// ```swift
/// let scheduler = try TaskScheduler(at: "127.0.0.1:7101")
/// try await scheduler.schedule("worker.log", kwargs: ["message": "hello"])   // now
/// let id = try await scheduler.schedule(
///     Greet.self, .init(name: "Ada"), rrule: "FREQ=WEEKLY;BYDAY=MO,WE", triggerAt: 1_893_456_000,
///     timezone: "Europe/Berlin", options: .init(queue: "people", priority: 7))
/// try await scheduler.cancel(id)
/// await scheduler.stop()      // or run it as a Service beside the program's others
/// ```
///
/// What has been scheduled is on stable storage when the call comes back.
public struct TaskScheduler: Sendable {
    /// The longest that a call waits for a scheduler, milliseconds.
    public static let deadlineMilliseconds = 5_000

    let connection: Connection
    private let clock: @Sendable () -> UnixMilliseconds

    /// - Parameter clock: the time.
    init(_ connection: Connection, clock: @escaping @Sendable () -> UnixMilliseconds) {
        self.connection = connection
        self.clock = clock
    }

    /// - Parameters:
    ///   - caller: a client whose calls may be repeated is safe here: a repeated create stays one reminder.
    ///   - clock: the time.
    init(_ caller: any Caller, clock: @escaping @Sendable () -> UnixMilliseconds) { self.init(.foreign(caller), clock: clock) }

    /// Asks for a task at a time, or repeating.
    /// - Parameters:
    ///   - task: its name, as a worker's `TaskRegistry` has it. One that no worker has yet waits.
    ///   - description: for people; it can be searched for.
    ///   - rrule: an RFC 5545 rule, or a whole recurrence set as calendars export it (content lines `DTSTART`, `RRULE`, `EXRULE`, `RDATE`,
    ///     `EXDATE`); `nil` for one time.
    ///   - triggerAt: the first occurrence, unix seconds, whether or not it matches the rule; `nil`: the set's DTSTART, or now.
    ///   - until: no occurrence after this instant, unix seconds, inclusive.
    ///   - timezone: an IANA name; the rule runs on that zone's wall clock. `nil`: that of the set, or UTC.
    /// - Throws: ``TaskSchedulerError``; a fault of what was asked for is found before anything is sent.
    /// - Returns: the reminder's id, for `GET /reminders/{id}` and ``cancel(_:)``.
    @discardableResult
    public func schedule(
        _ task: String, description: String = "", args: [JSONValue] = [], kwargs: JSONObject = JSONObject(),
        rrule: String? = nil, triggerAt: Int64? = nil, until: Int64? = nil, timezone: String? = nil,
        options: Options = Options()
    ) async throws(TaskSchedulerError) -> ReminderID {
        let now = clock()
        let request = try TaskRequest(
            task: task, description: description, arguments: TaskArguments(args: args, kwargs: kwargs),
            times: RequestedTimes(rrule: rrule, triggerAt: triggerAt, until: until, timezone: timezone, now: now.second),
            options: options)
        let id = options.id ?? Self.drawID(now)
        let reply = try await call(SchedulerService.create, request.create(id, now: now))
        guard reply.result == .created else { throw .refused("it answered another question") }
        return id
    }

    /// Asks for a task with typed arguments.
    /// - Parameter options: `nil`: the task's own ``ScheduledTask/handling``.
    @discardableResult
    public func schedule<T: ScheduledTask>(
        _ task: T.Type, _ arguments: T.Arguments, description: String = "", rrule: String? = nil, triggerAt: Int64? = nil,
        until: Int64? = nil, timezone: String? = nil, options: Options? = nil
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

    /// Cancels; nothing of it is run any more.
    /// - Returns: `false` if there was nothing left to cancel.
    @discardableResult
    public func cancel(_ id: ReminderID) async throws(TaskSchedulerError) -> Bool { try await change(id, .cancel) }

    /// Runs it once more, now, beside its schedule.
    /// - Returns: `false` if there is nothing that can be run.
    @discardableResult
    public func runNow(_ id: ReminderID) async throws(TaskSchedulerError) -> Bool { try await change(id, .run) }

    /// Holds its series up until ``resume(_:)``.
    /// - Returns: `false` if there is nothing to hold up.
    @discardableResult
    public func pause(_ id: ReminderID) async throws(TaskSchedulerError) -> Bool { try await change(id, .pause) }

    /// Lets a paused series go on; what it missed is for its misfire policy.
    /// - Returns: `false` if there is nothing that was paused.
    @discardableResult
    public func resume(_ id: ReminderID) async throws(TaskSchedulerError) -> Bool { try await change(id, .resume) }

    private func change(_ id: ReminderID, _ action: Proto.ChangeRequest.Action) async throws(TaskSchedulerError) -> Bool {
        let request = Proto.ChangeRequest(action: action, reminders: [Proto.ReminderRef(id: id.bytes)], atMs: clock().count)
        let reply = try await call(SchedulerService.change, request)
        guard let change = reply.changes.first else { throw .refused("it answered another question") }
        return change.result == .done
    }

    // MARK: Calls

    private static func drawID(_ now: UnixMilliseconds) -> ReminderID {
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        return ReminderID(at: now, using: &random)
    }

    private func call<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, _ request: Request
    ) async throws(TaskSchedulerError) -> Reply {
        do throws(CallError) {
            return try await connection.caller.call(method, request, deadline: .after(milliseconds: Self.deadlineMilliseconds))
        } catch {
            switch error.code {
            case .invalidArgument, .outOfRange, .failedPrecondition: throw .refused(error.message)
            default: throw .unavailable("\(error)")
            }
        }
    }
}
