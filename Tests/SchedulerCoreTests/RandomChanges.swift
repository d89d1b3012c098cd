import Storage
import TaskDomain
import TaskRecurrence
import Testing

@testable import SchedulerCore

/// Hours of a cluster without faults whose callers change their minds all the time, with a store that answers late.
///
/// Without faults there is no excuse: what was delivered, or is under way, is never run again; and what fell due while
/// nothing stood in its way is delivered.
@Suite("changes at random moments")
struct RandomChanges {
    /// What a worker did.
    private struct Run {
        let lease: UInt64
        let key: OccurrenceKey
        let isManual: Bool
        let start: UnixMilliseconds
        let end: UnixMilliseconds
        let outcome: Outcome
    }

    /// What a caller asked of one reminder.
    private final class Life {
        let id: ReminderID
        /// Schedules, and since when they count (unix ms).
        var schedules: [(since: UnixMilliseconds, schedule: Schedule, request: RequestID?)]
        /// When something stood in the way: a pause, a new schedule, a cancellation.
        var blocked: [ClosedRange<UnixMilliseconds>] = []
        /// Changes on their way: since when, and until when.
        var changes: [(request: RequestID, window: ClosedRange<UnixMilliseconds>)] = []
        var pausedSince: UnixMilliseconds?
        var pauses: [RequestID] = []
        var isCancelled = false
        var runs: [RequestID] = []

        let createdAt: UnixMilliseconds

        init(_ id: ReminderID, _ schedule: Schedule, createdAt: UnixMilliseconds) {
            self.id = id
            self.createdAt = createdAt
            schedules = [(.distantPast, schedule, nil)]
        }

        /// What the store's answers may take.
        static let margin: Int64 = 1_500

        /// Whether an occurrence that falls due then had its way until it could be dispatched: nothing is while a change
        /// is on its way.
        func isFree(at due: UnixMilliseconds, until: UnixMilliseconds) -> Bool {
            var end = max(due, createdAt)
            while let later = changes.filter({ $0.window.lowerBound <= end + Self.margin }).map(\.window.upperBound).max(), later > end {
                end = later
            }
            let window = due - 1...end + Self.margin
            return pausedSince == nil && window.upperBound < until && !blocked.contains { $0.overlaps(window) }
        }
    }

    private final class Day {
        let world: World
        var random: SplitMix64
        var lives: [Life] = []
        var runs: [Run] = []

        init(seed: Int) throws {
            random = SplitMix64(seed: UInt64(seed))
            var configuration = CoreConfiguration()
            configuration.maxEntriesInMemory = 400
            configuration.loadLimit = 8
            // Where only the nearest future is in memory, there is always a load under way. (Loads wait until the writes
            // before them are handed over, which small batches delay.)
            if seed % 8 == 2, seed % 3 != 0 { configuration.horizonMilliseconds = 2_400 }
            configuration.maxWritesPerBatch = seed % 3 == 0 ? 3 : 5_000
            world = try World(configuration: configuration, seed: UInt64(seed))
            var delays = random, answers = SplitMix64(seed: UInt64(seed) &+ 77)
            if seed % 4 != 0 { world.storeDelay = { .random(in: 0...700, using: &delays) } }
            world.answer = { [unowned self] dispatch in
                let outcome: Outcome =
                    switch Int.random(in: 0..<20, using: &answers) {
                    case 0...2: .retry
                    case 3 where dispatch.entry.reminder.sealedAuthorization == [1]: .authRejected
                    default: .delivered
                    }
                let after = Int64.random(in: 1...(Bool.random(using: &answers) ? 30 : 4_000), using: &answers)
                runs.append(
                    Run(
                        lease: dispatch.lease, key: dispatch.entry.due.occurrence, isManual: dispatch.entry.isManual,
                        start: world.now.wall, end: world.now.wall + after, outcome: outcome))
                return World.Answer(outcome: outcome, afterMilliseconds: after, retryAfterMilliseconds: outcome == .retry ? 500 : nil)
            }
        }

        func create() throws {
            let count = Int.random(in: 1...8, using: &random), interval = Int.random(in: 1...4, using: &random)
            let id = try world.create(
                in: .random(in: 0...8_000, using: &random), rule: count > 2 ? "FREQ=SECONDLY;INTERVAL=\(interval);COUNT=\(count)" : nil,
                policy: .fireAll, maxAttempts: 1_000)
            lives.append(Life(id, try world.summary(id).reminder.schedule, createdAt: world.now.wall))
        }

        /// As the API does it: the target follows from the reminder as it was read, on condition that it is still that.
        func resume(_ life: Life) throws {
            let summary = try world.summary(life.id)
            change(life, .resume(goesOnAt: try target(summary)), ChangeGuard(revision: summary.revision))
        }

        func target(_ summary: ReminderSummary) throws -> SeriesTarget {
            guard !summary.reminder.schedule.isSingle else { return .itsPosition }
            let next = try summary.reminder.schedule.series().cursor(after: world.now.wall.second.count)
            return .position(next.map { SeriesPosition($0) })
        }

        @discardableResult
        func change(_ life: Life, _ change: ReminderChange, _ guardian: ChangeGuard = ChangeGuard()) -> RequestID {
            note(life, world.change(life.id, change, guardian))
        }

        @discardableResult
        func note(_ life: Life, _ request: RequestID) -> RequestID {
            life.changes.append((request, world.now.wall...UnixMilliseconds.distantFuture - 10_000))
            return request
        }

        func change(_ life: Life) throws {
            let now = world.now.wall
            switch Int.random(in: 0..<16, using: &random) {
            case 0, 1:
                life.pauses.append(change(life, .pause))
                life.pausedSince = life.pausedSince ?? now
            case 2, 3, 4: try resume(life)
            case 5, 6: change(life, .replaceAuthorization(sealed: [2]))
            case 7:
                // Nothing that decides when it is due.
                let summary = try world.summary(life.id)
                change(
                    life, .replace(summary.reminder.with(sealedAuthorization: Bool.random(using: &random) ? [] : [2]), position: nil),
                    ChangeGuard(revision: summary.revision))
            case 8: try reschedule(life)
            case 9, 10: life.runs.append(change(life, .run))
            case 11 where life.changes.allSatisfy { world.outcomes[$0.request] != nil }:
                let summary = try world.summary(life.id), revision = summary.revision
                life.blocked.append(now...now + 1)
                note(life, world.request([
                    .change(life.id, .pause, ChangeGuard(revision: revision), at: now),
                    .change(life.id, .resume(goesOnAt: try target(summary)), ChangeGuard(revision: revision + 1), at: now),
                ]))
            case 12 where Int.random(in: 0..<3, using: &random) == 0:
                change(life, .cancel)
                life.isCancelled = true
            default: break
            }
        }

        func reschedule(_ life: Life) throws {
            let now = world.now.wall, old = try world.summary(life.id).reminder
            let interval = Int.random(in: 1...3, using: &random)
            let schedule = Schedule(
                start: now.second + .random(in: -5...6, using: &random), rule: "FREQ=SECONDLY;INTERVAL=\(interval);COUNT=6")
            let first = try #require(try schedule.series().first())
            let cursor = first.instant > now.second.count ? first : try schedule.series().cursor(after: now.second.count)
            let reminder = Reminder(
                id: life.id, schedule: schedule, handling: Handling(misfirePolicy: .fireAll, maxAttempts: 1_000),
                payload: Payload(task: "test", arguments: []), createdAt: old.createdAt,
                sealedAuthorization: [])
            let request = change(
                life, .replace(reminder, position: cursor.map { SeriesPosition($0) }))
            life.schedules.append((now, schedule, request))
            life.blocked.append(now - 1_500...now + 1_500)
        }

        /// Changes that were answered, and pauses that ended, as the store tells.
        func noteAnswers() throws {
            let now = world.now.wall
            for life in lives {
                for (index, change) in life.changes.enumerated() where change.window.upperBound > now && world.outcomes[change.request] != nil {
                    life.changes[index].window = change.window.lowerBound...now
                }
                guard let since = life.pausedSince, life.pauses.allSatisfy({ world.outcomes[$0] != nil }),
                    try world.summary(life.id).state != .paused
                else { continue }
                // The store is ahead of what the core has been told: a little longer.
                life.blocked.append(since - 1_000...now + 3_000)
                life.pausedSince = nil
            }
        }
    }

    @Test("what was delivered never runs again, and what nothing stood in the way of is delivered", arguments: RandomLives.seedRange)
    func seeds(seed: Int) throws {
        let day = try Day(seed: seed), world = day.world
        world.attach("a", credit: 500)
        world.attach("b", credit: 500)
        for _ in 0..<50 {
            try day.create()
            for _ in 0..<3 { if let life = day.lives.randomElement(using: &day.random) { try day.change(life) } }
            world.run(milliseconds: .random(in: 1...900, using: &day.random))
            try day.noteAnswers()
        }
        world.storeDelay = { 0 }
        for _ in 0..<2 {
            world.run(milliseconds: 20_000)
            for life in day.lives {
                try day.resume(life)
                world.replaceAuthorization(of: life.id)
            }
            try day.noteAnswers()
        }
        world.run(milliseconds: 60_000)
        check(day)
        var checked = 0
        for life in day.lives { try check(life, of: day, &checked) }
        #expect(checked > 60)
        #expect(world.core.snapshot == Snapshot(entriesInMemory: 0, ready: 0, leased: 0, workers: 2, missed: 0, unwritten: 0, isStoreFailing: false))
        #expect(world.largestMemory <= world.configuration.maxEntriesInMemory)
    }

    /// A run of an occurrence ends, undelivered, before the next of it begins.
    private func check(_ day: Day) {
        let revoked = Set(day.world.revoked)
        for (key, runs) in Dictionary(grouping: day.runs, by: \.key) {
            for (earlier, later) in zip(runs, runs.dropFirst()) {
                #expect(earlier.outcome != .delivered && earlier.end <= later.start, "\(key.idempotencyKey) ran twice: \(earlier), \(later)")
                #expect(!revoked.contains(earlier.lease), "\(key.idempotencyKey) was revoked and run again: \(earlier), \(later)")
            }
        }
    }

    private func check(_ life: Life, of day: Day, _ checked: inout Int) throws {
        let world = day.world, summary = try world.summary(life.id)
        #expect(summary.state == (life.isCancelled ? summary.state : .completed), "\(life.id): \(summary.state)")
        #expect(summary.retrying == 0 && summary.held == 0 && summary.dead == 0, "\(life.id)")
        guard !life.isCancelled else { return }
        let revoked = Set(world.revoked)
        let delivered = Set(
            day.runs.filter { $0.key.reminder == life.id && $0.outcome == .delivered && !revoked.contains($0.lease) }.map(\.key.scheduledAt))
        #expect(summary.delivered == Int64(delivered.count), "\(life.id): counted \(summary.delivered), was \(delivered.count)")
        for request in life.runs {
            guard let result = world.outcomes[request]??.first, result.isDone, case .changed(let outcome) = result else { continue }
            let at = try #require(outcome.scheduledAt)
            // It may have been the occurrence that was due, which a pause can still hold up.
            #expect(delivered.contains(at) || !life.isFree(at: at.milliseconds, until: .distantFuture), "a run of \(life.id) at \(at)")
        }
        // What is missed while its credential is refused goes the way of all that a resumption skips.
        let refused = day.runs.filter { $0.key.reminder == life.id && $0.outcome == .authRejected }.map(\.start).min() ?? .distantFuture
        let sure: UnixMilliseconds = life.blocked.isEmpty ? .distantFuture : refused
        // A completed one takes no other schedule.
        let schedules = life.schedules.filter { $0.request.map { world.outcomes[$0]??.first?.isDone ?? false } ?? true }
        for (index, (since, schedule, _)) in schedules.enumerated() {
            let until = index + 1 < schedules.count ? schedules[index + 1].since : .distantFuture
            let series = try schedule.series()
            var cursor = series.first()
            while let current = cursor {
                cursor = series.next(after: current)
                let at = UnixSeconds(current.instant).milliseconds
                guard at > since, at < sure - Life.margin, life.isFree(at: at, until: until) else { continue }
                checked += 1
                #expect(delivered.contains(UnixSeconds(current.instant)), "\(life.id): \(current.instant) of \(schedule) is missing; \(life.blocked)")
            }
        }
    }
}

extension StoreWriteResult {
    fileprivate var isDone: Bool { if case .changed(let outcome) = self { outcome.verdict == .done } else { false } }
}
