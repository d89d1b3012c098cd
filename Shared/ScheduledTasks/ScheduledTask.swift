public import TaskDomain

/// A task with typed arguments.
///
/// ```swift
/// struct Greet: ScheduledTask {
///     struct Arguments: Codable, Sendable { let name: String }
///     static let name = "people.greet"
///
///     func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws {
///         print("hello \(arguments.name)")
///     }
/// }
/// ```
public protocol ScheduledTask: Sendable {
    /// What it is called with, as named arguments (`kwargs`).
    associatedtype Arguments: Codable & Sendable
    /// What it returns: nothing, or something `Encodable`, which is kept as JSON with the attempt (``TaskOutput``).
    associatedtype Output: Sendable = Void
    /// 1 to 64 letters, digits, `.`, `_` or `-`.
    static var name: String { get }
    /// How long one run may take before it is cancelled and tried again; `nil`, as by default: as long as its lease.
    static var timeLimit: Duration? { get }
    /// How its occurrences are dealt with where whoever asks for it says nothing else: queue, priority, retries, expiry.
    static var handling: Handling { get }

    /// Runs one occurrence. What it throws is tried again, but for ``CancelSchedule``, ``RetryLater`` and
    /// ``RejectOccurrence``. It is cancelled, as Swift tasks are, when its lease ends or its reminder is cancelled; it
    /// takes one of its worker's places until it has returned.
    func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws -> Output
}

extension ScheduledTask {
    public static var timeLimit: Duration? { nil }
    public static var handling: Handling { .standard }
}

/// Thrown by a task that wants no further occurrence of its series. The one that it runs counts as done.
public struct CancelSchedule: Error, Sendable {
    public init() {}
}

/// Thrown by a task that wants to be tried again after a time of its own choice.
public struct RetryLater: Error, Sendable {
    /// The scheduler waits a day at most.
    public let after: Duration
    public let reason: String

    public init(after: Duration, reason: String = "asked to be tried again later") {
        self.after = after
        self.reason = reason
    }
}

/// Thrown by a task that can never do this occurrence: it becomes a dead letter at once.
public struct RejectOccurrence: Error, Sendable {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }
}
