import Logging
import NIOConcurrencyHelpers
import NIOPosix
import ScheduledTasks
import TaskDomain
import TaskMessages
import TaskWire
import Testing

@testable import worker

@Suite("The task worker.log")
struct LogTaskTests {
    private struct Line: Sendable { let level: Logger.Level, text: String }

    private struct Keeper: LogHandler {
        let lines: NIOLockedValueBox<[Line]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            lines.withLockedValue { $0.append(Line(level: event.level, text: "\(event.message) \(event.metadata ?? [:])")) }
        }
    }

    private func run(_ kwargs: String, authorization: String = "") async throws -> (TaskResult, [Line]) {
        let lines = NIOLockedValueBox<[Line]>([])
        let group = MultiThreadedEventLoopGroup.singleton
        let notifiers = Client(
            to: .notifier, at: [], settings: WireSettings(identity: PeerIdentity(role: .worker, instance: "w", build: "test")),
            repetition: .never, eventLoop: group.next(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let registry = try TaskRegistry(
            notification: NotificationTask(notifiers: notifiers), log: Logger(label: "test") { _ in Keeper(lines: lines) })
        #expect(registry.names == ["edvora.notification", "worker.log"])
        let bare = try TaskRegistry(notification: NotificationTask(notifiers: notifiers), log: nil)
        #expect(bare.names == ["edvora.notification"])
        let task: TaskRegistry.ProducingTask? = if case .inTask(let body, _)? = registry["worker.log"] { body } else { nil }
        let body = try #require(task)
        let invocation = TaskInvocation(
            task: "worker.log", idempotencyKey: "k:7", scheduledAt: UnixSeconds(7), attempt: 2, argumentBytes: Array(#"{"args":[],"kwargs":\#(kwargs)}"#.utf8),
            authorization: Secret(authorization), deadline: .after(milliseconds: 1_000))
        return (await TaskResult.running(body, invocation), lines.withLockedValue { $0 })
    }

    @Test("writes its message at the level that was asked for, with the occurrence")
    func writes() async throws {
        let (result, lines) = try await run(#"{"message":"hello","level":"warning"}"#)
        #expect(result.outcome == .delivered && lines.map(\.level) == [.warning])
        #expect(lines[0].text.contains("hello") && lines[0].text.contains("k:7"))
        #expect(try await run(#"{"message":"hello"}"#).1.map(\.level) == [.notice])
    }

    @Test("never writes the credential, nor more than a line")
    func bounded() async throws {
        let secret = "Bearer 0123456789abcdef"
        let (_, lines) = try await run(#"{"message":"it is \#(secret)\n!"}"#, authorization: secret)
        #expect(lines[0].text.hasPrefix("it is Bearer [redacted] !") && !lines[0].text.contains("6789abcd"))
        let long = try await run(#"{"message":"\#(String(repeating: "x", count: 30_000))"}"#).1
        #expect(long[0].text.utf8.count < 2 * Redaction.maxDetailBytes)
    }

    @Test("arguments that it does not know are a dead letter that says why")
    func refused() async throws {
        let (level, none) = try await run(#"{"message":"hello","level":"loud"}"#)
        #expect(level.outcome == .rejected && level.detail.contains("level") && level.detail.contains("notice") && none.isEmpty)
        #expect(try await run("{}").0.detail == "argument message is missing")
        #expect(try await run(#"{"message":3}"#).0.detail == "argument message must be a string; it was 3")
    }
}
