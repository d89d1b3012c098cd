import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("a core with several strands")
struct SeveralStrands {
    /// Both strands taken, a worker there.
    private func loom(_ mutation: Mutation? = nil) -> Loom {
        let loom = Loom(mutation: mutation)
        loom.take(0)
        loom.take(1)
        loom.attach()
        return loom
    }

    enum Trouble: CaseIterable { case fails, isSlow }

    @Test(
        "a strand that fails or is slow holds up neither outcomes, nor creates, nor changes, nor dispatches of another",
        arguments: Trouble.allCases, [nil, Mutation.oneOutboxForAll])
    func troubled(trouble: Trouble, mutation: Mutation?) {
        let loom = loom(mutation)
        let ill = loom.create(in: 0), well = loom.create(in: 1)
        if trouble == .fails { loom.failing = [0] } else { loom.silent = [0] }
        loom.report(ill)
        loom.report(well)
        guard mutation == nil else { return #expect(!loom.isAcknowledged(well)) }
        #expect(loom.isAcknowledged(well) && loom.isWritten(well) && !loom.isAcknowledged(ill))
        #expect(loom.core.snapshot.unwritten > 0 && loom.core.snapshot.isStoreFailing == (trouble == .fails))
        let next = loom.create(in: 1), waiting = loom.create(in: 0)
        #expect(loom.times(next) == 1)
        // What a slow store will take is handed out; what a failing one may never is not.
        #expect(loom.times(waiting) == (trouble == .fails ? 0 : 1))
        loom.change(1, [loom.create(in: 1, after: 5_000)])
        loom.change(2, [loom.create(in: 0, after: 5_000)])
        #expect(loom.answered[RequestID(rawValue: 1)] == 1 && loom.answered[RequestID(rawValue: 2)] == nil)
        #expect(loom.refused.map(\.rawValue) == (trouble == .fails ? [2] : []))
        loom.run(milliseconds: 10_000)
        #expect(!loom.isAcknowledged(ill) && loom.times(waiting) == (trouble == .fails ? 0 : 1))
        // It is ready all the while, as is what was not changed.
        #expect(loom.core.snapshot.ready == (trouble == .fails ? 2 : 0))
        #expect(loom.core.queueStanding(of: "default").ready == (trouble == .fails ? 2 : 0))
        // By itself, once the store is well.
        loom.failing = []
        loom.answer(0)
        loom.run(milliseconds: 3_000)
        #expect(loom.isAcknowledged(ill) && loom.isWritten(ill) && loom.times(waiting) == 1)
        #expect(loom.core.snapshot.unwritten == 0 && !loom.core.snapshot.isStoreFailing && loom.core.snapshot.ready == 0)
    }

    @Test("what is due in a strand that fails leaves room in memory for what is due in others, and comes when it is well")
    func leavesRoom() {
        let loom = Loom { $0.maxEntriesInMemory = 64 }
        loom.take(0)
        loom.take(1)
        loom.attach()
        loom.failing = [0]
        loom.report(loom.create(in: 0))
        let ill = (0..<60).map { _ in loom.create(in: 0) }
        let well = (0..<30).map { _ in loom.create(in: 1) }
        #expect(ill.allSatisfy { loom.times($0) == 0 } && well.allSatisfy { loom.times($0) == 1 })
        for key in well { loom.report(key) }
        for key in ill { loom.stored[key.reminder.shard, default: []] += [loom.entry(of: key)] }
        loom.failing = []
        for _ in 0..<8 {
            loom.run(milliseconds: 1_000)
            for key in ill { loom.report(key) }
        }
        #expect(ill.allSatisfy { loom.times($0) == 1 })
    }

    @Test("what was left to the disk of one strand is read while another fails, and of that one when it is well")
    func shelves() {
        let loom = Loom { $0.maxEntriesInMemory = 64 }
        loom.take(0)
        loom.take(1)
        let ill = (0..<30).map { _ in loom.create(in: 0) }, well = (0..<30).map { _ in loom.create(in: 1) }
        // Nobody serves them, and not all of them have a place in memory.
        #expect(loom.core.snapshot.entriesInMemory < 40)
        loom.failing = [0]
        loom.attach()
        loom.run(milliseconds: 1_000)
        #expect(ill.allSatisfy { loom.times($0) == 0 } && well.allSatisfy { loom.times($0) == 1 })
        for key in well { loom.report(key) }
        loom.failing = []
        loom.run(milliseconds: 5_000)
        #expect(ill.allSatisfy { loom.times($0) == 1 })
    }

    @Test("a batch that fails is repeated less and less often, however often another strand's are stored")
    func backsOff() {
        let loom = loom()
        loom.failing = [0]
        loom.report(loom.create(in: 0))
        for _ in 0..<50 {
            let key = loom.create(in: 1)
            loom.report(key)
            #expect(loom.isAcknowledged(key))
            loom.run(milliseconds: 400)
        }
        #expect((10...20).contains(loom.failures))
    }

    @Test("a worker gets nothing of a strand before its next owner would ask it, and of another at once")
    func isRemembered() {
        let loom = Loom()
        loom.take(0)
        loom.take(1)
        loom.silent = [0]
        loom.attach()
        let unknown = loom.create(in: 0), known = loom.create(in: 1)
        #expect(loom.times(unknown) == 0 && loom.times(known) == 1)
        loom.answer(0)
        #expect(loom.times(unknown) == 1)
    }

    @Test("what a strand would not give to a new worker is given to one that it counts on, and waits for nothing")
    func isNotHeldUp() {
        let loom = loom()
        loom.silent = [0]
        loom.attach(2, "new")
        // The first goes to who is known, so that the new one can take more than that one from then on.
        let keys = (0..<3).map { _ in loom.create(in: 0) }
        #expect(keys.allSatisfy { loom.times($0) == 1 } && loom.core.snapshot.ready == 0)
    }

    @Test("what was passed over is listed among what is ready, where it was, and is the oldest where it was that")
    func passedOver() {
        let loom = loom()
        loom.failing = [0]
        loom.report(loom.create(in: 0))
        let ill = loom.create(in: 0)
        loom.run(milliseconds: 1_000)
        loom.handle(.workerStands(WorkerID(rawValue: 1), queues: [], isDrained: true))
        let well = loom.create(in: 1)
        func listed() -> [OccurrenceKey] { loom.core.readyOccurrences(after: 0, limit: 9) { _, _ in true }.occurrences.map(\.key) }
        func oldest() -> UnixMilliseconds? {
            var core = loom.core
            return core.oldestReady()
        }
        #expect(listed() == [ill, well] && oldest() == ill.scheduledAt.milliseconds)
        loom.failing = []
        loom.run(milliseconds: 3_000)
        // Its turn has come again, and nobody takes anything.
        #expect(loom.core.snapshot.unwritten == 0 && loom.times(ill) == 0)
        #expect(listed() == [ill, well] && oldest() == ill.scheduledAt.milliseconds)
    }

    @Test("nothing of any strand is handed out, nor a request taken, while more waits for the store in all than may")
    func inAll() {
        let loom = Loom {
            $0.maxPendingWritesInAll = 4
            $0.maxPendingRequestsInAll = 2
        }
        loom.take(0)
        loom.take(1)
        loom.attach()
        let slow = (0..<4).map { _ in loom.create(in: 0) }
        loom.silent = [0]
        for key in slow { loom.report(key) }
        let well = loom.create(in: 1)
        #expect(loom.times(well) == 0 && loom.core.snapshot.ready == 1)
        loom.change(1, [loom.create(in: 0, after: 5_000)])
        loom.change(2, [loom.create(in: 0, after: 5_000)])
        loom.change(3, [loom.create(in: 1, after: 5_000)])
        #expect(loom.refused.map(\.rawValue) == [3])
        loom.answer(0)
        #expect(loom.times(well) == 1 && loom.answered.count == 2)
    }

    @Test("where there is not room for all, the strands' shelves are read in turn")
    func inTurn() {
        var strands = Strands()
        let all = Shard.all.prefix(3).map { strands.take([OwnedShard($0, epoch: 1)], formerWorkers: []) }
        #expect(strands.inTurn.map(\.number) == [0, 1, 2])
        strands.hasTurn(all[0])
        #expect(strands.inTurn.map(\.number) == [1, 2, 0])
        strands.hasTurn(all[2])
        strands.remove(all[0])
        #expect(strands.inTurn.map(\.number) == [1, 2])
    }

    // MARK: Requests

    @Test("a request for changes in several strands is answered once, when all of it is stored, in its order")
    func joint() {
        let loom = loom()
        let keys = [loom.create(in: 1, after: 5_000), loom.create(in: 0, after: 5_000), loom.create(in: 1, after: 5_000)]
        loom.silent = [0]
        loom.change(1, keys)
        #expect(loom.answered.isEmpty && loom.isWritten(keys[0]))
        loom.answer(0)
        #expect(loom.answered[RequestID(rawValue: 1)] == 3)
        loom.failing = [0]
        loom.change(2, [loom.create(in: 0, after: 5_000)])
        loom.change(3, keys)
        #expect(loom.refused.map(\.rawValue) == [3])
    }

    @Test("a request of which one strand is lost is refused, once, and what is stored of it counts")
    func jointLost() {
        let loom = loom()
        let keys = [loom.create(in: 0, after: 5_000), loom.create(in: 1, after: 5_000)]
        loom.silent = [0, 1]
        loom.change(1, keys)
        loom.lose(0)
        #expect(loom.refused.map(\.rawValue) == [1])
        loom.answer(1)
        loom.answer(0)
        loom.run(milliseconds: 10_000)
        #expect(loom.refused.count == 1 && loom.answered.isEmpty && loom.dispatched.isEmpty)
    }

    // MARK: Trust

    @Test("nothing is handed out while what is owned may be another's, and what is due then is when it is known to be its own")
    func untrusted() {
        let loom = loom()
        let first = loom.create(in: 0), second = loom.create(in: 1, after: 2_000)
        #expect(loom.times(first) == 1)
        loom.trusts(false)
        loom.run(milliseconds: 5_000)
        #expect(loom.times(second) == 0)
        loom.trusts(true)
        loom.run(milliseconds: 1)
        #expect(loom.times(second) == 1 && loom.times(first) == 1)
    }

    @Test("where the former owner may not know that it is none, what falls due waits for its workers, and no longer than it may take", arguments: [true, false])
    func rival(isBack: Bool) {
        let loom = Loom()
        loom.mayHaveRival(true)
        loom.attach()
        loom.take(0, epoch: 2, rejoin: ["gone"])
        let key = loom.create(in: 0, after: 1_000)
        loom.run(milliseconds: 3_000)
        #expect(loom.times(key) == 0)
        if isBack { loom.attach(2, "gone") } else { loom.mayHaveRival(false) }
        loom.run(milliseconds: 100)
        #expect(loom.times(key) == 1)
    }

    // MARK: Taking

    @Test("taking a second strand makes nobody wait in the first, and what may run of it is waited for", arguments: [nil, Mutation.doesNotWaitForWorkers])
    func taken(mutation: Mutation?) {
        let loom = Loom(mutation: mutation)
        loom.take(0)
        loom.attach()
        let overdue = loom.entry(in: 1), shard = overdue.due.occurrence.reminder.shard
        loom.stored[shard] = [overdue]
        loom.take(1, epoch: 2, rejoin: ["gone"])
        let own = loom.create(in: 0)
        #expect(loom.times(own) == 1)
        #expect(loom.times(overdue.due.occurrence) == (mutation == nil ? 0 : 1))
        loom.report(own)
        #expect(loom.isAcknowledged(own))
        loom.run(milliseconds: loom.core.configuration.rejoinGraceMilliseconds + 1)
        #expect(loom.times(overdue.due.occurrence) == 1)
    }

    @Test("a worker that was attached before is asked what it runs of a strand that is taken, and goes on with that")
    func asked() throws {
        let loom = Loom()
        loom.take(0)
        let worker = loom.attach()
        let entry = loom.entry(in: 1), key = entry.due.occurrence, done = loom.entry(in: 1), free = loom.entry(in: 1)
        loom.stored[key.reminder.shard] = [entry, done, free].sorted { $0.due < $1.due }
        loom.take(1, epoch: 2, rejoin: ["w"])
        #expect(loom.dispatched.isEmpty)
        let outcome = loom.outcomeReport(78, done.due.occurrence, .delivered)
        loom.handle(.workerRuns(worker, of: Loom.owned(1, epoch: 2), running: [LeaseReport(lease: 77, key: key)], outcomes: [outcome]))
        loom.run(milliseconds: 1_000)
        // Nobody else is waited for.
        #expect(loom.times(key) == 0 && loom.times(done.due.occurrence) == 0 && loom.times(free.due.occurrence) == 1)
        #expect(loom.acknowledged == [78])
        loom.handle(.outcomes(worker, [loom.outcomeReport(77, key, .delivered)]))
        #expect(loom.acknowledged == [78, 77] && loom.isWritten(key) && loom.revoked.isEmpty)
    }

    @Test("what a worker says that it has of shards as they were taken before is old, and it is waited for until it says so anew")
    func askedBefore() {
        let loom = Loom()
        loom.take(0)
        let worker = loom.attach()
        let entry = loom.entry(in: 1), key = entry.due.occurrence
        loom.take(1, epoch: 2, rejoin: ["w"])
        loom.lose(1)
        loom.stored[key.reminder.shard] = [entry]
        loom.take(1, epoch: 4, rejoin: ["w"])
        loom.handle(.workerRuns(worker, of: Loom.owned(1, epoch: 2), running: []))
        loom.run(milliseconds: loom.core.configuration.rejoinGraceMilliseconds / 2)
        #expect(loom.times(key) == 0)
        loom.handle(.workerRuns(worker, of: Loom.owned(1, epoch: 4), running: [LeaseReport(lease: 77, key: key)]))
        loom.run(milliseconds: 5_000)
        #expect(loom.times(key) == 0 && loom.revoked.isEmpty)
    }

    @Test("what a worker was known to have of one strand's former owner says nothing of another's")
    func strangers() {
        let loom = Loom()
        loom.take(0)
        loom.take(1, epoch: 2, rejoin: ["w"])
        let own = loom.entry(in: 0), taken = loom.entry(in: 1)
        loom.attach(running: [LeaseReport(lease: 77, key: own.due.occurrence), LeaseReport(lease: 78, key: taken.due.occurrence)])
        #expect(loom.revoked == [77] && loom.core.snapshot.foreign == 1)
    }

    @Test("what was extended at a strand's former owner is kept for as long as that said, and can be extended further")
    func extended() {
        let loom = Loom()
        loom.take(0)
        let worker = loom.attach(), minute: Int64 = 60_000
        let entry = loom.entry(in: 1), key = entry.due.occurrence
        loom.stored[key.reminder.shard] = [entry]
        loom.take(1, epoch: 2, rejoin: ["w"])
        let running = LeaseReport(lease: 77, key: key, leftMilliseconds: 5 * minute, heldMilliseconds: minute)
        loom.handle(.workerRuns(worker, of: Loom.owned(1, epoch: 2), running: [running]))
        loom.run(milliseconds: 4 * minute)
        #expect(loom.times(key) == 0 && loom.revoked.isEmpty)
        loom.handle(.extend(worker, [LeaseExtension(id: 1, lease: 77, key: key, milliseconds: 10 * minute)]))
        #expect(loom.extended.map { try? $0.result.get() } == [10 * minute])
        loom.run(milliseconds: 9 * minute)
        #expect(loom.times(key) == 0 && loom.revoked.isEmpty)
        // Once it has been given away, its next owner answers.
        loom.release(1)
        loom.handle(.extend(worker, [LeaseExtension(id: 2, lease: 77, key: key, milliseconds: minute)]))
        loom.run(milliseconds: 5 * minute)
        #expect(loom.extended.count == 1 && loom.revoked.isEmpty)
    }

    @Test("a worker that is still waited for when it gets something of the strand is waited for anew by the next owner, as long as its lease allows")
    func heldAndAwaited() throws {
        let loom = Loom()
        loom.take(0)
        loom.attach()
        let gone = AttachedWorker(instance: "gone", leasesEndAt: loom.now.wall + 50_000)
        loom.handle(.take(Loom.owned(1, epoch: 2), rejoin: [AttachedWorker(instance: "w"), gone]))
        loom.run(milliseconds: 10_000)
        #expect(loom.times(loom.create(in: 1)) == 1)
        loom.handle(.drain)
        let held = try #require(loom.holders[1]?.first { $0.instance == "w" })
        #expect(held.awaitedSince == nil && held.leasesEndAt == loom.now.wall + loom.core.configuration.leaseMilliseconds)
        #expect(loom.holders[1]?.first { $0.instance == "gone" }?.awaitedSince != nil)
    }

    // MARK: Releasing

    @Test(
        "a strand is released when what is on its way is stored and acknowledged, and not before",
        arguments: [nil, Mutation.handsOverBeforeTheFlush])
    func released(mutation: Mutation?) {
        let loom = loom(mutation)
        let reported = loom.create(in: 0), running = loom.create(in: 0), later = loom.create(in: 0, after: 5_000), other = loom.create(in: 1)
        loom.silent = [0]
        loom.report(reported)
        loom.release(0)
        guard mutation == nil else { return #expect(!loom.released.isEmpty && !loom.isAcknowledged(reported)) }
        #expect(loom.released.isEmpty && !loom.isAcknowledged(reported))
        // Of what comes now it takes nothing in: its next owner will.
        loom.report(running)
        let new = loom.create(in: 0)
        loom.change(1, [later])
        loom.handle(.cancel(RequestID(rawValue: 2), running, caller: nil))
        #expect(loom.refused.map(\.rawValue) == [1, 2] && loom.times(new) == 0)
        loom.answer(0)
        #expect(loom.isAcknowledged(reported) && loom.released == [Loom.shards[0]])
        loom.run(milliseconds: 50_000)
        #expect(!loom.isAcknowledged(running) && !loom.isWritten(running) && loom.times(later) == 0 && loom.revoked.isEmpty)
        #expect(loom.times(other) == 1 && loom.core.snapshot.entriesInMemory == 1)
        loom.report(other)
        #expect(loom.isAcknowledged(other))
        #expect(!Loom.shards[0].contains { loom.core.isLoaded($0) })
    }

    @Test("what a strand that goes makes room for is handed out of others in the same step")
    func makesRoom() {
        let loom = Loom()
        loom.handle(.take(Loom.owned(0, epoch: 1), rejoin: [], queues: [QueueSettings(name: "default", maxConcurrency: 1)]))
        loom.take(1)
        loom.attach()
        let running = loom.create(in: 0), waiting = loom.create(in: 1)
        #expect(loom.times(running) == 1 && loom.times(waiting) == 0)
        loom.silent = [1]
        loom.release(0)
        #expect(loom.released.count == 1 && loom.times(waiting) == 1)
    }

    @Test("a strand that is released while its writes fail goes on to repeat them, and is released when they are stored")
    func releasedWhileFailing() {
        let loom = loom()
        let key = loom.create(in: 0)
        loom.failing = [0]
        loom.report(key)
        loom.release(0)
        loom.run(milliseconds: 10_000)
        #expect(loom.released.isEmpty && !loom.isAcknowledged(key))
        loom.failing = []
        loom.run(milliseconds: 3_000)
        #expect(loom.released.count == 1 && loom.isAcknowledged(key) && loom.isWritten(key))
    }

    @Test("of a strand that is lost nothing is acknowledged, written, revoked or handed out any more", arguments: [nil, Mutation.acknowledgesReleased])
    func lost(mutation: Mutation?) {
        let loom = loom(mutation)
        let reported = loom.create(in: 0), running = loom.create(in: 0), later = loom.create(in: 0, after: 5_000)
        let other = loom.create(in: 1), asked = loom.create(in: 0, after: 5_000)
        loom.silent = [0]
        loom.report(reported)
        loom.change(1, [asked])
        loom.lose(0)
        if mutation == nil { #expect(loom.refused.map(\.rawValue) == [1] && loom.released.isEmpty) }
        loom.report(running)
        // That it was stored comes too late.
        loom.answer(0)
        guard mutation == nil else { return #expect(loom.isAcknowledged(reported)) }
        loom.run(milliseconds: 50_000)
        #expect(!loom.isAcknowledged(reported) && !loom.isAcknowledged(running) && !loom.isWritten(running))
        #expect(loom.times(later) == 0 && loom.revoked.isEmpty && loom.answered.isEmpty)
        #expect(loom.times(other) == 1 && loom.core.snapshot.entriesInMemory == 1 && loom.core.snapshot.unwritten == 0)
    }

    @Test(
        "a strand that comes back is read anew: what was asked for before it went counts for nothing", arguments: [nil, Mutation.believesFormerLoads])
    func comesBack(mutation: Mutation?) {
        let loom = loom(mutation)
        loom.lose(0)
        let entry = loom.entry(in: 0), key = entry.due.occurrence
        loom.silent = [0]
        loom.take(0, epoch: 2)
        // On disk by the other's doing, after the load was asked for.
        loom.lose(0)
        loom.stored[key.reminder.shard] = [entry]
        loom.take(0, epoch: 4)
        loom.answer(0)
        loom.run(milliseconds: 1_000)
        #expect(loom.times(key) == (mutation == nil ? 1 : 0))
        guard mutation == nil else { return }
        loom.report(key)
        #expect(loom.isAcknowledged(key))
    }

    @Test("marks of zones are written by their own strand, and what waits with one of a strand that goes is refused")
    func zoneMarks() {
        let loom = Loom()
        for strand in [0, 1] { loom.take(strand) }
        let marks = [0, 1].map { StoreWrite.zone(ZoneMark(zone: "A", digest: 1), of: Loom.shards[$0][0]) }
        loom.handle(.request(RequestID(rawValue: 1), marks))
        #expect(loom.answered[RequestID(rawValue: 1)] == 2 && loom.written.count == 2)
        let key = loom.create(in: 0, after: 3_600_000)
        loom.silent = [0]
        loom.change(2, [key])
        let realignment = StoreWrite.change(key.reminder, .realign(from: key.scheduledAt, to: nil), ChangeGuard(), at: loom.now.wall)
        loom.handle(.request(RequestID(rawValue: 3), [realignment] + marks))
        #expect(loom.refused == [])
        loom.release(1)
        #expect(loom.refused == [RequestID(rawValue: 3)])
        loom.answer(0)
        #expect(loom.answered[RequestID(rawValue: 2)] == 1 && loom.written.count == 3)
    }
}
