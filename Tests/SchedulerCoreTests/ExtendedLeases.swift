import TaskDomain
import Storage
import Testing

@testable import SchedulerCore

@Suite("leases that tasks extend")
struct ExtendedLeases {
    private static let minute: Int64 = 60_000

    /// A world in which a worker has one occurrence, and never says what came of it.
    private func running(
        _ configuration: CoreConfiguration = CoreConfiguration(), rule: String? = nil, isOfOne: Bool = false
    ) throws -> (world: World, id: ReminderID, worker: WorkerID, lease: UInt64, key: OccurrenceKey) {
        let world = try World(configuration: configuration, isOfOne: isOfOne)
        world.answer = { _ in .never }
        let worker = world.attach("a")
        let id = try world.create(in: 0, rule: rule)
        world.run(milliseconds: 100)
        let run = try #require(world.running.first { $0.value.key.reminder == id })
        return (world, id, worker, run.key, run.value.key)
    }

    @Test("a task that extends its lease runs once, for three times as long as the lease lasts")
    func goesOn() throws {
        let (world, id, worker, lease, key) = try running()
        for _ in 0..<9 {
            world.run(milliseconds: 20_000)
            #expect(world.extend(worker, lease, key, by: 40_000) == .success(40_000))
        }
        #expect(world.runs(of: id).count == 1 && world.revoked.isEmpty)
        world.report(worker, lease, key, .delivered)
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).count == 1)
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("an extension is kept to the millisecond, with the time for the outcome's way back, and then the lease ends")
    func ends() throws {
        let (world, id, worker, lease, key) = try running()
        #expect(world.extend(worker, lease, key, by: 5 * Self.minute) == .success(5 * Self.minute))
        world.run(milliseconds: 5 * Self.minute + LeaseLimits.outcomeMilliseconds - 1)
        #expect(world.revoked.isEmpty)
        world.run(milliseconds: 1)
        #expect(world.revoked == [lease])
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).count == 2)
        #expect(world.extend(worker, lease, key, by: 1_000) == .failure(.lost))
    }

    @Test("an extension never shortens a lease")
    func neverShortens() throws {
        let (world, _, worker, lease, key) = try running()
        let answer = try #require(world.extend(worker, lease, key, by: 1)).get()
        #expect(answer > 50_000 && answer <= world.configuration.leaseMilliseconds - LeaseLimits.outcomeMilliseconds)
        world.run(milliseconds: answer)
        #expect(world.revoked.isEmpty)
    }

    @Test("nothing longer than an hour is granted at once, and nothing that is no time")
    func bounds() throws {
        let (world, _, worker, lease, key) = try running()
        for milliseconds in [-1, 0, LeaseLimits.extensionMilliseconds.upperBound + 1, .max] {
            #expect(world.extend(worker, lease, key, by: milliseconds) == .failure(.outOfBounds(milliseconds: milliseconds)))
        }
        #expect(world.extend(worker, lease, key, by: LeaseLimits.extensionMilliseconds.upperBound) == .success(LeaseLimits.extensionMilliseconds.upperBound))
    }

    @Test("no run takes longer than a day, however often it is extended")
    func longestInAll() throws {
        let (world, _, worker, lease, key) = try running(isOfOne: true)
        let hour = LeaseLimits.extensionMilliseconds.upperBound
        for _ in 0..<23 {
            _ = try #require(world.extend(worker, lease, key, by: hour)).get()
            world.run(milliseconds: hour - 1_000)
        }
        _ = try #require(world.extend(worker, lease, key, by: hour)).get()
        world.run(milliseconds: 30_000)
        guard case .failure(.tooLongInAll(let left)) = try #require(world.extend(worker, lease, key, by: hour)) else {
            Issue.record("more than a day was granted")
            return
        }
        #expect(left > hour - 60_000 && left < hour)
        #expect(world.extend(worker, lease, key, by: left) == .success(left))
        world.run(milliseconds: left + LeaseLimits.outcomeMilliseconds)
        #expect(world.revoked == [lease])
    }

    @Test("what is another worker's, another occurrence's or nobody's is not extended")
    func foreign() throws {
        let (world, id, worker, lease, key) = try running()
        let other = world.attach("b")
        #expect(world.extend(other, lease, key, by: 1_000) == .failure(.lost))
        #expect(world.extend(worker, lease + 1, key, by: 1_000) == .failure(.lost))
        #expect(world.extend(worker, lease, OccurrenceKey(reminder: id, scheduledAt: key.scheduledAt + 1), by: 1_000) == .failure(.lost))
    }

    @Test("a worker that is back in time has the time that it was told")
    func reconnected() throws {
        let (world, id, worker, lease, key) = try running()
        _ = world.extend(worker, lease, key, by: 10 * Self.minute)
        world.detach(worker)
        world.run(milliseconds: 100)
        world.attach("a", running: [LeaseReport(lease: lease, key: key, leftMilliseconds: 10 * Self.minute - 100, heldMilliseconds: 200)])
        world.run(milliseconds: 10 * Self.minute - 100)
        #expect(world.runs(of: id).count == 1 && world.revoked.isEmpty)
    }

    @Test("what a worker that fell silent has extended is nobody else's until that is over; what it has not extended is after a while")
    func cutOff() throws {
        let (world, id, worker, lease, key) = try running()
        let other = try world.create(in: 0)
        world.run(milliseconds: 100)
        _ = world.extend(worker, lease, key, by: 5 * Self.minute)
        world.detach(worker, isSilent: true)
        world.attach("b")
        world.run(milliseconds: world.configuration.silentGraceMilliseconds)
        #expect(world.runs(of: other).count == 2 && world.runs(of: id).count == 1)
        world.run(milliseconds: 5 * Self.minute - world.configuration.silentGraceMilliseconds)
        #expect(world.runs(of: id).count == 1)
        world.run(milliseconds: LeaseLimits.outcomeMilliseconds + 10_000)
        #expect(world.runs(of: id).count == 2 && world.core.brokenInvariant == nil)
    }

    @Test("a worker that is back after a long silence goes on with what it extended, and says what came of it")
    func backAfterSilence() throws {
        let (world, id, worker, lease, key) = try running()
        _ = world.extend(worker, lease, key, by: 5 * Self.minute)
        world.detach(worker, isSilent: true)
        world.run(milliseconds: 4 * Self.minute)
        let again = world.attach("a", running: [LeaseReport(lease: lease, key: key, leftMilliseconds: Self.minute, heldMilliseconds: 4 * Self.minute + 100)])
        #expect(world.revoked.isEmpty)
        world.report(again, lease, key, .delivered)
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).count == 1)
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("a worker whose process ends loses what it extended at once, as anything else", arguments: [true, false])
    func died(saysGoodbye: Bool) throws {
        let (world, id, worker, lease, key) = try running()
        _ = world.extend(worker, lease, key, by: 5 * Self.minute)
        saysGoodbye ? world.leave(worker) : world.kill(worker)
        world.attach("b")
        world.run(milliseconds: world.configuration.reconnectGraceMilliseconds + 2_000)
        #expect(world.runs(of: id).map(\.worker) == ["a", "b"])
    }

    @Test("what is extended while the scheduler or the worker drains is held as ever", arguments: [true, false])
    func drained(isScheduler: Bool) async throws {
        let (world, id, worker, lease, key) = try running()
        isScheduler ? world.drain() : world.drain(worker)
        world.run(milliseconds: 1_000)
        #expect(world.extend(worker, lease, key, by: 2 * Self.minute) == .success(2 * Self.minute))
        world.run(milliseconds: 1_000)
        if isScheduler { try await world.crash(downMilliseconds: 500) }
        let other = world.attach("b")
        world.run(milliseconds: 2_000)
        var back = worker
        if isScheduler {
            back = world.attach("a", running: [LeaseReport(lease: lease, key: key, leftMilliseconds: 2 * Self.minute - 3_500, heldMilliseconds: 4_600)])
        }
        world.run(milliseconds: 2 * Self.minute - 5_000)
        #expect(world.runs(of: id).count == 1)
        world.report(back, lease, key, .delivered)
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).count == 1 && world.extend(other, lease, key, by: 1) == .failure(.lost))
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("an extended run that is called off is told to end, and its lease is extended no more")
    func calledOff() throws {
        let (world, id, worker, lease, key) = try running()
        world.isDeaf = true
        _ = world.extend(worker, lease, key, by: 30 * Self.minute)
        world.run(milliseconds: 2 * Self.minute)
        let request = world.cancel(key)
        #expect(world.revoked == [lease])
        #expect(world.extend(worker, lease, key, by: Self.minute) == .failure(.calledOff))
        world.run(milliseconds: world.configuration.recallMilliseconds + 10)
        #expect(world.cancellations[request] == .onItsWay)
        #expect(world.extend(worker, lease, key, by: Self.minute) == .failure(.calledOff))
        world.report(worker, lease, key, .retry)
        world.run(milliseconds: Self.minute)
        #expect(world.runs(of: id).count == 1 && world.acknowledged == [lease])
    }

    @Test("so is one whose reminder is cancelled")
    func reminderCancelled() throws {
        let (world, id, worker, lease, key) = try running()
        world.isDeaf = true
        _ = world.extend(worker, lease, key, by: 30 * Self.minute)
        world.cancel(id)
        world.run(milliseconds: 2_000)
        #expect(world.revoked == [lease])
        #expect(world.extend(worker, lease, key, by: Self.minute) == .failure(.calledOff))
    }

    @Test("a scheduler that is killed holds the extended lease when it is back", arguments: [0, 10_000])
    func restarted(downMilliseconds: Int64) async throws {
        let (world, id, worker, lease, key) = try running()
        _ = world.extend(worker, lease, key, by: 10 * Self.minute)
        try await world.crash(downMilliseconds: downMilliseconds)
        let left = 10 * Self.minute - downMilliseconds
        let again = world.attach("a", running: [LeaseReport(lease: lease, key: key, leftMilliseconds: left, heldMilliseconds: downMilliseconds + 100)])
        world.run(milliseconds: left)
        #expect(world.runs(of: id).count == 1)
        #expect(world.extend(again, lease, key, by: Self.minute) == .success(Self.minute))
        world.run(milliseconds: Self.minute)
        world.report(again, lease, key, .delivered)
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).count == 1)
        #expect(try world.summary(id).delivered == 1)
    }

    @Test("what a worker says of a former process's lease is bounded")
    func restartedBounds() async throws {
        let (world, id, _, lease, key) = try running()
        try await world.crash()
        world.attach("a", running: [LeaseReport(lease: lease, key: key, leftMilliseconds: .max, heldMilliseconds: .max)])
        world.run(milliseconds: world.configuration.leaseMilliseconds - 1_000)
        #expect(world.runs(of: id).count == 1)
        world.run(milliseconds: 10_000)
        #expect(world.runs(of: id).count == 2)
    }

    @Test("a run that was extended beyond the next occurrence does not hold up the series")
    func overtaken() throws {
        let (world, id, worker, lease, key) = try running(rule: "FREQ=MINUTELY;INTERVAL=5;COUNT=3")
        for _ in 0..<40 {
            world.run(milliseconds: 20_000)
            #expect(world.extend(worker, lease, key, by: 50_000) == .success(50_000))
        }
        #expect(world.runs(of: id).count { $0.key == key } == 1)
        #expect(Set(world.runs(of: id).map(\.key.scheduledAt)).count == 3)
    }

    @Test("how far a task is is shown until its lease ends")
    func progress() throws {
        let (world, _, worker, lease, key) = try running()
        #expect(world.core.runs(of: worker, limit: 10).map(\.progress) == [nil])
        world.progress(worker, lease, TaskProgress(fraction: 0.25, text: "10 of 40"))
        #expect(world.core.runs(of: worker, limit: 10).map(\.progress) == [TaskProgress(thousandths: 250, text: "10 of 40")])
        #expect(world.core.run(of: key)?.progress?.text == "10 of 40")
        world.progress(world.attach("b"), lease, TaskProgress(fraction: 1, text: "a lie"))
        #expect(world.core.run(of: key)?.progress?.text == "10 of 40")
        world.report(worker, lease, key, .delivered)
        world.run(milliseconds: 10)
        #expect(world.core.runs(of: worker, limit: 10).isEmpty && world.core.brokenInvariant == nil)
    }

    @Test("extensions that are acknowledged and not kept are noticed, also where the worker is cut off")
    func isNoticed() throws {
        var configuration = CoreConfiguration()
        configuration.mutation = .givesUpWhatIsExtended
        let (silent, lost, gone, held, occurrence) = try running(configuration)
        _ = silent.extend(gone, held, occurrence, by: 5 * Self.minute)
        silent.detach(gone, isSilent: true)
        silent.attach("b")
        silent.run(milliseconds: Self.minute)
        #expect(silent.runs(of: lost).count == 2)
        configuration.mutation = .forgetsExtensions
        let (world, id, worker, lease, key) = try running(configuration)
        #expect(world.extend(worker, lease, key, by: 5 * Self.minute) == .success(5 * Self.minute))
        world.run(milliseconds: 2 * Self.minute)
        #expect(world.runs(of: id).count > 1)
    }
}
