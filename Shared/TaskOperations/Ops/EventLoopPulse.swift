public import NIOCore
public import ServiceLifecycle
import TaskDomain

/// Has an event loop beat as long as it comes round, so that `/healthz` and `/readyz`, which other threads answer, say when it does not.
public struct EventLoopPulse: Service, CustomStringConvertible {
    private let eventLoop: any EventLoop
    private let heartbeat = Heartbeat()

    /// - Parameter name: of the check.
    public init(_ name: String = "event loop", of eventLoop: any EventLoop, readiness: Readiness) {
        self.eventLoop = eventLoop
        readiness.watch(name, heartbeat)
    }

    public var description: String { "event loop's pulse" }

    /// Since the loop last came round.
    var age: Duration { heartbeat.age }

    public func run() async throws {
        let interval = TimeAmount.nanoseconds(Heartbeat.interval.wholeNanoseconds)
        let task = eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in heartbeat.beat() }
        try? await gracefulShutdown()
        task.cancel()
        heartbeat.end()
    }
}
