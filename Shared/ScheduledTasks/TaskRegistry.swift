import Synchronization
import TaskDomain

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
    /// The same with what it returns.
    public typealias ProducingTask = @Sendable (TaskInvocation) async throws -> TaskOutput
    /// What goes around a task: it calls the task, or what is around it next, once, more often, or not at all.
    public typealias Middleware = @Sendable (TaskInvocation, _ next: AsyncTask) async throws -> Void

    public enum Body: Sendable {
        case onEventLoop(EventLoopTask, Recall)
        case inTask(ProducingTask, TaskTimeLimit?)
    }

    /// A task that cannot be registered.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    private var bodies: [String: Body] = [:]
    /// The first is the outermost.
    private var middleware: [Middleware] = []

    public init() {}

    public var names: [String] { bodies.keys.sorted() }

    /// What is run for this name, with all that goes around it.
    public subscript(name: String) -> Body? {
        guard let body = bodies[name], case .inTask(let task, let limit) = body, !middleware.isEmpty else { return bodies[name] }
        return .inTask({ [middleware] in try await Self.run(task, $0, within: middleware) }, limit)
    }

    /// Runs a task with what goes around it. What the task returned last is what comes out, whatever is around it.
    private static func run(
        _ task: @escaping ProducingTask, _ invocation: TaskInvocation, within middleware: [Middleware]
    ) async throws -> TaskOutput {
        let output = LatestOutput()
        let inner: AsyncTask = { output.set(try await task($0)) }
        try await middleware.reversed().reduce(inner) { inner, outer in { try await outer($0, inner) } }(invocation)
        return output.value
    }

    /// Puts something around every task that runs in a Swift task of its own, whether it is registered already or not: to log, to measure, to
    /// trace, to stand in for a task in a test. What is put first is the outermost.
    ///
    /// ```swift
    /// registry.wrap { invocation, next in
    ///     let begin = ContinuousClock.now
    ///     defer { logger.info("\(invocation.task) took \(ContinuousClock.now - begin)") }
    ///     try await next(invocation)
    /// }
    /// ```
    public mutating func wrap(_ middleware: @escaping Middleware) { self.middleware.append(middleware) }

    /// - Throws: ``Failure`` for a name that is taken, or none.
    public mutating func register(
        _ name: String, onEventLoop body: @escaping EventLoopTask, recall: @escaping Recall = { _ in }
    ) throws(Failure) {
        try add(name, .onEventLoop(body, recall))
    }

    /// - Parameter timeLimit: how long one run may take; `nil`: as long as its lease. What runs longer is cancelled, and tried again.
    /// - Throws: ``Failure`` for a name that is taken, or none, and for a time limit that is none.
    public mutating func register(_ name: String, timeLimit: Duration? = nil, _ body: @escaping AsyncTask) throws(Failure) {
        try add(name, timeLimit) { invocation in
            try await body(invocation)
            return TaskOutput()
        }
    }

    /// The same for a closure that returns something: it is kept with the attempt, as ``TaskOutput`` says.
    public mutating func register<Output: Encodable & Sendable>(
        _ name: String, timeLimit: Duration? = nil, _ body: @escaping @Sendable (TaskInvocation) async throws -> Output
    ) throws(Failure) {
        try add(name, timeLimit) { invocation in TaskOutput(of: try await body(invocation), hiding: invocation.authorization) }
    }

    /// A task with typed arguments; an occurrence whose arguments are others becomes a dead letter.
    /// - Throws: ``Failure`` for a name that is taken, or none.
    public mutating func register<T: ScheduledTask>(_ task: T) throws(Failure) where T.Output == Void {
        try register(T.name, timeLimit: T.timeLimit) { invocation in try await task.run(try invocation.arguments().decode(), invocation) }
    }

    /// The same for a task that returns something: it is kept with the attempt, as ``TaskOutput`` says.
    public mutating func register<T: ScheduledTask>(_ task: T) throws(Failure) where T.Output: Encodable {
        try register(T.name, timeLimit: T.timeLimit) { invocation in try await task.run(try invocation.arguments().decode(), invocation) }
    }

    private mutating func add(_ name: String, _ timeLimit: Duration?, _ body: @escaping ProducingTask) throws(Failure) {
        try add(name, .inTask(body, try timeLimit.map { (limit) throws(Failure) in try TaskTimeLimit(limit, of: name) }))
    }

    private mutating func add(_ name: String, _ body: Body) throws(Failure) {
        guard TaskName.isValid(name) else {
            throw Failure(description: "\"\(name)\" is no name of a task: it must be \(TaskName.rule)")
        }
        guard bodies[name] == nil else { throw Failure(description: "there are two tasks called \(name)") }
        bodies[name] = body
    }
}

/// What a task returned last, for whoever runs it with something around it.
private final class LatestOutput: Sendable {
    private let output = Mutex(TaskOutput())

    var value: TaskOutput { output.withLock { $0 } }

    func set(_ value: TaskOutput) { output.withLock { $0 = value } }
}

/// How long one run of a task may take.
public struct TaskTimeLimit: Sendable, Hashable {
    /// From a millisecond to a day.
    public static let bounds = Duration.milliseconds(1)...Duration.seconds(86_400)

    let duration: Duration

    /// - Throws: ``TaskRegistry/Failure`` for one beyond ``bounds``.
    init(_ limit: Duration, of task: String) throws(TaskRegistry.Failure) {
        guard Self.bounds.contains(limit) else {
            throw TaskRegistry.Failure(description: "the time limit of \(task) must be from 1 ms to 24 h; it was \(limit)")
        }
        duration = limit
    }

    /// Whole ones, at least one.
    public var milliseconds: Int64 { Int64(duration / .milliseconds(1)) }
}
