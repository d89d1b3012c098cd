import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("workers, leases and crashes")
struct WorkersAndLeases {
    @Test("a worker never has more than its credit")
    func credit() throws {
        let world = try World()
        world.answer = { _ in .never }
        for _ in 0..<10 { try world.create(in: 0) }
        world.attach("a", credit: 3)
        world.run(milliseconds: 1_000)
        #expect(world.runs.count == 3)
    }

    @Test("what cannot be sent to a worker costs it no credit, and is settled")
    func undispatchable() throws {
        let world = try World()
        let refused = try (0..<10).map { _ in try world.create(in: 0) }
        world.unsendable = { refused.contains($0.entry.reminder.id) ? .authRejected : nil }
        world.attach("a", credit: 3)
        world.run(milliseconds: 1_000)
        #expect(world.runs.isEmpty)
        for id in refused { #expect(try world.summary(id).held == 1) }
        let sent = try world.create(in: 0)
        world.run(milliseconds: 1_000)
        #expect(world.runs.map(\.key.reminder) == [sent])
        #expect(try world.summary(sent).delivered == 1)
        #expect(world.core.snapshot.leased == 0)
    }

    @Test("what did not reach a worker in time is given out again, and credit grows by nothing that was not spent")
    func undispatchableAgain() throws {
        let world = try World()
        var left = 2
        world.unsendable = { _ in
            left -= 1
            return left >= 0 ? .unsent : nil
        }
        world.answer = { _ in .never }
        for _ in 0..<5 { try world.create(in: 0) }
        world.attach("a", credit: 3)
        world.run(milliseconds: 5_000)
        #expect(world.runs.count == 3 && world.core.snapshot.leased == 3)
    }

    @Test("what one worker has is not another's, whoever says that it runs it", arguments: [true, false])
    func foreignLeases(areSaidToRun: Bool) throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a", credit: 5)
        for _ in 0..<5 { try world.create(in: 0) }
        world.run(milliseconds: 100)
        let held = world.running
        #expect(held.count == 5)
        let named = held.map { LeaseReport(lease: $0.key, key: $0.value.key) }
        world.attach("b", running: areSaidToRun ? named : [], following: areSaidToRun ? [] : named)
        world.run(milliseconds: 100)
        #expect(world.core.leases.all.allSatisfy { $0.value.holder == .attached(held[$0.key]?.worker ?? WorkerID(rawValue: 0)) })
        #expect(world.core.snapshot.leased == 5 && world.runs.count == 5)
        // The one that has them goes on, and what it reports counts.
        if areSaidToRun { #expect(Set(world.revoked) == Set(held.keys)) }
    }

    @Test(
        "what a worker says of what it was never given ends, delays and takes over nothing",
        arguments: [Outcome.delivered, .retry, .rejected, .authRejected, .cancelSchedule], [nil, Mutation.believesAnyWorker])
    func foreignOutcomes(outcome: Outcome, mutation: Mutation?) throws {
        var configuration = CoreConfiguration()
        configuration.mutation = mutation
        let world = try World(configuration: configuration)
        world.answer = { _ in .never }
        let a = world.attach("a", credit: 100)
        let given = try (0..<5).map { _ in try world.create(in: 0, rule: "FREQ=SECONDLY;COUNT=2;INTERVAL=20") }
        world.run(milliseconds: 100)
        let held = world.running, due = try #require(held.values.map(\.key.scheduledAt).max())
        #expect(held.count == 5)
        world.answer = { _ in .delivered }
        // In memory and not due, and so far ahead that it is on disk only.
        let waiting = try world.create(in: 10_000), far = try world.create(in: 3_600_000)
        let ahead = [
            OccurrenceKey(reminder: waiting, scheduledAt: due + 10), OccurrenceKey(reminder: far, scheduledAt: due + 3_600),
            OccurrenceKey(reminder: given[0], scheduledAt: due + 20),
        ]
        let b = world.attach("b", credit: 0, running: ahead.enumerated().map { LeaseReport(lease: UInt64($0.offset + 1), key: $0.element) })
        for (lease, run) in held { world.report(b, lease, run.key, outcome) }
        for (index, key) in ahead.enumerated() { world.report(b, UInt64(index + 10), key, outcome) }
        guard mutation == nil else { return #expect(held.keys.allSatisfy { world.core.leases[$0] == nil }) }
        world.run(milliseconds: 15_000)
        #expect(world.core.snapshot.foreign == 11)
        #expect(world.runs.count == 6 && world.runs.allSatisfy { $0.worker == "a" })
        #expect(try world.summary(waiting).delivered == 1)
        // Who has them goes on, and what it reports counts.
        for (lease, run) in held { world.report(a, lease, run.key, .delivered) }
        world.run(milliseconds: 3_600_000)
        for id in given + [far] { #expect(try world.summary(id).delivered == (id == far ? 1 : 2)) }
        #expect(world.runs.count == 12 && Set(world.runs.map(\.key)).count == 12)
    }

    @Test("an outcome that a worker says again once it has connected anew is its own; said by another it is foreign")
    func saidAgain() throws {
        let world = try World()
        world.answer = { _ in .never }
        let a = world.attach("a", credit: 5)
        for _ in 0..<5 { try world.create(in: 0) }
        world.run(milliseconds: 100)
        let held = world.running
        #expect(held.count == 5)
        for (lease, run) in held { world.report(a, lease, run.key, .delivered) }
        world.run(milliseconds: 100)
        world.detach(a)
        let again = world.attach("a", credit: 0), other = world.attach("b", credit: 0)
        for (lease, run) in held { world.report(again, lease, run.key, .delivered) }
        world.run(milliseconds: 100)
        #expect(world.core.snapshot.foreign == 0)
        for (lease, run) in held { world.report(other, lease, run.key, .delivered) }
        world.run(milliseconds: 100)
        #expect(world.core.snapshot.foreign == 5)
    }

    @Test("one number stands for one lease, whatever a worker says that it runs under it", arguments: [false, true])
    func oneNumber(isLoaded: Bool) async throws {
        let world = try World()
        let due = (world.now.wall + 10_000).second
        var ids: [ReminderID] = []
        if !isLoaded { ids = try (0..<5).map { _ in try world.create(in: 10_000) } }
        try await world.crash(rejoin: ["a"])
        if isLoaded { ids = try (0..<5).map { _ in try world.create(in: 10_000) } }
        // The one that the process gives next.
        var leases = world.core.leases
        let next = leases.makeID(in: ids[3].shard)
        let running = ids.prefix(3).map { LeaseReport(lease: next, key: OccurrenceKey(reminder: $0, scheduledAt: due)) }
        world.attach("a", running: running)
        world.attach("a", running: running.reversed())
        world.run(milliseconds: 300_000)
        for id in ids { #expect(try world.summary(id).delivered == 1) }
        #expect(Set(world.runs.map(\.key.reminder)) == Set(ids) && world.core.snapshot.leased == 0)
    }

    @Test("a lease's number tells its shard, the epoch of that and a count that begins anywhere; the clock has no part in it")
    func leaseNumbers() async throws {
        let world = try World()
        world.answer = { _ in .never }
        var counts: Set<UInt64> = []
        for epoch in UInt64(1)...2 {
            world.attach("a", credit: 100)
            for _ in 0..<100 { try world.create(in: 0) }
            world.run(milliseconds: 100)
            let new = world.running.filter { $0.key >> 32 & 0xFF_FFFF == epoch }
            #expect(new.count == 100)
            #expect(new.allSatisfy { $0.key >> 56 == UInt64($0.value.key.reminder.shard.number) })
            for (shard, leases) in Dictionary(grouping: new.keys, by: { $0 >> 56 }) {
                let numbers = leases.map { $0 & 0xFFFF_FFFF }.sorted()
                #expect(numbers.last.map { $0 &- numbers[0] + 1 } == UInt64(numbers.count), "in shard \(shard)")
                counts.insert(numbers[0])
            }
            world.setWallClock(by: -3_600_000)
            try await world.crash(rejoin: [])
        }
        #expect(counts.count > 32)
    }

    @Test("lease numbers are unique though the epoch begins anew")
    func epochsComeRound() {
        var random = SplitMix64(seed: 3)
        var numbers = LeaseNumbers(using: &random)
        let shard = Shard.all[5]
        numbers.begin(OwnedShard(shard, epoch: 1 << 24 | 7))
        let first = (0..<3).map { _ in numbers.next(in: shard) }
        #expect(first.allSatisfy { $0 >> 32 == 5 << 24 | 7 })
        // Another process could not keep its epoch, or a backup brought it back.
        var again = LeaseNumbers(using: &random)
        again.begin(OwnedShard(shard, epoch: 7))
        #expect(Set((0..<3).map { _ in again.next(in: shard) }).isDisjoint(with: first))
    }

    @Test("two workers share the work by their credit")
    func sharing() throws {
        let world = try World()
        world.answer = { _ in World.Answer(afterMilliseconds: 100) }
        world.attach("a", credit: 50)
        world.attach("b", credit: 50)
        for _ in 0..<100 { try world.create(in: 1_000) }
        world.run(milliseconds: 1_050)
        #expect(world.runs.count { $0.worker == "a" } == 50)
        #expect(world.runs.count { $0.worker == "b" } == 50)
    }

    @Test("oldest first; a higher priority goes first, and the lowest is not starved")
    func order() throws {
        let world = try World()
        world.answer = { _ in World.Answer(afterMilliseconds: 1_000) }
        let low = try world.create(in: 0, priority: 0)
        let high = try world.create(in: 5_000, priority: 9)
        let older = try world.create(in: 3_000, priority: 9)
        world.run(milliseconds: 6_000)
        world.attach("a", credit: 1)
        world.run(milliseconds: 3_000)
        #expect(world.runs.map(\.key.reminder) == [older, high, low])
        // A stream of high priorities that fills the worker: the low one is due ninety seconds "later", not never.
        let starved = try world.create(in: 0, priority: 0)
        for second in 0..<200 { try world.create(in: Int64(second) * 1_000, priority: 9) }
        world.run(milliseconds: 120_000)
        #expect(world.runs(of: starved).count == 1)
    }

    @Test("what no attached worker serves waits, and holds up nothing else")
    func lanes() throws {
        let world = try World()
        world.attach("a", queues: ["default"], tasks: ["test"])
        let other = try world.create(in: 0, queue: "other")
        let unknown = try world.create(in: 0, task: "unknown")
        let served = try world.create(in: 1_000)
        world.run(milliseconds: 5_000)
        #expect(world.runs.map(\.key.reminder) == [served])
        world.attach("b", queues: ["other"], tasks: ["test"])
        world.attach("c", queues: ["default"], tasks: ["unknown"])
        world.run(milliseconds: 1_000)
        #expect(world.runs(of: other).map(\.worker) == ["b"])
        #expect(world.runs(of: unknown).map(\.worker) == ["c"])
    }

    @Test("a draining worker gets nothing more")
    func draining() throws {
        let world = try World()
        let worker = world.attach()
        world.drain(worker)
        try world.create(in: 0)
        world.run(milliseconds: 1_000)
        #expect(world.runs.isEmpty)
        world.attach("b")
        world.run(milliseconds: 1_000)
        #expect(world.runs.count == 1)
    }

    @Test("a lost worker's occurrences go to another within the grace")
    func lost() throws {
        let world = try World()
        world.answer = { _ in World.Answer(afterMilliseconds: 10_000) }
        let first = world.attach("a")
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        world.attach("b")
        world.kill(first)
        world.run(milliseconds: world.configuration.reconnectGraceMilliseconds)
        #expect(world.runs(of: id).map(\.worker) == ["a", "b"])
        #expect(world.runs(of: id).map(\.attempt) == [1, 2])
        world.run(milliseconds: 20_000)
        #expect(try world.summary(id).delivered == 1)
        #expect(try world.attempts(id).map(\.outcome).sorted { $0.rawValue < $1.rawValue } == [.delivered, .leaseLost])
    }

    @Test("a worker from which nothing is heard has as long to come back as it may take to notice, and not longer")
    func silent() throws {
        let world = try World()
        world.answer = { _ in .never }
        let first = world.attach("a")
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        world.attach("b")
        world.detach(first, isSilent: true)
        world.run(milliseconds: world.configuration.silentGraceMilliseconds - 1)
        #expect(world.runs(of: id).map(\.worker) == ["a"])
        world.run(milliseconds: 1)
        #expect(world.runs(of: id).map(\.worker) == ["a", "b"])
    }

    @Test("the graces last as long as a peer may take to notice a silence and to be back, and no lease ends before them")
    func graces() {
        let configuration = CoreConfiguration(), keepalive = configuration.keepalive
        for grace in [configuration.silentGraceMilliseconds, configuration.rejoinGraceMilliseconds] {
            #expect(grace > keepalive.noticeMilliseconds.upperBound)
            #expect(grace < configuration.leaseMilliseconds)
        }
        #expect(keepalive.noticeMilliseconds == 3_750...22_500 && keepalive.deadMilliseconds == 15_000)
    }

    @Test("what a worker that is back has ended is not given to another before its outcomes have come, many though they are")
    func following() throws {
        let world = try World()
        world.answer = { _ in .never }
        let first = world.attach("a")
        let ids = try (0..<3).map { _ in try world.create(in: 0) }
        world.run(milliseconds: 100)
        let leases = world.running
        world.attach("b")
        world.detach(first)
        world.run(milliseconds: 100)
        let again = world.attach("a", following: leases.map { LeaseReport(lease: $0.key, key: $0.value.key) })
        world.run(milliseconds: 5_000)
        for (lease, run) in leases { world.report(again, lease, run.key, .delivered) }
        world.run(milliseconds: 100_000)
        #expect(world.runs.count == 3)
        for id in ids { #expect(try world.summary(id).delivered == 1) }
    }

    @Test("a worker that is back in time runs nothing twice")
    func reconnect() throws {
        let world = try World()
        world.answer = { _ in .never }
        let first = world.attach("a")
        let ids = try (0..<3).map { _ in try world.create(in: 0) }
        world.run(milliseconds: 100)
        let leases = world.running
        world.detach(first)
        world.run(milliseconds: 100)
        // One ended while the connection was down; its outcome comes with the announcement.
        let (done, running) = (leases.first!, leases.dropFirst())
        let again = world.attach("a", running: running.map { LeaseReport(lease: $0.key, key: $0.value.key) })
        world.report(again, done.key, done.value.key, .delivered)
        world.run(milliseconds: 10_000)
        #expect(world.runs.count == 3)
        for lease in running { world.report(again, lease.key, lease.value.key, .delivered) }
        world.run(milliseconds: 10)
        for id in ids { #expect(try world.summary(id).delivered == 1) }
        #expect(world.acknowledged.count == 3)
    }

    @Test("what a returning worker has forgotten is run again")
    func forgotten() throws {
        let world = try World()
        world.answer = { dispatch in dispatch.attempt == 1 ? .never : .delivered }
        let first = world.attach("a")
        let id = try world.create(in: 0)
        world.run(milliseconds: 100)
        world.detach(first)
        world.attach("a", running: [])
        world.run(milliseconds: 1_000)
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("a lease that runs out is given to another, and a late delivery still counts")
    func leaseRunsOut() throws {
        let world = try World()
        world.answer = { _ in .never }
        world.isDeaf = true
        let slow = world.attach("slow", credit: 1)
        let id = try world.create(in: 0)
        world.run(milliseconds: 1_000)
        world.attach("other")
        world.run(milliseconds: world.configuration.leaseMilliseconds)
        #expect(world.runs(of: id).map(\.worker) == ["slow", "other"])
        #expect(world.revoked.count == 1)
        let lease = world.running.first { $0.value.worker == slow }!
        world.report(slow, lease.key, lease.value.key, .delivered)
        world.run(milliseconds: 300_000)
        #expect(try world.summary(id).delivered == 1)
        #expect(world.runs(of: id).count == 2)
    }

    @Test("an occurrence that loses every worker ends as a dead letter")
    func poison() throws {
        let world = try World()
        world.answer = { _ in .never }
        let id = try world.create(in: 0)
        for round in 0..<100 {
            let worker = world.attach("w\(round)")
            world.run(milliseconds: 300_000)
            world.kill(worker)
            world.run(milliseconds: 1_000)
        }
        #expect(world.runs(of: id).count == 20)
        #expect(try world.summary(id).dead == 1)
    }

    @Test("an outcome is acknowledged when it is on disk, not before")
    func acknowledgement() throws {
        let world = try World()
        world.attach()
        world.isDiskFull = true
        try world.create(in: 0)
        world.run(milliseconds: 1_000)
        #expect(world.runs.count == 1)
        #expect(world.acknowledged.isEmpty)
        world.isDiskFull = false
        world.run(milliseconds: 5_000)
        #expect(world.acknowledged.count == 1)
    }

    @Test("while the store fails nothing more is dispatched, and afterwards nothing is missing")
    func diskFull() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 1_000, rule: "FREQ=SECONDLY;COUNT=30")
        world.run(milliseconds: 5_500)
        world.isDiskFull = true
        world.run(milliseconds: 10_000)
        #expect(world.runs.count <= 7)
        #expect(world.core.snapshot.isStoreFailing)
        world.isDiskFull = false
        world.run(milliseconds: 60_000)
        #expect(try world.summary(id).delivered == 30)
        #expect(Set(world.runs.map(\.key)).count == 30)
        #expect(world.runs.count == 30)
    }

    // MARK: Crashes

    @Test("after a crash everything that was promised is delivered")
    func crash() async throws {
        let world = try World()
        world.attach()
        let ids = try (0..<200).map { try world.create(in: Int64($0) * 100) }
        world.run(milliseconds: 7_000)
        try await world.crash(downMilliseconds: 3_000)
        world.attach("b")
        world.run(milliseconds: 60_000)
        for id in ids { #expect(try world.summary(id).delivered == 1) }
    }

    @Test("what a worker still runs when the scheduler is back is not run again")
    func rejoin() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a")
        let ids = try (0..<5).map { _ in try world.create(in: 0) }
        world.run(milliseconds: 100)
        let leases = world.running
        try await world.crash(rejoin: ["a"])
        world.run(milliseconds: 400)
        let again = world.attach("a", running: leases.map { LeaseReport(lease: $0.key, key: $0.value.key) })
        world.run(milliseconds: 5_000)
        #expect(world.runs.count == 5)
        for lease in leases { world.report(again, lease.key, lease.value.key, .delivered) }
        world.run(milliseconds: 10)
        for id in ids { #expect(try world.summary(id).delivered == 1) }
    }

    @Test("what ended while the scheduler was down is recorded, not run again")
    func endedMeanwhile() async throws {
        let world = try World()
        world.answer = { _ in .never }
        world.attach("a")
        let id = try world.create(in: 0, rule: "FREQ=HOURLY;COUNT=2")
        world.run(milliseconds: 100)
        let lease = world.running.first!
        try await world.crash(rejoin: ["a"])
        let again = world.attach("a", running: [])
        world.report(again, lease.key, lease.value.key, .delivered)
        world.run(milliseconds: 5_000)
        #expect(world.runs.count == 1)
        #expect(try world.summary(id).delivered == 1)
        #expect(world.acknowledged == [lease.key])
    }

    @Test("workers that do not come back after a crash hold up what was due for the grace only")
    func noRejoin() async throws {
        let world = try World()
        try world.create(in: 0)
        try await world.crash(rejoin: ["gone"])
        world.attach("b")
        world.run(milliseconds: world.configuration.rejoinGraceMilliseconds - 1)
        #expect(world.runs.isEmpty)
        world.run(milliseconds: 1)
        #expect(world.runs.count == 1)
    }

    // MARK: Downtime

    @Test("after a downtime the misfire policy decides what of a series is fired", arguments: MisfirePolicy.allCases)
    func misfire(policy: MisfirePolicy) async throws {
        let world = try World()
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY;COUNT=100", policy: policy)
        // Ten minutes and a half: 0 … 10 are missed, the last of them by half a minute.
        try await world.crash(downMilliseconds: 630_000)
        world.attach()
        world.run(milliseconds: 1)
        let minutes = world.runs(of: id).map { ($0.key.scheduledAt.milliseconds - World.start) / 60_000 }
        switch policy {
        case .fireOnce: #expect(minutes == [10])
        case .fireAll: #expect(minutes == Array(0...10))
        case .skip: #expect(minutes == [10])
        }
        world.run(milliseconds: 100 * 60_000)
        // Those skipped count towards COUNT all the same.
        #expect(world.runs(of: id).last?.key.scheduledAt == (World.start + 99 * 60_000).second)
        #expect(try world.summary(id).state == .completed)
    }

    @Test("of what was missed long ago, skip fires nothing and fire_once the latest")
    func missedLongAgo() async throws {
        for (policy, expected) in [(MisfirePolicy.skip, 0), (.fireOnce, 1)] {
            let world = try World()
            let id = try world.create(in: 0, rule: "FREQ=HOURLY;COUNT=3", policy: policy)
            try await world.crash(downMilliseconds: 24 * 3_600_000)
            world.attach()
            world.run(milliseconds: 10_000)
            #expect(world.runs(of: id).count == expected)
            #expect(try world.summary(id).state == .completed)
            #expect(try world.attempts(id).contains { $0.outcome == .misfired })
        }
    }

    // MARK: Memory

    @Test("memory holds what its bound says, and everything is delivered in time all the same")
    func boundedMemory() throws {
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = 128
        configuration.loadLimit = 16
        let world = try World(configuration: configuration)
        world.attach()
        var ids: [ReminderID] = []
        for round in 0..<2_000 { ids.append(try world.create(in: Int64(round % 50) * 1_000 + 1_000)) }
        world.run(milliseconds: 120_000)
        #expect(world.largestMemory <= 128)
        for id in ids { #expect(try world.summary(id).delivered == 1) }
        #expect(world.runs.count == 2_000)
    }

    @Test("a backlog that exceeds memory is worked off when a worker comes")
    func backlog() throws {
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = 128
        configuration.loadLimit = 16
        let world = try World(configuration: configuration)
        for round in 0..<1_000 { try world.create(in: Int64(round) * 10) }
        world.run(milliseconds: 60_000)
        world.attach("a", credit: 10)
        world.run(milliseconds: 60_000)
        #expect(world.largestMemory <= 128)
        #expect(Set(world.runs.map(\.key)).count == 1_000)
        #expect(world.runs.count == 1_000)
    }
}
