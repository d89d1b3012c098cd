import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("what queues allow")
struct QueueLimits {
    private static func set(_ world: World, _ queue: QueueSettings) { world.request([.queue(queue)]) }

    private static func standing(_ world: World, _ name: String) -> QueueStanding? {
        world.core.queueStandings(after: "", limit: 100).first { $0.settings.name == name }
    }

    // MARK: Pause

    @Test("a pause stops what is not yet dispatched, and lets end what is; the settings outlive a crash")
    func pause() async throws {
        let world = try World()
        world.answer = { _ in World.Answer(outcome: .retry, afterMilliseconds: 3_000, retryAfterMilliseconds: 1_000) }
        world.attach(credit: 2)
        for _ in 0..<4 { try world.create(in: 1_000) }
        world.run(milliseconds: 2_000)
        Self.set(world, QueueSettings(name: "default", isPaused: true))
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 2)
        #expect(world.acknowledged.count == 2)
        #expect(Self.standing(world, "default") == QueueStanding(settings: QueueSettings(name: "default", isPaused: true), ready: 4, running: 0, workers: 1))
        let settings = try world.queueSettings()
        #expect(settings == [QueueSettings(name: "default", isPaused: true)])
        try await world.crash(queues: settings)
        world.attach("b")
        world.answer = { _ in .delivered }
        world.run(milliseconds: 60_000)
        #expect(world.runs.count == 2)
        Self.set(world, QueueSettings(name: "default"))
        world.run(milliseconds: 1)
        #expect(world.runs.count == 6)
    }

    @Test("a pause of a queue holds up what a person asks for, too: nothing of it is dispatched")
    func pauseManual() throws {
        let world = try World()
        world.attach()
        Self.set(world, QueueSettings(name: "default", isPaused: true))
        let id = try world.create(in: 3_600_000)
        world.change(id, .run)
        world.run(milliseconds: 10_000)
        #expect(world.runs.isEmpty)
        #expect(Self.standing(world, "default")?.ready == 1)
    }

    // MARK: Concurrency

    @Test("the most at once holds through retries, lost workers and leases that run out, and is made use of", arguments: [1, 3, 10])
    func concurrency(most: Int) throws {
        let world = try World()
        var random = SplitMix64(seed: UInt64(most)), highest = 0, workers: [WorkerID] = []
        world.configuration.leaseMilliseconds = 5_000
        Self.set(world, QueueSettings(name: "default", maxConcurrency: most))
        world.answer = { [unowned world] _ in
            // By what the core takes to be running: a lease that ran out is given to another.
            highest = max(highest, world.core.snapshot.leased)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: return .never
            case 1, 2: return World.Answer(outcome: .retry, afterMilliseconds: .random(in: 1...2_000, using: &random))
            default: return World.Answer(afterMilliseconds: .random(in: 1...900, using: &random))
            }
        }
        let ids = try (0..<60).map { try world.create(in: Int64($0) * 20, maxAttempts: 100) }
        workers = [world.attach("a", credit: 50), world.attach("b", credit: 50)]
        for round in 0..<8 {
            world.run(milliseconds: 700)
            #expect(Self.standing(world, "default")?.running ?? 0 <= most)
            world.kill(workers.removeFirst())
            workers.append(world.attach("w\(round)", credit: 50))
        }
        world.answer = { [unowned world] _ in
            highest = max(highest, world.core.snapshot.leased)
            return World.Answer(afterMilliseconds: 100)
        }
        world.run(milliseconds: 900_000)
        // Seen from inside a dispatch the newest is counted already.
        #expect(highest == most)
        for id in ids { #expect(try world.summary(id).delivered == 1) }
        #expect(Self.standing(world, "default")?.running == 0)
    }

    @Test("a queue at its most keeps no other waiting, and one whose bound is raised goes on at once")
    func otherQueues() throws {
        let world = try World()
        world.attach(queues: ["slow", "default"])
        world.answer = { $0.entry.reminder.queue == "slow" ? .never : .delivered }
        Self.set(world, QueueSettings(name: "slow", maxConcurrency: 1))
        for _ in 0..<5 {
            try world.create(in: 0, priority: 9, queue: "slow")
            try world.create(in: 1_000)
        }
        world.run(milliseconds: 1_001)
        #expect(world.runs.count == 6)
        Self.set(world, QueueSettings(name: "slow", maxConcurrency: 3))
        #expect(world.runs.count == 8)
        Self.set(world, QueueSettings(name: "slow"))
        #expect(world.runs.count == 10)
    }

    // MARK: Rates

    @Test(
        "over any time a queue dispatches at most its rate and a burst, and that much it reaches, by itself",
        arguments: [(1, 1), (5, 1), (100, 1), (1, 10), (7, 3), (30, 60), (1_000, 1)])
    func rate(count: Int, seconds: Int) throws {
        let world = try World()
        let rate = try #require(DispatchRate(count: count, seconds: seconds)), total = min(400, max(12, count * 3))
        world.attach(credit: 5_000)
        Self.set(world, QueueSettings(name: "default", rate: rate))
        for _ in 0..<total { try world.create(in: 1_000) }
        let needed = Int64(total) * Int64(seconds) * 1_000 / Int64(count)
        world.run(milliseconds: 1_000 + needed + 2_000)
        let times = world.runs.map(\.at)
        #expect(times.count == total, "it is reached")
        let burst = max(1, count / seconds)
        for (first, start) in times.enumerated() {
            for last in [first + burst, first + 2 * burst, times.count - 1] where last > first && last < times.count {
                // A millisecond for the clock's own.
                let allowed = Double(times[last] - start + 1) * Double(count) / Double(seconds) / 1_000 + Double(burst)
                #expect(Double(last - first + 1) <= allowed + 0.001, "\(first)...\(last)")
            }
        }
        // Nothing was saved up while there was nothing to do, but one burst.
        world.run(milliseconds: 100_000)
        let before = world.runs.count
        for _ in 0..<total { try world.create(in: 0) }
        world.run(milliseconds: 0)
        #expect(world.runs.count - before == min(burst, total))
    }

    @Test("retries count against the rate, and a rate that is lifted or changed counts at once")
    func rateChanges() throws {
        let world = try World()
        world.attach()
        world.answer = { $0.attempt < 3 ? World.Answer(outcome: .retry, retryAfterMilliseconds: 0) : .delivered }
        Self.set(world, QueueSettings(name: "default", rate: DispatchRate(count: 1, seconds: 2)))
        for _ in 0..<3 { try world.create(in: 0) }
        world.run(milliseconds: 10_100)
        #expect(world.runs.count == 6)
        Self.set(world, QueueSettings(name: "default", rate: DispatchRate(count: 1, seconds: 1)))
        world.run(milliseconds: 2_000)
        #expect((7...8).contains(world.runs.count))
        Self.set(world, QueueSettings(name: "default"))
        world.run(milliseconds: 100)
        #expect(world.runs.count == 9)
    }

    @Test("a queue that waits for its rate neither wakes the process again and again while the store fails, nor forgets to go on")
    func rateWhileFailing() throws {
        let world = try World()
        world.attach()
        Self.set(world, QueueSettings(name: "default", rate: DispatchRate(count: 1, seconds: 1)))
        for _ in 0..<5 { try world.create(in: 0) }
        world.isDiskFull = true
        world.run(milliseconds: 500)
        #expect(world.core.snapshot.isStoreFailing)
        world.run(milliseconds: 30_000)
        #expect(world.runs.count == 1)
        let next = world.core.nextDeadline ?? .distantFuture
        #expect(next > world.now.monotonic)
        world.isDiskFull = false
        world.run(milliseconds: 10_000)
        #expect(world.runs.count == 5)
    }

    @Test("a queue's limits are known from the start", arguments: [true, false])
    func fromStart(rejoining: Bool) async throws {
        let world = try World()
        for _ in 0..<10 { try world.create(in: 0) }
        try await world.crash(
            rejoin: rejoining ? ["gone"] : [],
            queues: [QueueSettings(name: "default", maxConcurrency: 2, rate: DispatchRate(count: 1, seconds: 1))])
        world.answer = { _ in World.Answer(afterMilliseconds: 5_000) }
        world.attach("b")
        world.run(milliseconds: rejoining ? world.configuration.rejoinGraceMilliseconds : 1)
        #expect(world.runs.count == 1)
        world.run(milliseconds: 3_000)
        #expect(world.runs.count == 2)
    }

    // MARK: Order

    @Test("within a queue a higher priority goes first, and the lowest is not kept for ever")
    func priorities() throws {
        let world = try World()
        world.answer = { _ in World.Answer(afterMilliseconds: 1_000) }
        Self.set(world, QueueSettings(name: "default", maxConcurrency: 1))
        world.attach()
        try world.create(in: 0)
        let low = try world.create(in: 0, priority: 0)
        // Twice as much of the highest as can be run.
        for half in 0..<400 { try world.create(in: Int64(half) * 500, priority: 9) }
        world.run(milliseconds: 80_000)
        #expect(world.runs(of: low).isEmpty)
        world.run(milliseconds: 120_000)
        let at = try #require(world.runs(of: low).first?.at)
        // It is served with those due nine steps after it.
        let behind = Int64(9) * world.configuration.priorityStepMilliseconds
        #expect((behind...2 * behind + 4_000).contains(at - World.start))
        let seconds = world.runs.filter { $0.key.reminder != low }.map(\.key.scheduledAt)
        #expect(seconds == seconds.sorted(), "the oldest first")
    }

    // MARK: What is shown

    @Test("queues come in pages by name, whoever made them, and one alone; one that nobody uses is empty")
    func pages() throws {
        let world = try World()
        world.attach("a", credit: 0, queues: ["idle", "q05"])
        for number in (0..<20).shuffled() { try world.create(in: 0, queue: number < 10 ? "q0\(number)" : "q\(number)") }
        Self.set(world, QueueSettings(name: "paused", isPaused: true))
        let names = ["idle", "paused"] + (0..<20).map { $0 < 10 ? "q0\($0)" : "q\($0)" }
        #expect(world.core.queueStandings(after: "", limit: 100).map(\.settings.name) == names)
        var seen: [String] = []
        while true {
            let page = world.core.queueStandings(after: seen.last ?? "", limit: 5)
            #expect(page.count == min(5, names.count - seen.count))
            seen += page.map(\.settings.name)
            if page.isEmpty { break }
        }
        #expect(seen == names)
        let one = world.core.queueStanding(of: "q05")
        #expect((one.ready, one.running, one.workers) == (1, 0, 1))
        #expect(world.core.queueStanding(of: "nobody's") == QueueStanding(settings: QueueSettings(name: "nobody's"), ready: 0, running: 0, workers: 0))
        #expect(world.core.queueStanding(of: "paused").settings.isPaused)
        #expect(world.core.configuredQueues == 1)
    }

    @Test("names stand in order however they come and go, and a page has those after a name")
    func names() {
        var names = SortedNames(), expected: Set<String> = [], random = SystemRandomNumberGenerator()
        for step in 0..<20_000 {
            let name = "q\(Int.random(in: 0..<4_000, using: &random))"
            if step % 10_000 < 6_000 ? step % 4 > 0 : step % 4 == 0 {
                names.insert(name)
                expected.insert(name)
            } else {
                names.remove(name)
                expected.remove(name)
            }
            guard step % 500 == 0 else { continue }
            let sorted = expected.sorted()
            #expect(names.all == sorted)
            #expect(names.after(name, limit: 700) == Array(sorted.filter { $0 > name }.prefix(700)))
        }
        for name in expected { names.remove(name) }
        #expect(names.all.isEmpty && names.after("", limit: 5).isEmpty)
    }

    @Test("the standing of queues tells what is ready, running and served; what nobody serves is named")
    func standings() throws {
        let world = try World()
        world.answer = { _ in .never }
        #expect(world.core.queueStandings(after: "", limit: 100) == [])
        for (queue, task, count) in [("default", "test", 3), ("mail", "test", 2), ("mail", "other", 1), ("sms", "test", 1)] {
            for _ in 0..<count { try world.create(in: 0, queue: queue, task: task) }
        }
        try world.create(in: 5_000, queue: "later")
        #expect(world.core.unserved(limit: 10) == ["default/test", "mail/other", "mail/test", "sms/test"])
        #expect(world.core.unserved(limit: 2) == ["default/test", "mail/other"])
        #expect(!world.core.isServed(queue: "mail", task: "test"))
        let first = world.attach("a", credit: 2, queues: ["default", "mail"])
        world.attach("b", credit: 1, queues: ["mail", "idle"], tasks: ["other"])
        Self.set(world, QueueSettings(name: "paused", isPaused: true))
        #expect(world.core.isServed(queue: "mail", task: "test") && world.core.isServed(queue: "idle", task: "other"))
        #expect(!world.core.isServed(queue: "idle", task: "test") && !world.core.isServed(queue: "sms", task: "test"))
        #expect(world.core.unserved(limit: 10) == ["sms/test"])
        func line(_ standing: QueueStanding) -> String {
            "\(standing.settings.name) ready \(standing.ready) running \(standing.running) workers \(standing.workers)"
        }
        let standings = world.core.queueStandings(after: "", limit: 100)
        #expect(standings.map(\.settings.name) == ["default", "idle", "mail", "paused", "sms"])
        // Oldest first over both queues: which two of the five it is follows from the keys.
        let total = standings.reduce(into: (ready: 0, running: 0)) { $0 = ($0.ready + $1.ready, $0.running + $1.running) }
        #expect(total == (4, 3))
        #expect(standings.map { "\($0.settings.name) \($0.workers)" } == ["default 1", "idle 1", "mail 2", "paused 0", "sms 0"])
        #expect(line(standings[4]) == "sms ready 1 running 0 workers 0")
        #expect(standings[3].settings.isPaused && standings.count { $0.settings.isPaused } == 1)
        #expect(
            world.core.snapshot
                == Snapshot(entriesInMemory: 8, ready: 4, leased: 3, unserved: 1, workers: 2, missed: 0, unwritten: 0, isStoreFailing: false))
        world.kill(first)
        #expect(world.core.unserved(limit: 10).contains("default/test"))
        #expect(!world.core.isServed(queue: "default", task: "test"))
    }
}
