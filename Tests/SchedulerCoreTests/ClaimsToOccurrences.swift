import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("what workers say of occurrences that are not in memory yet")
struct ClaimsToOccurrences {
    /// What a worker can say of an occurrence; `nil`: that it runs it.
    private static let words: [Outcome?] = [.retry, nil, .delivered, .cancelSchedule]

    private static func claim(_ word: Outcome?, lease: UInt64, by worker: UInt64) -> Claim {
        let report = word.map {
            OutcomeReport(
                lease: lease, key: key, outcome: $0, retryAfterMilliseconds: nil, startedAt: World.start, durationMicroseconds: 0,
                statusCode: 0, detail: "")
        }
        return Claim(
            lease: lease, worker: WorkerID(rawValue: worker), outcome: report, deadline: MonotonicMilliseconds(60_000),
            since: MonotonicMilliseconds(0))
    }

    private static let key = OccurrenceKey(reminder: ReminderID(high: 1, low: 1), scheduledAt: UnixSeconds(0))

    @Test("of two leases' claims the end of a series stands, then what is final, then what runs, then the later", arguments: words, words)
    func ofTwo(earlier: Outcome?, later: Outcome?) {
        var claims = Claims()
        #expect(claims.add(Self.claim(earlier, lease: 1, by: 1), to: Self.key) == nil)
        let fallen = claims.add(Self.claim(later, lease: 2, by: 2), to: Self.key)
        let order: [Outcome?] = [.retry, nil, .delivered, .cancelSchedule]
        let isLater = order.firstIndex(of: later)! >= order.firstIndex(of: earlier)!
        let standing = claims[Self.key]
        #expect(standing?.lease == (isLater ? 2 : 1) && standing?.outcome?.outcome == (isLater ? later : earlier))
        // Both are told with one that is final, where both are.
        let areFinal = [earlier, later].allSatisfy { $0?.isFinal ?? false }
        #expect(fallen?.lease == (areFinal ? nil : isLater ? 1 : 2))
        #expect(standing?.isOf(WorkerID(rawValue: 1)) == (areFinal || !isLater) && standing?.isOf(WorkerID(rawValue: 2)) == (areFinal || isLater))
    }

    @Test("of what is said of one lease its end stands, and what is final whatever comes later", arguments: words, words)
    func ofOne(earlier: Outcome?, later: Outcome?) {
        var claims = Claims()
        _ = claims.add(Self.claim(earlier, lease: 1, by: 1), to: Self.key)
        let fallen = claims.add(Self.claim(later, lease: 1, by: 2), to: Self.key)
        let isKept = earlier == .cancelSchedule || earlier == .delivered && later != .cancelSchedule && later != .delivered
        #expect(claims[Self.key]?.outcome?.outcome == (isKept ? earlier : later))
        // Who said so last is told; what it runs under a lease that is over is not wanted.
        #expect(claims[Self.key]?.reporter.worker == WorkerID(rawValue: 2))
        #expect((fallen != nil) == (isKept && later == nil))
    }

    @Test("a delivery that waits for its shard to be read stands, whatever is said of its lease before that", arguments: [nil, Outcome.retry, .rejected])
    func deliveryStands(later: Outcome?) async throws {
        let run = try OneRun(), world = run.world, lease = run.lease
        world.storeDelay = { 200 }
        try await world.crash()
        let again = world.attach("a")
        run.report(again, .delivered)
        if let later {
            run.report(again, later)
        } else {
            world.attach("a", running: [LeaseReport(lease: lease, key: run.key)])
        }
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: run.id).count == 1)
        #expect(try world.summary(run.id).delivered == 1)
        #expect(world.acknowledged == [lease] && world.revoked == (later == nil ? [lease] : []))
    }
}
