import Domain

/// The tasks that a worker can run, by name.
///
/// ```swift
/// var registry = TaskRegistry()
/// try registry.register(Greet())
/// try registry.register("people.count") { invocation in
///     print(try invocation.arguments().args.count)
/// }
/// ```
public struct TaskRegistry: Sendable {
    /// A task that runs on the worker's event loop and must not block; it calls back once, there.
    public typealias EventLoopTask = @Sendable (TaskInvocation, @escaping @Sendable (TaskResult) -> Void) -> Void
    /// Stops those of an event loop's tasks, by ``TaskInvocation/run``, of which nothing has left yet. Each calls back all the same: with
    /// `unsent` where it was stopped.
    public typealias Recall = @Sendable (Set<UInt64>) -> Void
    /// A task that runs in a Swift task of its own.
    public typealias AsyncTask = @Sendable (TaskInvocation) async throws -> Void

    public enum Body: Sendable {
        case onEventLoop(EventLoopTask, Recall)
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
    public mutating func register(
        _ name: String, onEventLoop body: @escaping EventLoopTask, recall: @escaping Recall = { _ in }
    ) throws(Failure) {
        try add(name, .onEventLoop(body, recall))
    }

    /// - Throws: ``Failure`` for a name that is taken, or none.
    public mutating func register(_ name: String, _ body: @escaping AsyncTask) throws(Failure) {
        try add(name, .inTask(body))
    }

    /// A task with typed arguments; an occurrence whose arguments are others becomes a dead letter.
    /// - Throws: ``Failure`` for a name that is taken, or none.
    public mutating func register<T: ScheduledTask>(_ task: T) throws(Failure) {
        try register(T.name) { invocation in try await task.run(try invocation.arguments().decode(), invocation) }
    }

    private mutating func add(_ name: String, _ body: Body) throws(Failure) {
        guard TaskName.isValid(name) else {
            throw Failure(description: "\"\(name)\" is no name of a task: it must be \(TaskName.rule)")
        }
        guard bodies[name] == nil else { throw Failure(description: "there are two tasks called \(name)") }
        bodies[name] = body
    }
}
