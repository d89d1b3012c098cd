public import TaskDomain
public import TaskMessages

/// One occurrence to run, as a task sees it.
public struct TaskInvocation: Sendable {
    /// Its name.
    public let task: String
    /// The same for every attempt at this occurrence: `<reminder id>:<unix seconds>`.
    public let idempotencyKey: String
    /// When it was to be run.
    public let scheduledAt: UnixSeconds
    /// From 1.
    public let attempt: Int
    /// As stored; see ``arguments()`` for what they mean.
    public let argumentBytes: [UInt8]
    /// The caller's credential, where it gave one. Its description shows nothing of it.
    public let authorization: Secret
    /// Which run of this process it is; 0: none that can be called off.
    public let run: UInt64
    /// When the outcome must have been reported: what runs longer is cancelled and tried again. As it was when the run began; see
    /// ``extend(by:)``.
    public let deadline: CallDeadline
    /// What it runs under, and who knows of it; `nil`: no worker runs it.
    package let lease: TaskLease?

    public init(
        task: String, idempotencyKey: String, scheduledAt: UnixSeconds, attempt: Int, argumentBytes: [UInt8], authorization: Secret,
        run: UInt64 = 0, deadline: CallDeadline
    ) {
        self.init(
            task: task, idempotencyKey: idempotencyKey, scheduledAt: scheduledAt, attempt: attempt, argumentBytes: argumentBytes,
            authorization: authorization, run: run, deadline: deadline, lease: nil)
    }

    package init(
        task: String, idempotencyKey: String, scheduledAt: UnixSeconds, attempt: Int, argumentBytes: [UInt8], authorization: Secret,
        run: UInt64, deadline: CallDeadline, lease: TaskLease?
    ) {
        self.task = task
        self.idempotencyKey = idempotencyKey
        self.scheduledAt = scheduledAt
        self.attempt = attempt
        self.argumentBytes = argumentBytes
        self.authorization = authorization
        self.run = run
        self.deadline = deadline
        self.lease = lease
    }

    /// - Throws: ``TaskArgumentsError`` where the bytes are not arguments. A task that throws it on makes a dead letter.
    public func arguments() throws(TaskArgumentsError) -> TaskArguments { try TaskArguments(json: argumentBytes) }
}
