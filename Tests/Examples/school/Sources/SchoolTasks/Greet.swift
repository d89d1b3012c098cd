public import TaskWorker

/// Greets a pupil. What it needs beside its arguments is given when it is made: here where it writes to, elsewhere a database.
public struct Greet: ScheduledTask {
    public struct Arguments: Codable, Sendable {
        public let name: String

        public init(name: String) { self.name = name }
    }

    public static let name = "school.greet"
    public static var timeLimit: Duration? { .seconds(5) }  // and `handling`: a queue, priority, retries, expiry of its own

    private let say: @Sendable (String) -> Void

    public init(say: @escaping @Sendable (String) -> Void = { _ in }) { self.say = say }

    public func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws {
        // What is thrown is tried again; RejectOccurrence, RetryLater and CancelSchedule say otherwise.
        if arguments.name.isEmpty { throw RejectOccurrence("nobody has no name") }
        say("hello \(arguments.name)")
    }
}
