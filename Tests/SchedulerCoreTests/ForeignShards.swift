import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

/// A core that owns some of the shards, with a store that has nothing in it and answers at once.
struct Owner {
    private(set) var core: SchedulerCore
    var now = Moment(wall: World.start, monotonic: MonotonicMilliseconds(1_000))
    private(set) var dispatched: [Dispatch] = []
    private(set) var acknowledged: [UInt64] = [], revoked: [UInt64] = []
    /// But for who is attached.
    private(set) var writes: [StoreWrite] = []
    private(set) var refused: [RequestID] = []

    init(of shards: [Shard], mutation: Mutation? = nil) {
        var configuration = CoreConfiguration()
        configuration.mutation = mutation
        core = SchedulerCore(configuration: configuration, seed: 1)
        handle(.take(shards.map { OwnedShard($0, epoch: 1) }, rejoin: []))
    }

    mutating func handle(_ event: Event) {
        var events = [event]
        while !events.isEmpty {
            var effects: [Effect] = []
            core.handle(events.removeFirst(), now: now, effects: &effects)
            for effect in effects {
                switch effect {
                case .load(let token, let shard, _, _, _): events.append(.loaded(token: token, shard, DuePage()))
                case .write(let token, let batch, _):
                    writes += batch.filter { if case .workers = $0 { false } else { true } }
                    events.append(.written(token: token, batch.map { _ in .done }))
                case .dispatch(_, let new): dispatched += new
                case .acknowledge(_, let leases): acknowledged += leases
                case .revoke(_, let leases): revoked += leases
                case .refuse(let id): refused.append(id)
                default: break
                }
            }
        }
    }

    mutating func attach(_ worker: UInt64, running: [LeaseReport] = [], following: [LeaseReport] = [], outcomes: [OutcomeReport] = []) {
        handle(
            .workerAttached(
                WorkerID(rawValue: worker), instance: "w", queues: ["default"], tasks: ["test"], creditLimit: 1_000, running: running,
                following: following, outcomes: outcomes))
    }

    /// The first occurrence of a reminder in a shard, due now; another follows every hour.
    static func entry(in shard: Shard, _ random: inout SplitMix64) -> DueEntry {
        let reminder = Reminder(
            id: ReminderID(at: World.start, in: shard, using: &random),
            schedule: Schedule(start: World.start.second, rule: "FREQ=HOURLY", timezone: "UTC"), handling: Handling(queue: "default"),
            payload: Payload(task: "test", arguments: []), createdAt: World.start, sealedAuthorization: [])
        return DueEntry(reminder, at: SeriesPosition(scheduledAt: reminder.schedule.start, index: 1))
    }
}

@Suite("a core that owns some of the shards")
struct ForeignShards {
    private static let halves = (Array(Shard.all.prefix(Shard.count / 2)), Array(Shard.all.dropFirst(Shard.count / 2)))

    private static func report(_ dispatch: Dispatch, _ outcome: Outcome) -> OutcomeReport {
        OutcomeReport(
            lease: dispatch.lease, key: dispatch.entry.due.occurrence, outcome: outcome, retryAfterMilliseconds: nil,
            startedAt: World.start, durationMicroseconds: 1_000, statusCode: 0, detail: "")
    }

    @Test(
        "of what another's core has handed out it acknowledges, revokes and settles nothing",
        arguments: [Outcome.delivered, .retry, .cancelSchedule], [nil, Mutation.acknowledgesForeign])
    func foreign(outcome: Outcome, mutation: Mutation?) throws {
        var random = SplitMix64(seed: 7)
        var one = Owner(of: Self.halves.0), other = Owner(of: Self.halves.1, mutation: mutation)
        one.attach(1)
        for shard in Self.halves.0 { one.handle(.created(Owner.entry(in: shard, &random))) }
        let handedOut = one.dispatched
        #expect(handedOut.count == Self.halves.0.count)
        // The worker tells both everything: what it runs, then what became of it, then that once more.
        let running = handedOut.map { LeaseReport(lease: $0.lease, key: $0.entry.due.occurrence) }
        let outcomes = handedOut.map { Self.report($0, outcome) }
        other.attach(1, running: running)
        other.handle(.outcomes(WorkerID(rawValue: 1), outcomes))
        other.handle(.workerDetached(WorkerID(rawValue: 1)))
        other.attach(2, following: running, outcomes: outcomes)
        guard mutation == nil else { return #expect(!other.acknowledged.isEmpty && !other.revoked.isEmpty) }
        #expect(other.acknowledged.isEmpty && other.revoked.isEmpty && other.writes.isEmpty)
        #expect(other.core.snapshot.foreign == 0 && other.core.snapshot.unwritten == 0)
        // Who has them goes on, and what becomes of them counts there.
        one.handle(.outcomes(WorkerID(rawValue: 1), outcomes))
        #expect(Set(one.acknowledged) == Set(handedOut.map(\.lease)) && one.revoked.isEmpty)
        #expect(one.writes.count == handedOut.count)
    }

    @Test("it takes in nothing of another's shard, and refuses to change or call off anything of it")
    func refuses() {
        var random = SplitMix64(seed: 7)
        var core = Owner(of: Self.halves.0)
        core.attach(1)
        let entry = Owner.entry(in: Self.halves.1[0], &random), id = entry.reminder.id
        core.handle(.created(entry))
        core.handle(.request(RequestID(rawValue: 1), [.change(id, .cancel, ChangeGuard(), at: World.start)]))
        core.handle(.cancel(RequestID(rawValue: 2), entry.due.occurrence, caller: nil))
        core.handle(.request(RequestID(rawValue: 3), [.zone(ZoneMark(zone: "A", digest: 1), of: Self.halves.1[0])]))
        #expect(core.dispatched.isEmpty && core.writes.isEmpty)
        #expect(core.refused.map(\.rawValue) == [1, 2, 3])
        #expect(core.core.snapshot.entriesInMemory == 0)
    }

    @Test("another's shard is never taken to be read")
    func isNotLoaded() {
        let core = Owner(of: Self.halves.0).core
        #expect(Self.halves.0.allSatisfy { core.isLoaded($0) })
        #expect(!Self.halves.1.contains { core.isLoaded($0) })
    }
}
