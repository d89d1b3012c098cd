import SchedulerCore
import Storage
import TaskDomain
import TaskRecurrence

/// Callers and the gateways in front of them: ask, and ask again where no answer came.
final class Callers {
    /// A reminder that was asked for.
    final class Request {
        let reminder: Reminder
        let position: SeriesPosition?
        let plan: ReminderPlan
        var isAccepted = false

        init(_ reminder: Reminder, _ position: SeriesPosition?, _ plan: ReminderPlan) {
            self.reminder = reminder
            self.position = position
            self.plan = plan
        }
    }

    private unowned let life: Life
    private(set) var requests: [Int: Request] = [:]
    private(set) var byReminder: [ReminderID: Request] = [:]
    /// Of which every change that was asked for has been answered, or will never be.
    private(set) var changesUnderWay = 0

    init(_ life: Life) { self.life = life }

    private var timeline: Timeline { life.timeline }

    // MARK: Creates

    func create(_ plan: ReminderPlan) {
        guard requests[plan.index] == nil else { return }
        let reminder = plan.reminder(seed: life.plan.seed, wall: timeline.wall, zone: life.zone?.name, shardStep: life.plan.shardStep)
        guard let first = try? reminder.schedule.series().first() else { return }
        let request = Request(reminder, SeriesPosition(first), plan)
        requests[plan.index] = request
        byReminder[reminder.id] = request
        send(request, attempt: 1)
    }

    private static let maxAttempts = 30

    /// The gateway made the id: however often it has to ask, it is one reminder.
    private func send(_ request: Request, attempt: Int) {
        guard attempt <= Self.maxAttempts else { return }
        let reminder = request.reminder
        let idempotency = request.plan.hasIdempotencyKey
            ? IdempotencyRecord(key: reminder.id.bytes, request: [], answer: reminder.id.bytes, createdAt: timeline.wall) : nil
        var isAnswered = false
        timeline.schedule(in: life.delay()) { [self] in
            guard let scheduler = life.reachableScheduler else { return }
            // Where the zone's data has changed meanwhile, its first occurrence is the same: nothing lies before it.
            scheduler.create(reminder, request.position, idempotency) { [self] isStored in
                if isStored { life.checker.accepted(reminder.id) }
                // Answers get lost, too.
                guard !life.isFaulty || !life.chance.one(in: 10) else { return }
                timeline.schedule(in: life.delay()) { [self] in
                    isAnswered = isStored
                    guard isStored, !request.isAccepted else { return }
                    request.isAccepted = true
                    life.trace("a create was answered", reminder.id)
                }
            }
        }
        timeline.schedule(in: 3_000) { [self] in if !isAnswered { send(request, attempt: attempt + 1) } }
    }

    // MARK: Changes

    func change(_ index: Int, _ change: CallersChange) {
        guard let request = requests[index], request.isAccepted else { return }
        timeline.schedule(in: life.delay()) { [self] in ask(request.reminder.id, change, attempt: 1) }
    }

    /// Something has been handed out: somebody calls it off a moment later, alone, or with its reminder, and thinks better of that.
    func isHandedOut(_ key: OccurrenceKey) {
        cancelsAlone(key)
        guard life.plan.callsOffOneIn > 0, !life.hasHealed, let index = byReminder[key.reminder]?.plan.index else { return }
        var chance = Chance(life.plan.seed, 9, key.reminder.high, key.reminder.low, UInt64(bitPattern: key.scheduledAt.count))
        guard chance.one(in: life.plan.callsOffOneIn) else { return }
        let change: CallersChange =
            switch chance.int(0...9) {
            case 0: .cancel
            case 1, 2: .reschedule(inSeconds: chance.int(1...20), intervalSeconds: chance.int(1...5))
            default: .pause
            }
        let wait = chance.spread(1...4_000), pause = chance.spread(1...60_000)
        timeline.schedule(in: wait) { self.change(index, change) }
        timeline.schedule(in: wait + pause) { self.change(index, .resume) }
    }

    private func cancelsAlone(_ key: OccurrenceKey) {
        guard life.plan.cancelsOneIn > 0, !life.hasHealed else { return }
        var chance = Chance(life.plan.seed, 13, key.reminder.high, key.reminder.low, UInt64(bitPattern: key.scheduledAt.count))
        guard chance.one(in: life.plan.cancelsOneIn) else { return }
        for _ in 0..<chance.int(1...2) {
            timeline.schedule(in: chance.spread(1...4_000)) { [self] in
                guard !life.hasHealed, let scheduler = life.reachableScheduler else { return }
                scheduler.cancel(key)
            }
        }
    }

    private func ask(_ id: ReminderID, _ change: CallersChange, attempt: Int) {
        // Read beside the writers: what is committed.
        guard let scheduler = life.reachableScheduler, let standing = life.store.contents.reminders[id] else { return }
        life.trace("a caller asks: \(change)", id)
        let now = timeline.wall
        func one(_ change: ReminderChange, _ revision: Int64? = nil) -> StoreWrite {
            .change(id, change, ChangeGuard(revision: revision), at: now)
        }
        var writes: [StoreWrite] = []
        switch change {
        case .cancel: writes = [one(.cancel)]
        case .pause: writes = [one(.pause)]
        case .run: writes = [one(.run)]
        case .replaceCredential: writes = [one(.replaceAuthorization(sealed: ReminderPlan.goodCredential))]
        case .edit:
            writes = [one(.replace(standing.reminder.with(sealedAuthorization: []), position: nil), standing.revision)]
        case .resume:
            guard let target = Self.target(standing.reminder.schedule, now) else { return }
            writes = [one(.resume(goesOnAt: target), standing.revision)]
        case .reschedule(let start, let interval): writes = reschedule(standing, start, interval).map { [one($0)] } ?? []
        case .replayAll, .discardAll:
            for (scheduledAt, row) in standing.occurrences.sorted(by: { $0.key < $1.key }) where row.state != .pending {
                if case .replayAll = change { writes.append(one(.replay(scheduledAt: scheduledAt))) }
                if case .discardAll = change {
                    let next = Self.target(standing.reminder.schedule, now) ?? .itsPosition
                    writes.append(one(.discard(scheduledAt: scheduledAt, goesOnAt: next)))
                }
            }
        }
        guard !writes.isEmpty else { return }
        scheduler.request(writes) { [self] results in
            if case .resume = change, case .changed(let outcome)? = results?.first, outcome.verdict == .revisionDiffers, attempt < 5 {
                timeline.schedule(in: 1) { [self] in ask(id, change, attempt: attempt + 1) }
            }
        }
    }

    private static func target(_ schedule: Schedule, _ now: UnixMilliseconds) -> SeriesTarget? {
        guard !schedule.isSingle else { return .itsPosition }
        guard let series = try? schedule.series() else { return nil }
        let next = series.cursor(after: now.second.count)
        return .position(next.map { SeriesPosition($0) })
    }

    /// As the API does it: what the new schedule says of the past is not made up for.
    private func reschedule(_ standing: StoredReminders.Standing, _ start: Int64, _ interval: Int64) -> ReminderChange? {
        let old = standing.reminder, now = timeline.wall.second
        let unit: Int64 = life.plan.profile == .long ? 7_200 : 1
        let schedule = Schedule(
            start: now + start * unit, rule: start % 3 == 0 ? nil : "FREQ=SECONDLY;INTERVAL=\(interval * unit);COUNT=20")
        guard let series = try? schedule.series(), let first = series.first() else { return nil }
        let cursor = schedule.isSingle || UnixSeconds(first.instant) > now ? first : series.cursor(after: now.count)
        life.checker.willBeRescheduled(old.id)
        let reminder = Reminder(
            id: old.id, schedule: schedule, handling: old.handling,
            payload: Payload(task: old.task, arguments: []), createdAt: old.createdAt,
            sealedAuthorization: [])
        return .replace(reminder, position: cursor.map { SeriesPosition($0) })
    }
}
