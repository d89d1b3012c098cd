import Synchronization
import TaskDomain

/// Says that a thread still comes round: it beats, and others ask how long ago that was.
public final class Heartbeat: Sendable {
    /// How long ago the last beat may be of a part that goes on; see ``Readiness/watch(_:_:)``.
    public static let limit = Duration.seconds(5)
    /// How often a part that has nothing else to do should beat.
    public static let interval = Duration.milliseconds(500)

    private let begin = SuspendingClock.now
    /// Nanoseconds after `begin`; ``ended`` for ever after the end.
    private let last = Atomic<Int64>(0)
    private static let ended = Int64.max

    public init() {}

    /// From any thread; without a lock.
    public func beat() { last.store(elapsed, ordering: .relaxed) }

    /// The part is being stopped: from here on it is never late. Nothing beats after this.
    public func end() { last.store(Self.ended, ordering: .relaxed) }

    /// Since the last beat, on the monotonic clock.
    public var age: Duration {
        let last = last.load(ordering: .relaxed)
        return last == Self.ended ? .zero : .nanoseconds(max(0, elapsed - last))
    }

    private var elapsed: Int64 { begin.duration(to: .now).wholeNanoseconds }
}
