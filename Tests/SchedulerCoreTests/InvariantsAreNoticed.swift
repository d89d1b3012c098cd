import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

/// Each of the core's invariants, broken on purpose.
@Suite("the core notices what has lost its order")
struct InvariantsAreNoticed {
    /// A reminder that a worker runs, one that is due and nobody takes, and a series that waits.
    private static func world() throws -> World {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("w", credit: 1)
        try world.create(in: 0, rule: "FREQ=HOURLY;COUNT=3", queue: "default")
        world.run(milliseconds: 100)
        try world.create(in: 0, queue: "default")
        try world.create(in: 5_000, rule: "FREQ=HOURLY;COUNT=3", queue: "default")
        world.run(milliseconds: 100)
        #expect(world.core.brokenInvariant == nil)
        #expect(world.core.snapshot.leased == 1)
        #expect(world.core.snapshot.ready == 1)
        return world
    }

    private struct Break: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let notice: String
        let apply: @Sendable (inout SchedulerCore) -> Void

        init(_ description: String, _ notice: String, _ apply: @escaping @Sendable (inout SchedulerCore) -> Void) {
            testDescription = description
            self.notice = notice
            self.apply = apply
        }
    }

    private static func entry(_ core: SchedulerCore, _ matches: (Entry) -> Bool) -> Entry? { core.table.all.first(where: matches) }

    private static let breaks: [Break] = [
        Break("a ready entry leaves its lane", "the lanes count") { core in
            if let entry = entry(core, { $0.state == .ready }) { core.lanes.left(entry) }
        },
        Break("a ready entry has no place in the order in which they became so", "have a place in the order") { core in
            entry(core) { $0.state == .ready }?.ticket = 0
        },
        Break("a queue forgets what runs", "counts 0 running") { $0.queues.ended("default") },
        Break("a worker is given back what it was never handed", "has been handed -") { core in
            for id in core.workers.keys { for _ in 0..<10 { core.lanes.giveBack(to: id) } }
        },
        Break("the lanes hold what nobody has held", "is held, and the lanes have") { core in
            for id in core.workers.keys { core.lanes.setHeld(HeldTasks(shut: ["test"]), of: id) }
        },
        Break("a worker is forgotten with its leases", "which is not attached") { $0.workers = [:] },
        Break("a lease ends and its entry does not know", "has no lease") { core in
            guard let entry = entry(core, { $0.isHandedOut }), case .leased(let id, _) = entry.state else { return }
            core.endLease(id)
            entry.state = .leased(id, .kept)
        },
        Break("an entry goes and its lease stays", "is of") { core in
            guard let entry = entry(core, { $0.isHandedOut }) else { return }
            core.table.remove(entry)
            entry.state = .gone
        },
        Break("what is no longer wanted stays in the table", "and in the table") { core in
            entry(core) { $0.isHandedOut }?.destine(to: .revoked)
        },
        Break("an attempt ends and is not settled", "no change is on its way") { core in
            if let entry = entry(core, { $0.isHandedOut }), case .leased(let id, _) = entry.state { core.endLease(id) }
        },
        Break("a waiting entry has no timer", "waits without a timer") { $0.waiting.removeAll { _ in true } },
        Break("a timer's entry is not in the table", "a timer is of") { core in
            if let entry = entry(core, { $0.state == .waiting }) { core.table.remove(entry) }
        },
        Break("a reminder has two positions", "two positions") { core in
            guard let entry = entry(core, { $0.state == .waiting }) else { return }
            let later = SeriesPosition(scheduledAt: entry.key.scheduledAt + 3_600, index: 1)
            let second = Entry(DueEntry(entry.reminder, at: later))
            core.table.insert(second)
            core.waiting.insert(EntryTimer(at: second.dueAt, entry: second))
        },
        Break("an entry is in doubt and nobody is waited for", "is in doubt") { core in
            entry(core) { $0.state == .waiting }?.state = .inDoubt
        },
        Break("somebody who is not there claims to run something", "claims to run") { core in
            guard let entry = entry(core, { $0.state == .waiting }) else { return }
            _ = core.leases.claims.add(Claim(lease: 1, worker: WorkerID(rawValue: 99), outcome: nil, deadline: .distantFuture, since: .distantPast), to: entry.key)
        },
    ]

    @Test("noticed", arguments: breaks)
    private func noticed(change: Break) throws {
        let world = try Self.world()
        var core = world.core
        change.apply(&core)
        let broken = try #require(core.brokenInvariant)
        #expect(broken.contains(change.notice), "\(broken)")
    }
}
