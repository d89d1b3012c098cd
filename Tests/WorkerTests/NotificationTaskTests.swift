import Logging
import NIOPosix
import ScheduledTasks
import TaskDomain
import TaskMessages
import TaskWire
import Testing

@testable import worker

@Suite("The task edvora.notification")
struct NotificationTaskTests {
    @Test("of a notifier that cannot be reached, nothing was sent, and nothing can be for a while")
    func unreachable() async throws {
        let group = MultiThreadedEventLoopGroup.singleton, eventLoop = group.next()
        let notifiers = Client(
            to: .notifier, at: [], settings: WireSettings(identity: PeerIdentity(role: .worker, instance: "w", build: "test")),
            repetition: .never, eventLoop: eventLoop, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let task = NotificationTask(notifiers: notifiers)
        let result: TaskResult = await withCheckedContinuation { continuation in
            eventLoop.execute {
                let invocation = TaskInvocation(
                    task: NotificationTask.name, idempotencyKey: "k:7", scheduledAt: UnixSeconds(7), attempt: 1, argumentBytes: [], authorization: "",
                    deadline: .after(milliseconds: 50))
                task.run(invocation) { continuation.resume(returning: $0) }
            }
        }
        #expect(result.outcome == .unsent && result.retryAfterMilliseconds > 0)
        await notifiers.stop()
    }
}
