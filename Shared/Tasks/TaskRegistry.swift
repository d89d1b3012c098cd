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
    /// 1 to 64 letters, digits, `.`, `_` or `-`.
    static var name: String { get }

    /// Runs one occurrence. What it throws is tried again, but for ``CancelSchedule``, ``RetryLater`` and
    /// ``RejectOccurrence``. It is cancelled when its lease ends or its reminder is cancelled.
    func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws
}

/// Thrown by a task that wants no further occurrence of its series. The one that it runs counts as done.
public struct CancelSchedule: Error, Sendable {
    public init() {}
}

/// Thrown by a task that wants to be tried again after a time of its own choice.
public struct RetryLater: Error, Sendable {
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

/// The tasks that a worker can run, by name.
public struct TaskRegistry: Sendable {
    /// A task that runs on the worker's event loop and must not block; it calls back once, there.
    public typealias EventLoopTask = @Sendable (TaskInvocation, @escaping @Sendable (TaskResult) -> Void) -> Void
    /// A task that runs in a Swift task of its own.
    public typealias AsyncTask = @Sendable (TaskInvocation) async throws -> Void

    public enum Body: Sendable {
        case onEventLoop(EventLoopTask)
        case inTask(AsyncTask)
    }

    /// A task that cannot be registered.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    private var bodies: [String: Body] = [:]

    public init() {}

    public var names: [String] { bodies.keys.sorted() }

    public subscript(name: String) -> Body? { bodies[name] }

    /// - Throws: ``Failure`` for a name that is taken, or none.
    public mutating func register(_ name: String, onEventLoop body: @escaping EventLoopTask) throws(Failure) {
        try add(name, .onEventLoop(body))
    }

    /// - Throws: ``Failure`` for a name that is taken, or none.
    public mutating func register(_ name: String, _ body: @escaping AsyncTask) throws(Failure) {
        try add(name, .inTask(body))
    }

    /// A task with typed arguments; an occurrence whose arguments are others becomes a dead letter.
    /// - Throws: ``Failure`` for a name that is taken, or none.
    public mutating func register<T: ScheduledTask>(_ task: T) throws(Failure) {
        try register(T.name) { invocation in
            let arguments: T.Arguments
            do throws(TaskArgumentsError) { arguments = try invocation.arguments().decode() } catch {
                throw RejectOccurrence("\(error)")
            }
            try await task.run(arguments, invocation)
        }
    }

    private mutating func add(_ name: String, _ body: Body) throws(Failure) {
        guard TaskName.isValid(name) else {
            throw Failure(description: "\"\(name)\" is no name of a task: it must be 1 to 64 letters, digits, '.', '_' or '-'")
        }
        guard bodies[name] == nil else { throw Failure(description: "there are two tasks called \(name)") }
        bodies[name] = body
    }
}

/// The names that tasks and queues may have.
public enum TaskName {
    public static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "._-".utf8.contains(byte)
            }
    }
}

extension TaskResult {
    /// What an asynchronous task's end means.
    public static func running(_ task: TaskRegistry.AsyncTask, _ invocation: TaskInvocation) async -> TaskResult {
        do {
            try await task(invocation)
            return TaskResult(outcome: .delivered)
        } catch is CancelSchedule {
            return TaskResult(outcome: .cancelSchedule)
        } catch let error as RejectOccurrence {
            return TaskResult(outcome: .rejected, detail: error.reason)
        } catch let error as RetryLater {
            let milliseconds = error.after / .milliseconds(1)
            return TaskResult(
                outcome: .retry, retryAfterMilliseconds: UInt32(min(max(1, milliseconds), Double(UInt32.max))), detail: error.reason)
        } catch {
            return TaskResult(outcome: .retry, detail: "\(error)")
        }
    }
}
