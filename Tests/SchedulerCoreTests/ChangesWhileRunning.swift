import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

/// What happens to an occurrence that a worker runs while its reminder is changed, and what changes leave behind.
@Suite("changes while occurrences run")
struct ChangesWhileRunning {
    /// A world with a series of four, every ten seconds, whose first occurrence runs for five seconds.
    private static func running(
        _ outcome: Outcome = .delivered, delay: Int64 = 0, rule: String? = "FREQ=SECONDLY;INTERVAL=10;COUNT=4"
    ) throws -> (World, ReminderID) {
        let world = try World()
        world.attach()
        var isFirst = true
        world.answer = { _ in
            defer { isFirst = false }
            return isFirst ? World.Answer(outcome: outcome, afterMilliseconds: 5_000, retryAfterMilliseconds: 2_000) : .delivered
        }
        let id = try world.create(in: 0, rule: rule)
        world.run(milliseconds: 1_000)
        #expect(world.running.count == 1)
        world.storeDelay = { delay }
        return (world, id)
    }

    private static func offsets(_ world: World, _ id: ReminderID) -> [Int64] {
        world.runs(of: id).map { $0.key.scheduledAt - World.start.second }
    }

    @Test(
        "what runs while its reminder is paused and resumed is neither stopped nor skipped nor run again",
        arguments: [Outcome.delivered, .retry], [0, 300, 1_500] as [Int64])
    func pauseAndResume(outcome: Outcome, delay: Int64) throws {
        for resumedAfter in [0, 200, 2_000, 3_900] as [Int64] {
            let (world, id) = try Self.running(outcome, delay: delay)
            world.change(id, .pause)
            world.run(milliseconds: resumedAfter)
            try world.resume(id)
            world.run(milliseconds: 120_000)
            #expect(world.revoked.isEmpty)
            #expect(Self.offsets(world, id) == (outcome == .delivered ? [0, 10, 20, 30] : [0, 0, 10, 20, 30]), "resumed after \(resumedAfter)")
            let summary = try world.summary(id)
            #expect(summary.delivered == 4 && summary.state == .completed)
            #expect(try world.attempts(id).allSatisfy { $0.outcome != .misfired })
        }
    }

    enum Change: CaseIterable { case credential, callOff }

    @Test("what falls due while a change is on its way does not wait for the attempt before it", arguments: Change.allCases)
    func dueInAChange(change: Change) throws {
        let (world, id) = try Self.running(delay: 300)
        world.answer = { _ in .never }
        world.run(milliseconds: 10_000)
        #expect(Self.offsets(world, id) == [0, 10])
        world.run(milliseconds: 8_900)
        switch change {
        case .credential: world.replaceAuthorization(of: id)
        case .callOff: _ = world.cancel(OccurrenceKey(reminder: id, scheduledAt: World.start.second))
        }
        world.run(milliseconds: 1_000)
        #expect(Self.offsets(world, id) == [0, 10, 20])
    }

    @Test("what runs when its one-time reminder is paused ends as it ends, and a retry waits for the resumption", arguments: [0, 300] as [Int64])
    func oneShot(delay: Int64) throws {
        for outcome in [Outcome.delivered, .retry] {
            let (world, id) = try Self.running(outcome, delay: delay, rule: nil)
            world.change(id, .pause)
            world.run(milliseconds: 60_000)
            #expect(world.runs.count == 1)
            #expect(try world.summary(id).state == (outcome == .delivered ? .completed : .paused))
            try world.resume(id)
            world.run(milliseconds: 10_000)
            #expect(world.runs.count == (outcome == .delivered ? 1 : 2))
            #expect(try world.summary(id).state == .completed)
        }
    }

    @Test("a series that was paused for long goes on with its next occurrence, and one record tells of what it missed")
    func skips() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 10_000, rule: "FREQ=SECONDLY;INTERVAL=10;COUNT=10", policy: .fireAll)
        world.run(milliseconds: 25_000)
        world.change(id, .pause)
        world.run(milliseconds: 40_000)
        try world.resume(id)
        world.run(milliseconds: 3_600_000)
        #expect(Self.offsets(world, id) == [10, 20, 70, 80, 90, 100])
        #expect(try world.attempts(id).filter { $0.outcome == .misfired }.map(\.scheduledAt) == [World.start.second + 30])
        #expect(try world.summary(id).state == .completed)
    }

    @Test("a pause outlives a crash, and what a person asks for is run in it", arguments: [0, 200] as [Int64])
    func pauseOutlives(delay: Int64) async throws {
        let world = try World()
        world.attach()
        world.answer = { _ in World.Answer(outcome: .rejected) }
        let id = try world.create(in: 0, rule: "FREQ=MINUTELY")
        world.run(milliseconds: 1_000)
        world.change(id, .pause)
        world.run(milliseconds: 1_000)
        try await world.crash(downMilliseconds: 10_000)
        world.attach("b")
        world.answer = { _ in .delivered }
        world.run(milliseconds: 120_000)
        #expect(world.runs.count == 1)
        world.storeDelay = { delay }
        let asked = world.now.wall
        world.change(id, .replay(scheduledAt: World.start.second))
        world.change(id, .run)
        world.run(milliseconds: 1_000)
        #expect(world.runs.dropFirst().count == 2)
        #expect(world.runs.dropFirst().allSatisfy { $0.at <= asked + 2 * delay + 1 }, "at once")
        let summary = try world.summary(id)
        #expect(summary.delivered == 2 && summary.state == .paused && summary.dead == 0)
    }

    @Test("a second replay of a cancelled reminder's dead letters leaves the first one running", arguments: [0, 200] as [Int64])
    func replaysOfCancelled(delay: Int64) throws {
        let world = try World()
        world.attach()
        world.answer = { _ in World.Answer(outcome: .rejected) }
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;COUNT=5")
        world.run(milliseconds: 1_500)
        world.cancel(id)
        world.storeDelay = { delay }
        world.answer = { _ in World.Answer(afterMilliseconds: 3_000) }
        for second in 0...1 as ClosedRange<Int64> {
            world.change(id, .replay(scheduledAt: World.start.second + second))
            world.run(milliseconds: 1_000)
        }
        world.change(id, .cancel)
        world.run(milliseconds: 60_000)
        #expect(world.revoked.isEmpty)
        #expect(Self.offsets(world, id) == [0, 1, 0, 1])
        let summary = try world.summary(id)
        #expect(summary.delivered == 2 && summary.dead == 0 && summary.state == .cancelled)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    /// A worker that goes on with a lease which was given up, and nobody who would take the occurrence.
    private static func givenUp(rule: String? = nil) throws -> (World, ReminderID, WorkerID, lease: UInt64, OccurrenceKey) {
        let world = try World()
        world.answer = { _ in .never }
        world.isDeaf = true
        let worker = world.attach(credit: 1)
        let id = try world.create(in: 0, rule: rule)
        world.run(milliseconds: world.configuration.leaseMilliseconds + 100)
        let run = try #require(world.running.first)
        #expect(world.revoked == [run.key])
        return (world, id, worker, run.key, run.value.key)
    }

    @Test("an outcome that is said again while its reminder is being changed is acknowledged once it is stored, and not before")
    func saidAgain() throws {
        let world = try World()
        world.answer = { _ in .never }
        let worker = world.attach()
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=10;COUNT=4")
        world.run(milliseconds: 100)
        let run = try #require(world.running.first)
        world.storeDelay = { 300 }
        world.change(id, .pause)
        world.run(milliseconds: 100)
        world.report(worker, run.key, run.value.key, .delivered)
        world.detach(worker)
        let again = world.attach()
        world.report(again, run.key, run.value.key, .delivered)
        try world.resume(id)
        // The pause is stored, on which depends what the outcome means, and then the outcome.
        world.run(milliseconds: 450)
        #expect(world.acknowledged.isEmpty)
        world.run(milliseconds: 1_000)
        #expect(world.acknowledged == [run.key])
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("a delivery that is reported while its reminder is being changed stands", arguments: [0, 300] as [Int64])
    func deliveredInChange(delay: Int64) throws {
        let (world, id, worker, lease, key) = try Self.givenUp()
        world.storeDelay = { delay }
        world.replaceAuthorization(of: id)
        world.report(worker, lease, key, .delivered)
        world.run(milliseconds: 1_000)
        world.attach("b")
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 1)
        #expect(world.acknowledged == [lease])
        let summary = try world.summary(id)
        #expect(summary.delivered == 1 && summary.state == .completed)
    }

    @Test("a task that ends its series ends it also when its lease was given up before", arguments: [0, 300] as [Int64])
    func lateEnd(delay: Int64) throws {
        let (world, id, worker, lease, key) = try Self.givenUp(rule: "FREQ=HOURLY")
        if delay > 0 {
            world.storeDelay = { delay }
            world.replaceAuthorization(of: id)
        }
        world.report(worker, lease, key, .cancelSchedule)
        world.run(milliseconds: 1_000)
        world.attach("b")
        world.run(milliseconds: 4_000_000)
        #expect(world.runs.count == 1)
        #expect(try world.summary(id).state == .cancelled)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    @Test("what is discarded is not run, and the reminder is complete when nothing else is open")
    func discard() throws {
        let world = try World()
        world.attach()
        world.answer = { _ in World.Answer(outcome: .authRejected) }
        let id = try world.create(in: 0)
        world.run(milliseconds: 1_000)
        #expect(try world.summary(id).held == 1)
        world.change(id, .discard(scheduledAt: World.start.second))
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 1)
        #expect(try world.summary(id).state == .completed)
    }

    @Test("an attempt under way when the schedule changes ends as the old schedule's, and the new one goes on", arguments: [Outcome.delivered, .retry, .rejected], [0, 300, 6_000] as [Int64])
    func reschedule(outcome: Outcome, delay: Int64) throws {
        let (world, id) = try Self.running(outcome, delay: delay)
        let old = try world.summary(id).reminder, start = World.start.second + 25
        let other = Reminder(
            id: id, schedule: Schedule(start: start, rule: "FREQ=SECONDLY;INTERVAL=5;COUNT=3"),
            handling: Handling(queue: "other"), payload: Payload(task: "test", arguments: []),
            createdAt: old.createdAt, sealedAuthorization: [])
        world.attach("b", queues: ["other"])
        world.change(id, .replace(other, position: SeriesPosition(scheduledAt: start, index: 1)))
        world.run(milliseconds: 120_000)
        #expect(world.revoked.isEmpty)
        #expect(Self.offsets(world, id) == (outcome == .retry ? [0, 0, 25, 30, 35] : [0, 25, 30, 35]))
        // The retry belongs to the queue that the reminder is now in.
        #expect(world.runs(of: id).dropFirst().allSatisfy { $0.worker == "b" })
        let summary = try world.summary(id)
        #expect(summary.state == .completed && summary.dead == (outcome == .rejected ? 1 : 0))
        #expect(summary.delivered == (outcome == .rejected ? 3 : 4))
    }

    @Test("a one-time reminder whose schedule is written anew while it runs is not run twice", arguments: [0, 300] as [Int64])
    func sameTime(delay: Int64) throws {
        for outcome in [Outcome.delivered, .retry] {
            let (world, id) = try Self.running(outcome, delay: delay, rule: nil)
            let old = try world.summary(id).reminder
            var schedule = old.schedule
            schedule.timezone = "Europe/Berlin"
            let other = Reminder(
                id: id, schedule: schedule, handling: Handling(), payload: Payload(task: "test", arguments: []),
                createdAt: UnixMilliseconds(0), sealedAuthorization: [])
            world.change(id, .replace(other, position: SeriesPosition(scheduledAt: schedule.start, index: 1)))
            world.run(milliseconds: 60_000)
            #expect(world.runs.count == (outcome == .delivered ? 1 : 2))
            #expect(try world.summary(id).state == .completed)
            #expect(try world.summary(id).delivered == 1)
        }
    }

    @Test("a run in the very second of an occurrence that is behind is one with it, and the series goes on")
    func runBehind() throws {
        let world = try World()
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=5;COUNT=5", policy: .fireAll)
        // Nobody is there: the position stays at the first, while the third falls due.
        world.run(milliseconds: 10_200)
        world.change(id, .run)
        world.run(milliseconds: 1_000)
        world.attach()
        world.run(milliseconds: 60_000)
        #expect(Set(Self.offsets(world, id)) == [0, 5, 10, 15, 20])
        #expect(world.runs.count == 5)
        #expect(try world.summary(id).state == .completed)
    }

    /// A reminder of which more runs than the answer to a change holds: a person has had all of it run once more.
    private static func manyRunning(_ answer: @escaping (Dispatch) -> World.Answer) throws -> (World, ReminderID, count: Int) {
        let world = try World()
        world.attach("a", credit: 10_000)
        let count = ReminderStanding.maxEntries + 60
        world.answer = { $0.entry.reminder.sealedAuthorization == [1] ? World.Answer(outcome: .rejected) : answer($0) }
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;COUNT=\(count)")
        world.run(milliseconds: Int64(count) * 1_000)
        #expect(try world.summary(id).dead == count)
        world.replaceAuthorization(of: id)
        let first = World.start.second
        world.request((0..<Int64(count)).map { .change(id, .replay(scheduledAt: first + $0), ChangeGuard(), at: world.now.wall) })
        world.run(milliseconds: 5_000)
        #expect(world.running.count == count)
        return (world, id, count)
    }

    @Test("more occurrences under way than an answer tells of are left alone by a change")
    func manyRunning() throws {
        let (world, id, count) = try Self.manyRunning { _ in World.Answer(afterMilliseconds: 20_000) }
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 60_000)
        #expect(world.revoked.isEmpty)
        #expect(world.runs(of: id).count == 2 * count)
        #expect(try world.summary(id).delivered == Int64(count))
    }

    @Test("what a person asked for goes on in a pause, and is tried again, also beyond what the answer holds")
    func manyRunningInAPause() throws {
        let (world, id, count) = try Self.manyRunning { dispatch in
            dispatch.attempt == 1 ? World.Answer(outcome: .retry, afterMilliseconds: 20_000, retryAfterMilliseconds: 1_000) : .delivered
        }
        world.change(id, .pause)
        world.run(milliseconds: 120_000)
        #expect(try world.summary(id).delivered == Int64(count))
    }

    @Test("what a load brings that was read before a change is not taken for what stands after it")
    func loadUnderWay() throws {
        let world = try World()
        world.attach()
        // Beyond what is in memory: a load that is asked for at half of the horizon will bring it.
        let ids = try (0..<3).map { _ in try world.create(in: 70_000) }
        world.run(milliseconds: 29_900)
        world.storeDelay = { 2_000 }
        world.run(milliseconds: 1_000)
        world.change(ids[0], .pause)
        world.cancel(ids[1])
        let moved = Reminder(
            id: ids[2], schedule: Schedule(start: World.start.second + 80), handling: Handling(),
            payload: Payload(task: "test", arguments: []), createdAt: UnixMilliseconds(0), sealedAuthorization: [])
        world.change(ids[2], .replace(moved, position: SeriesPosition(scheduledAt: moved.schedule.start, index: 1)))
        world.run(milliseconds: 120_000)
        #expect(world.runs.map(\.key) == [OccurrenceKey(reminder: ids[2], scheduledAt: World.start.second + 80)])
    }

    // MARK: Requests

    @Test("a request that is refused has changed nothing, and afterwards all goes on")
    func refused() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 20_000, rule: "FREQ=MINUTELY;COUNT=2")
        try world.create(in: 0)
        world.isDiskFull = true
        world.run(milliseconds: 3_000)
        let requests = [world.change(id, .cancel), world.change(id, .pause), world.request([.queue(QueueSettings(name: "default", isPaused: true))])]
        for request in requests { #expect(world.outcomes[request].map { $0 == nil } == true) }
        world.isDiskFull = false
        world.run(milliseconds: 3_600_000)
        #expect(Self.offsets(world, id) == [20, 80])
    }

    @Test("a request that waits while the store begins to fail is carried out once it can be, and then told")
    func keptWaiting() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 5_000, rule: "FREQ=MINUTELY;COUNT=2")
        world.isDiskFull = true
        let request = world.change(id, .pause)
        world.run(milliseconds: 30_000)
        #expect(world.outcomes[request] == nil)
        #expect(world.runs.isEmpty)
        world.isDiskFull = false
        world.run(milliseconds: 5_000)
        #expect(world.outcomes[request]??.count == 1)
        #expect(try world.summary(id).state == .paused)
        #expect(world.runs.isEmpty)
    }

    @Test("more requests than may wait are refused, and those that wait are all answered in order")
    func tooMany() throws {
        var configuration = CoreConfiguration()
        configuration.maxPendingRequests = 5
        let world = try World(configuration: configuration)
        let ids = try (0..<8).map { _ in try world.create(in: 3_600_000) }
        world.storeDelay = { 500 }
        let requests = ids.map { world.change($0, .pause) }
        #expect(requests.map { world.outcomes[$0].map { $0 == nil } } == Array(repeating: nil, count: 5) + Array(repeating: true, count: 3))
        world.run(milliseconds: 5_000)
        #expect(requests.prefix(5).allSatisfy { world.outcomes[$0]??.count == 1 })
        #expect(world.outcomes[world.change(ids[0], .cancel)] == nil)
    }

    @Test("requests of many writes stay whole between thousands of others, and each is told its own results", arguments: [1, 2, 7, 100])
    func whole(limit: Int) throws {
        var configuration = CoreConfiguration()
        configuration.maxWritesPerBatch = limit
        let world = try World(configuration: configuration)
        world.attach()
        let due = try (0..<40).map { _ in try world.create(in: 1_000) }
        let ids = try (0..<30).map { _ in try world.create(in: 3_600_000) }
        world.storeDelay = { 20 }
        world.run(milliseconds: 1_000)
        var requests: [(RequestID, [ReminderID])] = []
        for size in [1, 5, 2, 7, 3, 9] {
            let part = (0..<size).map { ids[(requests.count * 5 + $0) % ids.count] }
            requests.append((world.request(part.map { .change($0, .pause, ChangeGuard(), at: UnixMilliseconds(5)) }), part))
            world.run(milliseconds: 1)
        }
        world.run(milliseconds: 20_000)
        for (request, part) in requests {
            let answered = world.outcomes[request]??.map { result -> ReminderID? in
                if case .changed(let outcome) = result { outcome.standing?.reminder.id } else { nil }
            }
            #expect(answered == part)
        }
        for id in due { #expect(try world.summary(id).delivered == 1) }
        #expect(world.acknowledged.count == due.count)
        #expect(world.batches.max() ?? 0 >= 9)
    }
}
