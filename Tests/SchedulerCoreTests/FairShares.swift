import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

/// The core alone, with a store that has what it is given and does what it is told, at one moment.
private struct Alone {
    private(set) var core = SchedulerCore(seed: 1)
    var now = Moment(wall: UnixMilliseconds(1_800_000_000_000), monotonic: MonotonicMilliseconds(1_000))
    private var stored: [Shard: [DueEntry]] = [:]
    private var nextID: UInt64 = 0
    private(set) var dispatched: [Dispatch] = []

    static let worker = WorkerID(rawValue: 1)
    /// What the worker may be handed, as it has said.
    var limit = 0

    /// An occurrence that is on disk when the core starts.
    mutating func store(_ count: Int, owner: String, createdBy: String = "", classroomID: String = "", task: String = "test") {
        for _ in 0..<count {
            let entry = make(owner: owner, createdBy: createdBy, classroomID: classroomID, task: task)
            stored[entry.reminder.id.shard, default: []].append(entry)
        }
    }

    mutating func create(
        owner: String, createdBy: String = "", classroomID: String = "", priority: Int = 5, secondsAgo: Int64 = 0, queue: String = "default"
    ) {
        handle(
            .created(
                make(
                    owner: owner, createdBy: createdBy, classroomID: classroomID, priority: priority, secondsAgo: secondsAgo, queue: queue)))
    }

    private mutating func make(
        owner: String, createdBy: String, classroomID: String, priority: Int = 5, secondsAgo: Int64 = 0, queue: String = "default",
        task: String = "test"
    ) -> DueEntry {
        nextID += 1
        let id = ReminderID(high: nextID << 16 | 0x7000, low: nextID &* 0x9E37_79B9_7F4A_7C15)
        let reminder = Reminder(
            id: id, schedule: Schedule(start: now.wall.second - secondsAgo), handling: Handling(queue: queue, priority: priority),
            payload: Payload(task: task, arguments: [], classroomID: classroomID, createdBy: createdBy),
            createdAt: now.wall, caller: owner, sealedAuthorization: [])
        return DueEntry(reminder, at: SeriesPosition(scheduledAt: reminder.schedule.start, index: 1))
    }

    mutating func start(_ settings: QueueSettings = QueueSettings(name: "default"), credit: Int = 0) {
        limit = credit
        handle(
            .workerAttached(
                Self.worker, instance: "w", queues: ["default", "other"], tasks: ["test"], creditLimit: credit, running: []))
        handle(.take(Shard.all.map { OwnedShard($0, epoch: 1) }, rejoin: [], queues: [settings]))
    }

    /// Gives the worker credit for so many.
    /// - Returns: what it was handed, in order.
    mutating func take(_ count: Int) -> [Dispatch] {
        let before = dispatched.count
        for _ in 0..<count {
            limit += 1
            handle(.creditLimit(Self.worker, limit))
        }
        return Array(dispatched.dropFirst(before))
    }

    mutating func handle(_ event: Event) {
        var events = [event]
        while !events.isEmpty {
            var effects: [Effect] = []
            core.handle(events.removeFirst(), now: now, effects: &effects)
            for effect in effects {
                switch effect {
                case .load(let token, let shard, _, _, _): events.append(.loaded(token: token, shard, DuePage(entries: stored.removeValue(forKey: shard) ?? [])))
                case .loadShelf(let token, _, _, _, _): events.append(.shelfLoaded(token: token, ShelfPage()))
                case .write(let token, let writes, _): events.append(.written(token: token, writes.map { _ in .done }))
                case .dispatch(_, let dispatches): dispatched += dispatches
                case .acknowledge, .extended, .revoke, .recall, .answer, .cancelled, .refuse, .released: break
                }
            }
        }
    }
}

@Suite("callers share a queue")
struct FairShares {
    @Test("with 100,000 of one caller ready, another's is given out in the next turn, and so is each that follows")
    func backlog() {
        var alone = Alone()
        alone.store(100_000, owner: "a")
        alone.start()
        #expect(alone.core.snapshot.ready == 100_000)
        #expect(alone.take(10).map(\.entry.reminder.caller) == Array(repeating: "a", count: 10))
        for _ in 0..<3 { alone.create(owner: "b") }
        let callers = alone.take(8).map(\.entry.reminder.caller)
        #expect(callers.prefix(2).contains("b"))
        #expect(callers.count { $0 == "b" } == 3)
        #expect(!zip(callers.dropLast(2), callers.dropFirst()).contains { $0 == "b" && $1 == "b" }, "nobody has two turns in a row: \(callers)")
        alone.create(owner: "b")
        #expect(alone.take(2).contains { $0.entry.reminder.caller == "b" })
    }

    @Test("a thousand callers have a turn each before the first has its second")
    func rounds() {
        var alone = Alone()
        alone.store(5_000, owner: "a")
        for index in 0..<1_000 { alone.store(2, owner: "b\(index)") }
        alone.start()
        for _ in 0..<2 { #expect(Set(alone.take(1_001).map(\.entry.reminder.caller)).count == 1_001) }
        #expect(alone.take(100).allSatisfy { $0.entry.reminder.caller == "a" })
    }

    @Test("a queue is shared by what its fair_by names", arguments: FairShare.allCases)
    func fairBy(share: FairShare) {
        var alone = Alone()
        alone.store(300, owner: "a", createdBy: "a", classroomID: "a")
        alone.start(QueueSettings(name: "default", fairBy: share))
        _ = alone.take(5)
        alone.create(owner: "b", createdBy: "a", classroomID: "a")
        alone.create(owner: "a", createdBy: "b", classroomID: "a")
        alone.create(owner: "a", createdBy: "a", classroomID: "b")
        let first = alone.take(3).map(\.entry.reminder).filter { [$0.caller, $0.createdBy, $0.classroomID].contains("b") }
        switch share {
        case .caller: #expect(first.map(\.caller) == ["b"])
        case .createdBy: #expect(first.map(\.createdBy) == ["b"])
        case .classroomID: #expect(first.map(\.classroomID) == ["b"])
        case .nobody: #expect(first.isEmpty)
        }
    }

    @Test("what is backdated goes by when it became ready, at whatever priority what is on time has")
    func backdated() {
        var alone = Alone()
        alone.start()
        alone.create(owner: "a", priority: 5)
        alone.now.monotonic += 1
        for _ in 0..<5 { alone.create(owner: "a", priority: 5, secondsAgo: 1_000_000_000) }
        alone.create(owner: "a", priority: 6)
        let order = alone.take(7).map(\.entry.reminder)
        #expect(order.map(\.priority) == [6, 5, 5, 5, 5, 5, 5])
        #expect(order[1].schedule.start == alone.now.wall.second)
    }

    @Test("a priority step is worth ten seconds of waiting, and no more")
    func priority() {
        var alone = Alone()
        alone.start()
        alone.create(owner: "a", priority: 4)
        alone.now.wall += 10_001
        alone.now.monotonic += 10_001
        alone.create(owner: "a", priority: 5)
        alone.create(owner: "a", priority: 6)
        #expect(alone.take(3).map(\.entry.reminder.priority) == [6, 4, 5])
    }

    @Test("the backlog of one queue does not keep another of the same worker waiting")
    func queues() {
        var alone = Alone()
        alone.store(10_000, owner: "a")
        alone.start()
        _ = alone.take(10)
        alone.create(owner: "a", queue: "other")
        #expect(alone.take(2).contains { $0.entry.reminder.queue == "other" })
    }

    @Test("what nobody serves has a tenth of memory, however many lanes it is in, and all of it comes in order when it is served")
    func unserved() throws {
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = 400
        configuration.loadLimit = 50
        let world = try World(configuration: configuration)
        world.attach()
        let lost = try (0..<2_000).map { try world.create(in: -Int64($0 % 7) * 1_000, queue: "q\($0 % 1_000)") }
        world.run(milliseconds: 2_000)
        #expect(world.core.snapshot.ready <= 40)
        #expect(world.core.snapshot.entriesInMemory <= 40)
        let served = try (0..<50).map { try world.create(in: 1_000 + Int64($0) * 100) }
        world.run(milliseconds: 10_000)
        for id in served {
            let run = try #require(world.runs(of: id).first)
            #expect(run.at - run.key.scheduledAt.milliseconds <= 1_000)
        }
        #expect(world.runs.count == 50)
        world.attach("q", queues: (0..<250).map { "q\($0)" })
        world.run(milliseconds: 20_000)
        let expected = Set(lost.enumerated().filter { $0.offset % 1_000 < 250 }.map(\.element))
        #expect(Set(world.runs.dropFirst(50).map(\.key.reminder)) == expected)
        #expect(world.runs.count == 50 + expected.count)
        #expect(world.core.snapshot.ready <= 40)
    }

    @Test("when its worker goes, a long backlog makes room for the others, and is worked off whole when one comes")
    func abandoned() throws {
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = 200
        configuration.loadLimit = 20
        let world = try World(configuration: configuration)
        let gone = world.attach("gone", credit: 0, queues: ["gone"])
        world.attach()
        for _ in 0..<500 { try world.create(in: 0, queue: "gone") }
        world.run(milliseconds: 2_000)
        world.kill(gone)
        let served = try (0..<300).map { try world.create(in: 1_000 + Int64($0) * 20) }
        world.run(milliseconds: 20_000)
        for id in served { #expect(world.runs(of: id).count == 1) }
        #expect(world.largestMemory <= 200)
        world.attach("back", queues: ["gone"])
        world.run(milliseconds: 30_000)
        #expect(world.runs.count == 800)
    }
}
