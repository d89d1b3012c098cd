import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Pause, resume and run")
struct PauseTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static let start = Sample.start, at = Situation.at

    private func due(_ store: any Store, _ id: ReminderID) async throws -> [String] {
        try await store.due(in: id.shard).map(\.line)
    }

    @Test("a paused reminder's occurrences are not loaded, but for those that a person asks for", arguments: Backend.all)
    func pause(backend: Backend) async throws {
        var store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        #expect(try await due(store, reminder.id).count == 2)
        try await store.change(reminder.id, .pause, at: Self.at)
        #expect(try await due(store, reminder.id) == [])
        #expect(try await store.summary(reminder.id)?.line == "paused next 180#4 delivered 0 retrying 1 held 1 dead 1")
        let run = try await store.change(reminder.id, .run, at: Self.at + 7)
        let replay = try await store.change(reminder.id, .replay(scheduledAt: Self.start + 60), at: Self.at + 8)
        #expect(run.scheduledAt == Self.start + 150)
        let manual = [
            "150 due \(Self.at + 7) attempts 0 position - manual true",
            "60 due \(Self.at + 8) attempts 0 position - manual true",
        ]
        #expect(replay.standing?.entries.map(\.line) == manual)
        #expect(try await due(store, reminder.id) == manual)
        await store.close()
        store = try backend.open(folder)
        #expect(try await due(store, reminder.id) == manual)
        #expect(try await store.summary(reminder.id)?.state == .paused)
        await store.close()
    }

    @Test("a manual occurrence that fails stays manual, and so is tried again in the pause", arguments: Backend.all)
    func manualRetry(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.paused.make(store)
        try await store.change(reminder.id, .run, at: Self.at)
        let second = Self.start + 150
        try await store.write(
            .settle(
                OccurrenceKey(reminder: reminder.id, scheduledAt: second), Sample.attempt(second, 1, .retry),
                .retry(dueAt: Self.at + 9_000, tries: Tries(attempts: 1)), move: nil))
        #expect(try await due(store, reminder.id) == ["150 due \(Self.at + 9_000) attempts 1 position - manual true"])
        await store.close()
    }

    @Test("what a pause hides is released by a new credential, and stays hidden", arguments: Backend.all)
    func release(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.paused.make(store)
        let outcome = try await store.change(reminder.id, .replaceAuthorization(sealed: [1]), at: Self.at)
        #expect(outcome.released == 1 && outcome.standing?.entries.isEmpty == true)
        #expect(try await due(store, reminder.id) == [])
        try await store.change(reminder.id, .resume(goesOnAt: .itsPosition), at: Self.at + 1)
        #expect(
            try await due(store, reminder.id) == [
                "60 due \(Self.at) attempts 0 position - manual false", "180 due \((Self.start + 180).milliseconds) attempts 0 position 4 manual false",
                "0 due \((Self.start + 500).milliseconds) attempts 1 position - manual false",
            ])
        await store.close()
    }

    @Test("what a person had run at the second that its series stands at is released as such, beside the series", arguments: Backend.all)
    func releaseAtPosition(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.paused.make(store)
        let second = Self.start + 180, at = second.milliseconds
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: second)
        try await store.change(reminder.id, .run, at: at)
        try await store.write(.hold(key, Sample.attempt(second, 1, .authRejected), tries: Tries(attempts: 1)))
        #expect(try await due(store, reminder.id) == [])
        try await store.change(reminder.id, .replaceAuthorization(sealed: [1]), at: at + 5_000)
        #expect(try await due(store, reminder.id) == ["180 due \(at + 5_000) attempts 0 position - manual true"])
        #expect(try await store.summary(reminder.id)?.position?.scheduledAt == second)
        await store.close()
    }

    @Test("an attempt that ends in a pause is recorded, and its series steps on unseen", arguments: Backend.all)
    func settledInPause(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.paused.make(store)
        let second = Self.start + 180
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: second)
        let move = PositionMove(from: second, to: SeriesPosition(scheduledAt: second + 60, index: 5))
        try await store.write(.settle(key, Sample.attempt(second, 1, .delivered), .delivered, move: move))
        #expect(try await store.summary(reminder.id)?.line == "paused next 240#5 delivered 1 retrying 1 held 1 dead 1")
        #expect(try await due(store, reminder.id) == [])
        await store.close()
    }

    @Test("a paused reminder whose last occurrence ends is completed", arguments: Backend.all)
    func completedInPause(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.start)
        try await store.write(Sample.create(reminder), .change(reminder.id, .pause, ChangeGuard(), at: 5))
        try await store.write(
            .settle(key, Sample.attempt(Self.start, 1, .delivered), .delivered, move: PositionMove(from: Self.start, to: nil)))
        #expect(try await store.summary(reminder.id)?.line == "completed next - delivered 1 retrying 0 held 0 dead 0")
        #expect(try await store.change(reminder.id, .resume(goesOnAt: .itsPosition), at: 6).verdict == .finished)
        #expect(try await store.removeOld(finishedBefore: .distantFuture).reminders == 1)
        await store.close()
    }

    // MARK: Resume

    @Test("a resumed series skips what it missed, and its history says so once", arguments: Backend.all)
    func skips(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.paused.make(store)
        let later = SeriesPosition(scheduledAt: Self.start + 600, index: 11)
        let outcome = try await store.change(
            reminder.id, .resume(goesOnAt: .position(later)), at: (Self.start + 570).milliseconds)
        #expect(outcome.standing?.state == .scheduled)
        #expect(
            outcome.standing?.entries.map(\.line) == [
                "0 due \((Self.start + 500).milliseconds) attempts 1 position - manual false",
                "600 due \((Self.start + 600).milliseconds) attempts 0 position 11 manual false",
            ])
        let record = try #require(try await store.history(reminder.id)?.first)
        #expect(record.outcome == .misfired && record.scheduledAt == Self.start + 180)
        #expect(record.startedAt == (Self.start + 570).milliseconds && record.detail.contains("paused"))
        // Said again, it changes nothing.
        let again = try await store.change(
            reminder.id, .resume(goesOnAt: .position(SeriesPosition(scheduledAt: Self.start + 660, index: 12))), at: UnixMilliseconds(.max / 2))
        #expect(again.standing?.entries.map(\.line) == outcome.standing?.entries.map(\.line))
        #expect(try await store.history(reminder.id)?.count == 4)
        await store.close()
    }

    @Test("a series resumed before its next occurrence misses nothing", arguments: Backend.all)
    func missedNothing(backend: Backend) async throws {
        let store = try backend.open(folder)
        for target in [SeriesPosition(scheduledAt: Self.start + 180, index: 4), SeriesPosition(scheduledAt: Self.start + 120, index: 3)] {
            let reminder = try await Situation.paused.make(store)
            try await store.change(reminder.id, .resume(goesOnAt: .position(target)), at: Self.at)
            #expect(try await store.summary(reminder.id)?.line == "scheduled next 180#4 delivered 0 retrying 1 held 1 dead 1")
            #expect(try await store.history(reminder.id)?.count == 3)
        }
        await store.close()
    }

    @Test("a series that ended while it was paused is completed by its resumption, once nothing of it is open", arguments: Backend.all)
    func endedInPause(backend: Backend) async throws {
        let store = try backend.open(folder)
        let bare = Sample.reminder(rule: "FREQ=MINUTELY;COUNT=3"), open = try await Situation.paused.make(store)
        try await store.write(Sample.create(bare), .change(bare.id, .pause, ChangeGuard(), at: 5))
        for id in [bare.id, open.id] {
            try await store.change(id, .resume(goesOnAt: .position(nil)), at: (Self.start + 9_000).milliseconds)
        }
        #expect(try await store.summary(bare.id)?.line == "completed next - delivered 0 retrying 0 held 0 dead 0")
        #expect(try await store.history(bare.id)?.map(\.outcome) == [.misfired])
        #expect(try await store.summary(open.id)?.line == "scheduled next - delivered 0 retrying 1 held 1 dead 1")
        await store.close()
    }

    @Test("a one-time reminder whose time came in a pause is due when it is resumed", arguments: Backend.all)
    func oneShot(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder()
        try await store.write(Sample.create(reminder), .change(reminder.id, .pause, ChangeGuard(), at: 5))
        let outcome = try await store.change(reminder.id, .resume(goesOnAt: .itsPosition), at: (Self.start + 9_000).milliseconds)
        #expect(outcome.standing?.entries.map(\.line) == ["0 due \(Self.start.milliseconds) attempts 0 position 1 manual false"])
        #expect(try await store.history(reminder.id) == [])
        await store.close()
    }

    // MARK: Run

    @Test("a run is an occurrence of its own, and twice within a second it is one", arguments: Backend.all)
    func run(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        let first = try await store.change(reminder.id, .run, at: Self.at)
        let again = try await store.change(reminder.id, .run, at: Self.at + 999)
        let next = try await store.change(reminder.id, .run, at: Self.at + 1_000)
        #expect([first, again, next].map(\.scheduledAt) == [150, 150, 151].map { Self.start + $0 })
        #expect(
            next.standing?.entries.map(\.line) == [
                "150 due \(Self.at) attempts 0 position - manual true", "151 due \(Self.at + 1_000) attempts 0 position - manual true",
                "180 due \((Self.start + 180).milliseconds) attempts 0 position 4 manual false",
                "0 due \((Self.start + 500).milliseconds) attempts 1 position - manual false",
            ])
        #expect(try await store.summary(reminder.id)?.position?.scheduledAt == Self.start + 180)
        // Delivered within its second: asked for again, it is the one that was.
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Self.start + 151)
        try await store.write(.settle(key, Sample.attempt(Self.start + 151, 1, .delivered, offset: 10), .delivered, move: nil))
        let late = try await store.change(reminder.id, .run, at: Self.at + 1_900)
        #expect(late.verdict == .done && late.scheduledAt == Self.start + 151)
        #expect(late.standing?.entries.count == 3)
        #expect(try await store.summary(reminder.id)?.delivered == 1)
        await store.close()
    }

    @Test("a run in the second of the occurrence that is due is that occurrence", arguments: Backend.all)
    func runAtPosition(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        let outcome = try await store.change(reminder.id, .run, at: (Self.start + 180).milliseconds + 500)
        #expect(outcome.scheduledAt == Self.start + 180)
        #expect(outcome.standing?.entries.count == 2)
        await store.close()
    }

    @Test("a worker's clock that is behind does not make a second run of what was delivered", arguments: Backend.all)
    func runSkewed(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.scheduled.make(store)
        let second = Self.start + 180
        try await store.write(
            .settle(
                OccurrenceKey(reminder: reminder.id, scheduledAt: second), Sample.attempt(second, 1, .delivered, offset: -300),
                .delivered, move: PositionMove(from: second, to: SeriesPosition(scheduledAt: second + 60, index: 5))))
        let outcome = try await store.change(reminder.id, .run, at: second.milliseconds + 800)
        #expect(outcome.scheduledAt == second)
        #expect(outcome.standing?.entries.contains { $0.due.occurrence.scheduledAt == second } == false)
        await store.close()
    }

    @Test("a run in the second of an occurrence that was skipped, died or waits makes that one due as a person's wish", arguments: Backend.all)
    func runOfWhatWasNotDelivered(backend: Backend) async throws {
        let store = try backend.open(folder)
        let second = Self.start + 180, at = second.milliseconds + 700
        let key = { (id: ReminderID) in OccurrenceKey(reminder: id, scheduledAt: second) }
        let next = PositionMove(from: second, to: SeriesPosition(scheduledAt: second + 60, index: 5))
        let ends: [(String, (ReminderID) -> StoreWrite)] = [
            ("skipped", { .misfire($0, record: Sample.attempt(second, 1, .misfired), move: next) }),
            ("dead", { .settle(key($0), Sample.attempt(second, 1, .rejected), .dead(tries: Tries(attempts: 1)), move: next) }),
            ("held", { .settle(key($0), Sample.attempt(second, 1, .authRejected), .held(tries: Tries(attempts: 1)), move: next) }),
            ("waits", { .settle(key($0), Sample.attempt(second, 1, .retry), .retry(dueAt: at + 5_000, tries: Tries(attempts: 1)), move: next) }),
        ]
        for (name, end) in ends {
            let reminder = try await Situation.scheduled.make(store)
            try await store.write(end(reminder.id))
            let outcome = try await store.change(reminder.id, .run, at: at)
            #expect(outcome.scheduledAt == second)
            let entry = outcome.standing?.entries.first { $0.due.occurrence == key(reminder.id) }
            let expected = name == "waits" ? "due \(at + 5_000) attempts 1" : "due \(at) attempts 0"
            #expect(entry?.line == "180 \(expected) position - manual true", "\(name)")
        }
        await store.close()
    }

    @Test("a one-time reminder that a person ran in its very second while it was paused is not due again when it is resumed", arguments: Backend.all, [true, false])
    func runThenResumed(backend: Backend, isDelivered: Bool) async throws {
        let store = try backend.open(folder)
        let reminder = Sample.reminder(), at = Self.start.milliseconds
        try await store.write(Sample.create(reminder), .change(reminder.id, .pause, ChangeGuard(), at: 5))
        try await store.change(reminder.id, .run, at: at + 100)
        if isDelivered {
            try await store.write(
                .settle(
                    OccurrenceKey(reminder: reminder.id, scheduledAt: Self.start), Sample.attempt(Self.start, 1, .delivered, offset: 101),
                    .delivered, move: nil))
        }
        let outcome = try await store.change(reminder.id, .resume(goesOnAt: .itsPosition), at: at + 5_000)
        #expect(outcome.standing?.entries.map(\.line) == (isDelivered ? [] : ["0 due \(at + 100) attempts 0 position - manual true"]))
        #expect(outcome.standing?.state == (isDelivered ? .completed : .scheduled))
        await store.close()
    }

    @Test("a run of a completed reminder opens it again until it has been delivered", arguments: Backend.all)
    func runCompleted(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.completed.make(store)
        try await store.change(reminder.id, .run, at: Self.at)
        #expect(try await store.summary(reminder.id)?.line == "scheduled next - delivered 1 retrying 1 held 0 dead 1")
        #expect(try await store.removeOld(finishedBefore: .distantFuture).reminders == 0)
        let second = Self.start + 150
        try await store.write(
            .settle(
                OccurrenceKey(reminder: reminder.id, scheduledAt: second), Sample.attempt(second, 1, .delivered), .delivered,
                move: nil))
        #expect(try await store.summary(reminder.id)?.line == "completed next - delivered 2 retrying 0 held 0 dead 1")
        try await store.removeOld(deadBefore: .distantFuture)
        #expect(try await store.removeOld(finishedBefore: .distantFuture).reminders == 1)
        await store.close()
    }

    @Test("a cancelled reminder is not run", arguments: Backend.all)
    func runCancelled(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminder = try await Situation.cancelled.make(store)
        let outcome = try await store.change(reminder.id, .run, at: Self.at)
        #expect(outcome.verdict == .finished && outcome.scheduledAt == nil)
        #expect(try await due(store, reminder.id) == [])
        await store.close()
    }
}
