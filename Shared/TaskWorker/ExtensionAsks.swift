import ScheduledTasks
import TaskDomain
import TaskMessages

/// What tasks have asked to go on for, until the scheduler has answered. A run asks for one at a time.
struct ExtensionAsks {
    /// How long the scheduler may take to answer, milliseconds. It answers at once; one of an older build never does.
    static let answerMilliseconds: Int64 = 10_000

    private struct Ask {
        let lease: Proto.Lease
        let milliseconds: Int64
        let answer: @Sendable (TaskLease.Extended) -> Void
        /// When it was said to the scheduler, which counts from a later moment; `nil`: it has not been said on this stream.
        var sentAt: CallDeadline?
    }

    private var asks: [UInt64: Ask] = [:]
    /// By lease.
    private var numbers: [UInt64: UInt64] = [:]
    /// Not said yet, in their order.
    private var fresh: [UInt64] = []
    private var last: UInt64 = 0

    var hasFresh: Bool { !fresh.isEmpty }

    func isAsked(_ lease: UInt64) -> Bool { numbers[lease] != nil }

    mutating func add(_ lease: Proto.Lease, _ milliseconds: Int64, answer: @escaping @Sendable (TaskLease.Extended) -> Void) {
        last += 1
        asks[last] = Ask(lease: lease, milliseconds: milliseconds, answer: answer)
        numbers[lease.lease] = last
        fresh.append(last)
    }

    /// Takes what is to be said now, as many at most.
    mutating func take(_ limit: Int, now: CallDeadline) -> [Proto.Extension] {
        let taken = fresh.prefix(limit)
        fresh = Array(fresh.dropFirst(limit))
        return taken.compactMap { number in
            guard let ask = asks[number] else { return nil }
            asks[number]?.sentAt = now
            return Proto.Extension(id: number, lease: ask.lease, forMs: UInt32(clamping: ask.milliseconds))
        }
    }

    /// What was said over a stream that is over may never have arrived: it is said again over the next.
    mutating func sayAgain() {
        for number in asks.keys { asks[number]?.sentAt = nil }
        fresh = asks.keys.sorted()
    }

    /// Whether one of these that were said then has no answer yet.
    func areUnanswered(_ said: [Proto.Extension], since: CallDeadline) -> [UInt64] {
        said.map(\.id).filter { asks[$0]?.sentAt == since }
    }

    /// A lease that the scheduler holds for longer.
    struct Granted {
        let lease: UInt64
        /// Until when its task may run on, counted from when the scheduler was asked.
        let until: CallDeadline
        /// Whom to tell.
        let tell: @Sendable (TaskLease.Extended) -> Void
    }

    /// The scheduler has answered.
    /// - Returns: `nil` where it has refused, or nobody waits for it any more.
    mutating func answered(_ extended: Proto.Extended) -> Granted? {
        guard let ask = asks[extended.id], let sentAt = ask.sentAt else { return nil }
        guard extended.refusal.isEmpty, extended.forMs > 0 else {
            refuse(extended.id, extended.refusal.isEmpty ? "the scheduler gave no reason" : extended.refusal)
            return nil
        }
        remove(extended.id)
        return Granted(lease: ask.lease.lease, until: sentAt.later(byMilliseconds: Int(extended.forMs)), tell: ask.answer)
    }

    /// The run of a lease cannot go on, or has ended.
    mutating func drop(_ lease: UInt64, because reason: String) {
        if !numbers.isEmpty, let number = numbers[lease] { refuse(number, reason) }
    }

    mutating func refuse(_ number: UInt64, _ reason: String) { remove(number)?.answer(.failure(LeaseNotExtended(reason))) }

    @discardableResult
    private mutating func remove(_ number: UInt64) -> Ask? {
        guard let ask = asks.removeValue(forKey: number) else { return nil }
        numbers[ask.lease.lease] = nil
        return ask
    }
}
