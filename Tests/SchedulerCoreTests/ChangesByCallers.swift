import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

/// What callers do to reminders while occurrences wait, run and end; with a store that answers late.
@Suite("changes by callers")
struct ChangesByCallers {
    @Test("a reminder paused while it waits is not run until it is resumed", arguments: [0, 150] as [Int64])
    func pauseWaiting(delay: Int64) throws {
        let world = try World()
        world.storeDelay = { delay }
        world.attach()
        let id = try world.create(in: 5_000)
        world.run(milliseconds: 1_000)
        world.change(id, .pause)
        world.run(milliseconds: 60_000)
        #expect(world.runs.isEmpty)
        #expect(try world.summary(id).state == .paused)
        try world.resume(id)
        world.run(milliseconds: 1_000)
        #expect(world.runs.count == 1)
        #expect(try world.summary(id).state == .completed)
    }

    @Test("what runs when its series is paused is recorded, and nothing follows until it is resumed", arguments: [Outcome.delivered, .retry])
    func pauseRunning(outcome: Outcome) throws {
        let world = try World()
        world.storeDelay = { 100 }
        world.attach()
        var isFirst = true
        world.answer = { _ in
            defer { isFirst = false }
            return World.Answer(outcome: isFirst ? outcome : .delivered, afterMilliseconds: 700)
        }
        let id = try world.create(in: 1_000, rule: "FREQ=MINUTELY;COUNT=3")
        world.run(milliseconds: 1_500)
        world.change(id, .pause)
        world.run(milliseconds: 20_000)
        #expect(world.runs(of: id).count == 1)
        #expect(try world.attempts(id).map(\.outcome) == [outcome])
        try world.resume(id)
        world.run(milliseconds: 600_000)
        let delivered = try world.attempts(id).filter { $0.outcome == .delivered }.map(\.scheduledAt)
        #expect(Set(delivered).count == 3 && delivered.count == 3)
        #expect(try world.summary(id).state == .completed)
    }

    @Test("an outcome that comes while a change is on its way is settled after it, once")
    func outcomeDuringChange() throws {
        let world = try World()
        world.attach()
        world.answer = { _ in World.Answer(afterMilliseconds: 500) }
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY;INTERVAL=10;COUNT=4")
        world.run(milliseconds: 200)
        // The answer to the change comes long after the outcome.
        world.storeDelay = { 2_000 }
        world.replaceAuthorization(of: id)
        world.run(milliseconds: 1_000)
        #expect(world.acknowledged.isEmpty)
        world.storeDelay = { 0 }
        world.run(milliseconds: 60_000)
        #expect(world.runs(of: id).map(\.key.scheduledAt).count == 4)
        #expect(Set(world.runs(of: id).map(\.key.scheduledAt)).count == 4)
        #expect(try world.summary(id).delivered == 4)
    }

    @Test("another schedule takes effect at once: what was to come does not, what had fallen due does")
    func reschedule() throws {
        let world = try World()
        world.attach("a", tasks: ["other"])
        let id = try world.create(in: 1_000, rule: "FREQ=MINUTELY")
        world.run(milliseconds: 2_000)
        // Due, and nobody there to run it.
        let old = try world.summary(id).reminder
        let start = world.now.wall.second + 7
        let other = Reminder(
            id: id, schedule: Schedule(start: start), handling: Handling(),
            payload: Payload(task: "test", arguments: [], description: "new"), createdAt: old.createdAt,
            sealedAuthorization: [])
        world.change(id, .replace(other, position: SeriesPosition(scheduledAt: start, index: 1)))
        world.run(milliseconds: 1_000)
        world.attach("b")
        world.run(milliseconds: 300_000)
        #expect(world.runs(of: id).map(\.key.scheduledAt) == [World.start.second + 1, start])
        #expect(try world.summary(id).state == .completed)
        #expect(try world.summary(id).reminder.sealedAuthorization == [1])
    }

    @Test("run now makes an occurrence beside the schedule, also of a paused reminder; twice within a second it is one")
    func runNow() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 3_600_000)
        world.run(milliseconds: 500)
        world.change(id, .pause)
        world.change(id, .run)
        world.run(milliseconds: 100)
        world.change(id, .run)
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).count == 1)
        #expect(try world.summary(id).delivered == 1)
        #expect(try world.summary(id).state == .paused)
    }

    @Test("a dead letter that is replayed begins anew, and the reminder completes again")
    func replay() throws {
        let world = try World()
        world.attach()
        world.answer = { _ in World.Answer(outcome: .rejected) }
        let id = try world.create(in: 0)
        world.run(milliseconds: 1_000)
        let summary = try world.summary(id)
        #expect(summary.dead == 1 && summary.state == .completed)
        world.answer = { _ in .delivered }
        world.change(id, .replay(scheduledAt: World.start.second))
        world.run(milliseconds: 1_000)
        #expect(world.runs(of: id).map(\.attempt) == [1, 1])
        #expect(try world.summary(id).state == .completed)
        #expect(try world.summary(id).dead == 0)
    }

    @Test("a task that ends its cancelled series ends what else is run once more of it")
    func replayedAndEnded() throws {
        let world = try World(), second = World.start.second
        world.attach()
        world.answer = { _ in World.Answer(outcome: .rejected) }
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY")
        world.run(milliseconds: 1_500)
        world.change(id, .cancel)
        world.answer = {
            $0.entry.due.occurrence.scheduledAt == second
                ? World.Answer(outcome: .cancelSchedule) : World.Answer(outcome: .retry, afterMilliseconds: 500)
        }
        for offset in 0..<2 { world.change(id, .replay(scheduledAt: second + Int64(offset))) }
        world.run(milliseconds: 60_000)
        #expect(world.runs(of: id).count == 4)
        let summary = try world.summary(id)
        #expect(summary.state == .cancelled && summary.retrying == 0 && summary.dead == 0 && summary.delivered == 1)
    }

    @Test("while the store fails a change is refused, not kept waiting")
    func refused() throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 0)
        let other = try world.create(in: 3_600_000)
        world.isDiskFull = true
        world.run(milliseconds: 1_000)
        let request = world.change(other, .cancel)
        let outcome = try #require(world.outcomes[request])
        if case .some = outcome { Issue.record("it was taken") }
        world.isDiskFull = false
        world.run(milliseconds: 10_000)
        #expect(try world.summary(id).state == .completed)
        #expect(try world.summary(other).state == .scheduled)
    }

    @Test("the writes of one request are one transaction, however many wait before them")
    func oneTransaction() throws {
        var configuration = CoreConfiguration()
        configuration.maxWritesPerBatch = 10
        let world = try World(configuration: configuration)
        world.storeDelay = { 50 }
        world.attach()
        let ids = try (0..<25).map { _ in try world.create(in: 3_600_000) }
        for _ in 0..<7 { try world.create(in: 0) }
        world.run(milliseconds: 20)
        let request = world.request(ids.map { .change($0, .cancel, ChangeGuard(), at: world.now.wall) })
        world.run(milliseconds: 5_000)
        #expect(world.outcomes[request]??.count == 25)
        // Twenty-five in one batch, although ten are the most of others.
        #expect(world.batches.contains { $0 >= 25 })
        for id in ids { #expect(try world.summary(id).state == .cancelled) }
    }
}

@Suite("queues, jitter and expiry")
struct QueuesJitterExpiry {
    @Test("a paused queue dispatches nothing and others go on; it goes on where it stopped")
    func paused() throws {
        let world = try World()
        world.attach(queues: ["a", "b"])
        world.request([.queue(QueueSettings(name: "a", isPaused: true))])
        for queue in ["a", "b"] { for _ in 0..<5 { try world.create(in: 1_000, queue: queue) } }
        world.run(milliseconds: 5_000)
        #expect(world.runs.count == 5)
        #expect(world.core.queueStandings(after: "", limit: 100).first { $0.settings.name == "a" }?.ready == 5)
        world.request([.queue(QueueSettings(name: "a"))])
        world.run(milliseconds: 5_000)
        #expect(world.runs.count == 10)
    }

    @Test("no more of a queue run at once than it allows, with any number of workers")
    func concurrency() throws {
        let world = try World()
        world.attach("a")
        world.attach("b")
        world.request([.queue(QueueSettings(name: "default", maxConcurrency: 3))])
        world.answer = { _ in World.Answer(afterMilliseconds: 400) }
        for _ in 0..<30 { try world.create(in: 0) }
        var most = 0
        for _ in 0..<100 {
            world.run(milliseconds: 60)
            most = max(most, world.running.count)
        }
        #expect(most == 3)
        #expect(world.runs.count == 30)
    }

    @Test("a rate is kept and reached, without anything else happening")
    func rate() throws {
        let world = try World()
        world.attach()
        world.request([.queue(QueueSettings(name: "default", rate: DispatchRate(count: 5, seconds: 1)))])
        for _ in 0..<50 { try world.create(in: 1_000) }
        world.run(milliseconds: 30_000)
        let times = world.runs.map(\.at).sorted()
        #expect(times.count == 50)
        for (index, time) in times.enumerated() {
            // A burst of five, then one each 200 ms.
            let earliest = times[0] + Int64(max(0, index - 4)) * 200
            #expect((earliest...earliest + 500).contains(time), "\(index): \(time - times[0])")
        }
    }

    @Test("far more in a queue that nobody serves than memory holds does not keep another queue waiting")
    func overflow() throws {
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = 200
        configuration.loadLimit = 20
        let world = try World(configuration: configuration)
        world.attach("a")
        for _ in 0..<600 { try world.create(in: 1_000, queue: "nobody") }
        world.run(milliseconds: 5_000)
        for _ in 0..<20 { try world.create(in: 1_000) }
        world.run(milliseconds: 5_000)
        #expect(world.runs.count == 20)
        #expect(world.largestMemory <= 200)
        // And nothing of it is lost or run twice.
        world.attach("b", queues: ["nobody"])
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 620)
        #expect(Set(world.runs.map(\.key)).count == 620)
        #expect(world.core.snapshot.entriesInMemory == 0)
    }

    @Test("jitter spreads by the key, never early, and the same after a crash")
    func jitter() async throws {
        let world = try World()
        world.attach("a", tasks: ["none"])
        let ids = try (0..<40).map { _ in try world.create(in: 2_000, jitterSeconds: 10) }
        try await world.crash()
        world.attach("b")
        world.run(milliseconds: 20_000)
        #expect(world.runs.count == 40)
        for run in world.runs {
            let reminder = try world.summary(run.key.reminder).reminder
            #expect(run.at >= reminder.due(of: run.key.scheduledAt))
            #expect(run.at <= reminder.due(of: run.key.scheduledAt) + 5)
        }
        #expect(Set(world.runs.map { $0.at.second }).count > 5)
        #expect(ids.count == 40)
    }

    @Test("what nobody delivered in time is a dead letter, expired: unserved or between two tries; the series goes on")
    func expiry() throws {
        let world = try World()
        let unserved = try world.create(in: 1_000, expiresAfterSeconds: 5)
        world.run(milliseconds: 4_000)
        #expect(try world.summary(unserved).dead == 0)
        world.run(milliseconds: 4_000)
        #expect(try world.summary(unserved).dead == 1)
        #expect(try world.attempts(unserved).map(\.outcome) == [.expired])

        world.attach()
        world.answer = { _ in World.Answer(outcome: .retry, retryAfterMilliseconds: 60_000) }
        let failing = try world.create(in: 1_000, rule: "FREQ=MINUTELY;COUNT=2", expiresAfterSeconds: 20)
        world.run(milliseconds: 30_000)
        #expect(try world.attempts(failing).map(\.outcome) == [.expired, .retry])
        world.answer = { _ in .delivered }
        world.run(milliseconds: 60_000)
        #expect(try world.summary(failing).delivered == 1)

        // A person's replay does not expire.
        world.change(unserved, .replay(scheduledAt: World.start.second + 1))
        world.run(milliseconds: 1_000)
        #expect(try world.summary(unserved).delivered == 1)
    }
}
