import Foundation
import Storage
import StoreTestKit
import Synchronization
import TaskDomain
import Testing

@testable import Simulation

/// The simulation is as good as its store: it is held to the real ones by the same random writes.
@Suite("the simulation's store is as the real ones")
struct StoreComparison {
    struct Run: Sendable, CustomTestStringConvertible {
        let backend: StoreTestKit.Backend, seed: UInt64

        var testDescription: String { "\(backend), seed \(seed)" }
    }

    /// A store behind a socket is asked less, unless `STORE_SEEDS` says how often each is.
    private static let runs: [Run] = StoreTestKit.Backend.all.flatMap { backend in
        let usual: UInt64 = backend.isRemote ? 2 : 12
        let seeds = ProcessInfo.processInfo.environment["STORE_SEEDS"].flatMap(UInt64.init) ?? usual
        return (1...max(1, seeds)).map { Run(backend: backend, seed: $0) }
    }

    @Test("the same writes have the same results, and leave the same behind", arguments: runs)
    func writes(run: Run) throws {
        let backend = run.backend, seed = run.seed
        let folder = try Folder()
        let real = try backend.open(folder)
        var model = StoredReminders(), chance = Chance(seed, 77)
        var writer = RandomWrites(chance: Chance(seed, 78), hasBounds: backend.isWhole)
        for round in 0..<40 {
            let writes = (0..<chance.int(1...25)).map { _ in writer.next() }
            let expected = writes.map { Self.text(model.apply($0)) }
            let results = try Self.wait { done in real.submit(writes) { done($0) } }.get().map(Self.text)
            for (write, (result, wanted)) in zip(writes, zip(results, expected)) where result != wanted {
                Issue.record("round \(round), \(write.text) of \(write.reminder.map(String.init) ?? "")\n real: \(result)\nmodel: \(wanted)")
                return
            }
            try compare(real, &model, writer, &chance)
        }
        #expect(folder.faults.all == [])
    }

    private func compare(_ real: any Store, _ model: inout StoredReminders, _ writer: RandomWrites, _ chance: inout Chance) throws {
        for id in writer.ids {
            let found = try Self.wait { done in real.reminder(id) { done($0) } }.get()
            #expect(found.map(Self.text) == model.summary(id).map(Self.text))
            let attempts = try Self.wait { done in real.attempts(of: id, limit: 10_000) { done($0) } }.get()
            #expect(attempts?.count == (model.summary(id) == nil ? nil : model.attemptCount(id)))
        }
        for shard in Set(writer.ids.map(\.shard)).sorted() {
            let limit = Int(chance.int(1...30)), through = RandomWrites.start.milliseconds + chance.int(0...60_000)
            var after: DueKey?
            for _ in 0..<3 {
                let real = try Self.wait { done in
                    real.load(shard: shard, after: after, through: through, limit: limit) { done($0) }
                }.get()
                let wanted = model.due(in: shard, after: after, through: through, limit: limit)
                #expect(real.entries.map(Self.text) == wanted.entries.map(Self.text))
                after = wanted.entries.last?.due
                if after == nil { break }
            }
        }
        for scope in ShelfScope.allCases {
            let limit = Int(chance.int(1...10)), after = writer.shelfKey(&chance)
            for strand in type(of: real).strands {
                let page = try Self.wait { done in real.loadShelf(scope, of: strand[0], after: after, limit: limit) { done($0) } }.get()
                let wanted = model.shelf(scope, after: after, limit: limit) { strand.contains($0) }
                #expect(page.keys == wanted.keys && page.entries.map(Self.text) == wanted.entries.map(Self.text))
            }
        }
        let queues = try Self.wait { done in real.queues { done($0) } }.get()
        #expect(queues.sorted { $0.name < $1.name } == model.queueSettings)
        guard chance.one(in: 5) else { return }
        // Who takes it is told what has passed, and finds nothing shelved.
        let passed = try type(of: real).strands.flatMap { strand in
            try Self.wait { done in real.take(strand, passed: 10_000) { done($0) } }.get().passed
        }
        #expect(passed == model.passed(limit: 10_000))
        model.clearShelf { _ in true }
    }

    // MARK: Both in words

    private static func text(_ result: StoreWriteResult) -> String {
        guard case .changed(let outcome) = result else { return "\(result)" }
        let standing = outcome.standing.map { standing in
            "\(standing.state) revision \(standing.revision), \(text(standing.reminder)), \(standing.entries.map(text))"
        }
        return "\(outcome.verdict), \(standing ?? "nothing"), released \(outcome.released), run at \(outcome.scheduledAt ?? 0)"
    }

    private static func text(_ reminder: Reminder) -> String {
        "\(reminder.schedule) \(reminder.sealedAuthorization) jitter \(reminder.jitterSeconds) attempts \(reminder.maxAttempts ?? 0) \(reminder.misfirePolicy) \(reminder.handling.catchUpLimit)"
    }

    private static func text(_ entry: DueEntry) -> String {
        "\(entry.due.dueAt) \(entry.due.occurrence.idempotencyKey) \(entry.tries) \(entry.positionIndex ?? 0) \(entry.isManual)"
    }

    private static func text(_ summary: ReminderSummary) -> String {
        let missed = summary.missed.map { "missed \($0.number) \($0.first) \($0.last)" } ?? "missed nothing"
        let held = summary.heldSince.map { "held since \($0)" } ?? "not held"
        let counts = "\(summary.delivered) \(summary.retrying) \(summary.held) \(summary.dead) \(missed) \(held)"
        let position = summary.position.map { "\($0.scheduledAt) \($0.index)" } ?? "its end"
        return "\(summary.state) at \(position), \(counts), revision \(summary.revision), updated \(summary.updatedAt), \(text(summary.reminder))"
    }

    /// The store answers on its own thread.
    private static func wait<R: Sendable>(_ ask: (@escaping @Sendable (R) -> Void) -> Void) throws -> R {
        let box = Mutex<R?>(nil), semaphore = DispatchSemaphore(value: 0)
        ask { result in
            box.withLock { $0 = result }
            semaphore.signal()
        }
        semaphore.wait()
        return try #require(box.withLock { $0 })
    }
}

/// Writes of every kind, most of them to few reminders and near to what these are: right ones, late ones, wrong ones.
struct RandomWrites {
    static let start = UnixSeconds(1_800_000_000)

    var chance: Chance
    private(set) var ids: [ReminderID] = []
    /// Whether creates may be refused for what their callers have: that tells in which order the shards were written.
    private let hasBounds: Bool

    init(chance: Chance, hasBounds: Bool = true) {
        self.chance = chance
        self.hasBounds = hasBounds
    }

    private static let keptReminders = 6

    private static func shelfPlace(_ chance: inout Chance) -> ShelfPlace {
        ShelfPlace(queue: chance.pick(["q", "q-", "Q"]), task: chance.pick(["t", "u"]), sharer: chance.pick(["", "a", "é"]))
    }

    /// A key that something may be shelved behind.
    func shelfKey(_ chance: inout Chance) -> ShelfKey {
        let key = OccurrenceKey(reminder: chance.pick(ids), scheduledAt: Self.start)
        let dueAt = Self.start.milliseconds + (chance.one(in: 2) ? -1_000_000 : chance.int(0...60_000))
        return ShelfKey(place: Self.shelfPlace(&chance), due: DueKey(dueAt: dueAt, occurrence: key))
    }

    mutating func next() -> StoreWrite {
        if ids.isEmpty || chance.one(in: 12) { return create() }
        let id = chance.pick(ids.suffix(Self.keptReminders))
        switch chance.int(0...9) {
        case 0...3: return settle(id)
        case 4 where chance.one(in: 2):
            let key = key(id)
            return .hold(key, attempt(.authRejected, at: key.scheduledAt), tries: tries())
        case 4: return .materialise(key(id), dueAt: milliseconds(), tries: tries(), move: move())
        case 5:
            var move = move()
            let first = second()
            move.missed = chance.one(in: 3) ? nil : Missed(count: chance.int(1...9), isAtLeast: chance.one(in: 4), first: first, last: first + 3)
            return .misfire(id, record: attempt(.misfired), move: move)
        case 6 where chance.one(in: 2):
            let key = ShelfKey(place: Self.shelfPlace(&chance), due: DueKey(dueAt: milliseconds(), occurrence: key(id)))
            return chance.one(in: 4) ? .unshelve([key]) : .shelve(key)
        case 6...8:
            let guardian = ChangeGuard(caller: chance.one(in: 8) ? "other" : nil, revision: chance.one(in: 6) ? chance.int(1...9) : nil)
            return .change(id, change(id), guardian, at: milliseconds())
        default:
            var queue = QueueSettings(name: "q\(chance.int(0...2))", isPaused: chance.one(in: 2))
            queue.maxConcurrency = chance.one(in: 2) ? 3 : nil
            queue.fairBy = queue.isPaused ? .createdBy : .caller
            queue.rate = chance.one(in: 2) ? DispatchRate(count: 2, seconds: 3) : nil
            return chance.one(in: 3) ? .workers([AttachedWorker(instance: "a")], of: Shard.all[0]) : .queue(queue)
        }
    }

    private mutating func second() -> UnixSeconds { Self.start + chance.int(0...12) }

    private mutating func milliseconds() -> UnixMilliseconds { second().milliseconds + chance.int(0...999) }

    private mutating func key(_ id: ReminderID) -> OccurrenceKey { OccurrenceKey(reminder: id, scheduledAt: second()) }

    private mutating func position() -> SeriesPosition? {
        chance.one(in: 6) ? nil : SeriesPosition(scheduledAt: second(), index: chance.int(1...9))
    }

    private mutating func move() -> PositionMove {
        PositionMove(from: second(), to: position(), due: chance.one(in: 2) ? nil : milliseconds())
    }

    private mutating func attempt(_ outcome: Outcome, at scheduledAt: UnixSeconds? = nil) -> Attempt {
        Attempt(
            scheduledAt: scheduledAt ?? second(), number: Int(chance.int(1...2)), startedAt: second().milliseconds,
            durationMicroseconds: chance.int(0...5_000_000), outcome: outcome, statusCode: 0, detail: "detail")
    }

    private mutating func create() -> StoreWrite {
        let isKnown = !ids.isEmpty && chance.one(in: 4)
        let id = isKnown ? chance.pick(ids) : ReminderID(at: Self.start.milliseconds, using: &chance)
        if !isKnown { ids.append(id) }
        let record = chance.one(in: 2)
            ? IdempotencyRecord(key: id.bytes, request: chance.one(in: 4) ? [1] : [2], answer: [3], createdAt: milliseconds()) : nil
        return .create(
            reminder(id), position: position(), idempotency: record, pendingLimit: hasBounds && chance.one(in: 3) ? Int(chance.int(1...4)) : nil)
    }

    private mutating func reminder(_ id: ReminderID) -> Reminder {
        Reminder(
            id: id, schedule: Schedule(start: second(), rule: chance.one(in: 2) ? "FREQ=SECONDLY" : nil),
            handling: Handling(
                misfirePolicy: chance.pick([.fireOnce, .fireAll, .skip]), catchUpLimit: Int(chance.int(1...3)),
                maxAttempts: chance.one(in: 4) ? nil : Int(chance.int(1...3)), jitterSeconds: Int(chance.int(0...4))),
            payload: Payload(task: "task", arguments: []), createdAt: milliseconds(),
            caller: id.low % 2 == 0 ? "a" : "b", sealedAuthorization: chance.one(in: 2) ? [] : [7])
    }

    private mutating func tries() -> Tries {
        Tries(
            attempts: Int(chance.int(0...3)), losses: Int(chance.int(0...2)),
            since: chance.one(in: 3) ? nil : milliseconds())
    }

    private mutating func settle(_ id: ReminderID) -> StoreWrite {
        let key = key(id)
        let disposition: Disposition =
            switch chance.int(0...12) {
            case 12: .ended
            case 0...3: .delivered
            case 4...6: .retry(dueAt: milliseconds(), tries: tries())
            case 7, 8: .held(tries: tries())
            case 9, 10: .dead(tries: tries())
            default: .cancelSeries
            }
        let outcome: Outcome = disposition == .delivered ? .delivered : disposition == .ended ? .cancelled : .retry
        var move: PositionMove? = chance.one(in: 3) ? nil : PositionMove(from: key.scheduledAt, to: position())
        move?.endsRow = chance.one(in: 3)
        return .settle(key, attempt(outcome, at: key.scheduledAt), disposition, move: move)
    }

    private mutating func change(_ id: ReminderID) -> ReminderChange {
        switch chance.int(0...22) {
        case 21, 22: .cancelOccurrence(scheduledAt: second(), detail: "called off", isUnderWay: chance.one(in: 2))
        case 20: .realign(from: second(), to: position())
        case 0: .cancel
        case 1...3: .pause
        case 4...7: .resume(goesOnAt: chance.one(in: 3) ? .itsPosition : .position(position()))
        case 8...10: .run
        case 11, 12: .replaceAuthorization(sealed: [9])
        case 13...15: .replace(reminder(id), position: position())
        case 16...18: .replay(scheduledAt: second())
        default: .discard(scheduledAt: second(), goesOnAt: chance.one(in: 3) ? .itsPosition : .position(position()))
        }
    }
}
