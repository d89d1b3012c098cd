import NIOConcurrencyHelpers
import ScheduledTasks
import TaskDomain
import TaskJSON
import TaskMessages
import Testing

private struct Greet: ScheduledTask {
    struct Arguments: Codable, Sendable, Equatable {
        let name: String
        let times: Int?
    }

    static let name = "people.greet"
    let run: @Sendable (Arguments) throws -> Void

    func run(_ arguments: Arguments, _ invocation: TaskInvocation) async throws { try run(arguments) }
}

@Suite("Tasks")
struct TasksTests {
    private struct Failure: Error, CustomStringConvertible { let description = "it broke" }

    private func result(_ registry: TaskRegistry, _ name: String, _ arguments: TaskArguments = TaskArguments()) async throws -> TaskResult {
        guard case .inTask(let body, _)? = registry[name] else { throw Failure() }
        let invocation = TaskInvocation(
            task: name, idempotencyKey: "k", scheduledAt: UnixSeconds(7), attempt: 1, argumentBytes: arguments.json, authorization: Secret("secret"),
            deadline: .after(milliseconds: 1_000))
        #expect(!"\(invocation)".contains("secret"))
        return await TaskResult.running(body, invocation)
    }

    @Test("arguments are written and read back")
    func arguments() throws {
        let arguments = TaskArguments(args: [1, "a", nil, [true]], kwargs: ["x": ["y": 2.5], "ü": "💡"])
        #expect(try TaskArguments(json: arguments.json) == arguments)
        for bad in ["", "[]", "{}", #"{"args":{},"kwargs":{}}"#, #"{"args":[],"kwargs":[]}"#] {
            #expect(throws: TaskArgumentsError.self) { try TaskArguments(json: Array(bad.utf8)) }
        }
    }

    @Test("a type's arguments are decoded, and what is missing or wrong is named")
    func decoding() throws {
        let good = try TaskArguments(encoding: Greet.Arguments(name: "Ada", times: 2))
        #expect(try good.decode(Greet.Arguments.self) == Greet.Arguments(name: "Ada", times: 2))
        func fault(_ kwargs: JSONObject, args: [JSONValue] = []) -> String {
            do throws(TaskArgumentsError) {
                _ = try TaskArguments(args: args, kwargs: kwargs).decode(Greet.Arguments.self)
                return ""
            } catch { return error.description }
        }
        #expect(fault([:]) == "argument name is missing")
        #expect(fault(["name": nil]) == "argument name must not be null")
        #expect(fault(["name": 3]) == "argument name must be a string; it was 3")
        #expect(fault(["name": "a", "times": "x"]) == "argument times must be a whole number; it was a string")
        #expect(fault(["name": "a", "times": 2.5]).hasPrefix("argument times must be a whole number of"))
        #expect(fault(["name": "a"], args: [1]).contains("positional"))
        #expect(throws: TaskArgumentsError.self) { try TaskArguments(encoding: 3) }
        #expect(throws: TaskArgumentsError.self) { try TaskArguments(encoding: ["big": String(repeating: "x", count: 64 << 10)]) }
    }

    @Test("every outcome of a task has one of its own on the wire; what only a scheduler knows is no task's")
    func outcomesOfTheWire() {
        let wire = TaskResult.Outcome.allCases.map(\.wire)
        #expect(Set(wire).count == wire.count)
        #expect(Set(Proto.Outcome.allCases).subtracting(wire) == [.misfired, .expired, .cancelled])
    }

    @Test("what a task throws decides its outcome")
    func outcomes() async throws {
        var registry = TaskRegistry()
        try registry.register("done") { _ in }
        try registry.register("ends") { _ in throw CancelSchedule() }
        try registry.register("later") { _ in throw RetryLater(after: .seconds(3), reason: "busy") }
        try registry.register("never") { _ in throw RejectOccurrence("no such person") }
        try registry.register("fails") { _ in throw Failure() }
        #expect(try await result(registry, "done").outcome == .delivered)
        #expect(try await result(registry, "ends").outcome == .cancelSchedule)
        let later = try await result(registry, "later")
        #expect(later.outcome == .retry && later.retryAfterMilliseconds == 3_000 && later.detail == "busy")
        let never = try await result(registry, "never")
        #expect(never.outcome == .rejected && never.detail == "no such person")
        let fails = try await result(registry, "fails")
        #expect(fails.outcome == .retry && fails.detail == "it broke")
        #expect(registry.names == ["done", "ends", "fails", "later", "never"])
    }

    @Test("a wait that is asked for is at least a millisecond and at most a day", arguments: [
        (Duration.seconds(-1), UInt32(1)), (.zero, 1), (.milliseconds(1), 1), (.milliseconds(1_500), 1_500),
        (.seconds(Int64.max), 86_400_000),
    ])
    func waits(_ asked: Duration, _ expected: UInt32) async throws {
        var registry = TaskRegistry()
        try registry.register("later") { _ in throw RetryLater(after: asked) }
        #expect(try await result(registry, "later").retryAfterMilliseconds == expected)
    }

    @Test("a typed task is called with its type; arguments that are others are a dead letter, not a retry")
    func typed() async throws {
        var registry = TaskRegistry()
        try registry.register(Greet { arguments in if arguments.name != "Ada" { throw Failure() } })
        #expect(try await result(registry, "people.greet", TaskArguments(kwargs: ["name": "Ada"])).outcome == .delivered)
        let wrong = try await result(registry, "people.greet", TaskArguments(kwargs: ["nome": "Ada"]))
        #expect(wrong.outcome == .rejected && wrong.detail == "argument name is missing")
    }

    @Test("what is put around tasks goes around each, the first outermost, and can stand in for one")
    func middleware() async throws {
        let steps = NIOLockedValueBox<[String]>([])
        var registry = TaskRegistry()
        try registry.register("before") { _ in steps.withLockedValue { $0.append("task") } }
        registry.wrap { invocation, next in
            steps.withLockedValue { $0.append("outer \(invocation.task)") }
            try await next(invocation)
            steps.withLockedValue { $0.append("outer end") }
        }
        registry.wrap { invocation, next in
            if invocation.task == "after" { throw RejectOccurrence("not today") }
            steps.withLockedValue { $0.append("inner") }
            try await next(invocation)
        }
        try registry.register("after") { _ in steps.withLockedValue { $0.append("never") } }
        #expect(try await result(registry, "before").outcome == .delivered)
        #expect(steps.withLockedValue { $0 } == ["outer before", "inner", "task", "outer end"])
        let stoodIn = try await result(registry, "after")
        #expect(stoodIn.outcome == .rejected && stoodIn.detail == "not today")
        #expect(steps.withLockedValue { $0.suffix(1) } == ["outer after"])
    }

    @Test("a time limit that is none is refused with the bounds", arguments: [Duration.zero, .seconds(-1), .seconds(86_401)])
    func timeLimits(_ limit: Duration) throws {
        var registry = TaskRegistry()
        let failure = #expect(throws: TaskRegistry.Failure.self) { try registry.register("slow", timeLimit: limit) { _ in } }
        #expect(failure?.description.contains("the time limit of slow must be from 1 ms to 24 h") == true)
        try registry.register("slow", timeLimit: .seconds(86_400)) { _ in }
    }

    @Test("a name that is taken or none is refused")
    func names() throws {
        var registry = TaskRegistry()
        try registry.register("a.b-c_1") { _ in }
        for name in ["a.b-c_1", "", "a b", "ä", String(repeating: "a", count: 65)] {
            #expect(throws: TaskRegistry.Failure.self) { try registry.register(name) { _ in } }
        }
    }
}
