import Storage
import TaskDomain

/// What a store holds, in dictionaries, by the rules of `Storage/Rules`: what the stores that have a telling of their own of what each
/// `StoreWrite` means are held to (see StoreComparison.swift), and what the simulation's store is made of.
package struct StoredReminders {
    package typealias Standing = StoredReminder

    package private(set) var reminders: [ReminderID: Standing] = [:]
    private var histories: [ReminderID: AttemptHistory] = [:]
    private(set) var queues: [String: QueueSettings] = [:]
    private(set) var workers: [AttachedWorker] = []
    /// By the first shard of the strand, and by name.
    private var zones: [Shard: [String: ZoneMark]] = [:]
    private var shelf: Set<ShelfKey> = []
    /// In the order of their creation.
    private var order: [ReminderID] = []
    private var idempotency: [IdempotencyKey: IdempotencyRecord] = [:]
    /// Reminders of each shard with something that may fall due.
    private var open: [Shard: Set<ReminderID>] = [:]

    private struct IdempotencyKey: Hashable {
        let shard: Shard
        let key: [UInt8]
    }

    package init() {}

    package func wasDelivered(_ key: OccurrenceKey) -> Bool {
        histories[key.reminder]?.deliveries[key.scheduledAt] != nil
    }

    /// Whether an attempt at it ended so.
    package func hasEnded(_ key: OccurrenceKey, _ outcome: Outcome) -> Bool {
        histories[key.reminder]?.attempts.contains { $0.scheduledAt == key.scheduledAt && $0.outcome == outcome } ?? false
    }

    // MARK: Writes

    package mutating func apply(_ write: StoreWrite) -> StoreWriteResult {
        switch write {
        case .create(let reminder, let position, let record, let limit): return create(reminder, position, record, limit)
        case .settle(let key, _, _, _), .materialise(let key, _, _, _), .hold(let key, _, _): return apply(write, to: key.reminder) ?? .notFound
        case .misfire(let id, _, _): return apply(write, to: id) ?? .notFound
        case .change(let id, _, _, _): return apply(write, to: id) ?? .changed(ChangeOutcome(.notFound, nil))
        case .shelve(let key):
            shelf.insert(key)
            return .done
        case .unshelve(let keys):
            shelf.subtract(keys)
            return .done
        case .queue(let settings):
            queues[settings.name] = settings
            return .done
        case .zone(let mark, let strand):
            zones[strand, default: [:]][mark.zone] = mark
            return .done
        case .workers(let workers, _):
            self.workers = workers
            return .done
        }
    }

    private mutating func create(
        _ reminder: Reminder, _ position: SeriesPosition?, _ record: IdempotencyRecord?, _ pendingLimit: Int?
    ) -> StoreWriteResult {
        let key = record.map { IdempotencyKey(shard: reminder.id.shard, key: $0.key) }
        let refusal = CreateRules.refusal(
            of: record, earlier: key.flatMap { idempotency[$0] }, isStored: reminders[reminder.id] != nil, position: position,
            pendingLimit: pendingLimit
        ) { reminders.values.count { $0.reminder.caller == reminder.caller && $0.finishedAt == nil } }
        if let refusal { return refusal }
        reminders[reminder.id] = Standing(created: reminder, position: position)
        histories[reminder.id] = AttemptHistory()
        order.append(reminder.id)
        if let key { idempotency[key] = record }
        index(reminder.id)
        return .done
    }

    /// Changes a reminder in place; `nil` where there is none.
    private mutating func apply(_ write: StoreWrite, to id: ReminderID) -> StoreWriteResult? {
        guard var standing = reminders[id], var history = histories.removeValue(forKey: id) else { return nil }
        // Out of the dictionaries first, so that nothing is copied.
        reminders[id] = nil
        let result = standing.apply(write, &history)
        history.forgetRecorded()
        reminders[id] = standing
        histories[id] = history
        index(id)
        return result
    }

    private mutating func index(_ id: ReminderID) {
        guard let standing = reminders[id] else { return }
        let mayFallDue =
            standing.state == .scheduled && standing.position != nil
            || standing.occurrences.values.contains { $0.state == .pending }
        if mayFallDue { open[id.shard, default: []].insert(id) } else { open[id.shard]?.remove(id) }
    }

    // MARK: Questions

    package func due(in shard: Shard, after: DueKey?, through: UnixMilliseconds, limit: Int) -> DuePage {
        var entries: [DueEntry] = []
        for id in open[shard] ?? [] {
            for entry in reminders[id]?.entries ?? [] where entry.due.dueAt <= through {
                if let after, entry.due <= after { continue }
                entries.append(entry)
            }
        }
        // What a person had run at the very second of its series' position comes before that.
        entries.sort { ($0.due, $0.positionIndex == nil ? 0 : 1) < ($1.due, $1.positionIndex == nil ? 0 : 1) }
        guard entries.count > limit else { return DuePage(entries: entries, end: entries.count < limit ? nil : entries.last?.due) }
        let end = entries[limit - 1].due
        return DuePage(entries: Array(entries.prefix(entries[limit].due == end ? limit + 1 : limit)), end: end)
    }

    /// - Parameter isWanted: whose shelf it is; `nil`: that of all shards.
    package func shelf(_ scope: ShelfScope, after: ShelfKey, limit: Int, where isWanted: ((Shard) -> Bool)? = nil) -> ShelfPage {
        func isBefore(_ a: ShelfKey, _ b: ShelfKey) -> Bool {
            let ways = [\ShelfPlace.queue, \.task, \.sharer].map { (Array(a.place[keyPath: $0].utf8), Array(b.place[keyPath: $0].utf8)) }
            guard let differing = ways.first(where: { $0 != $1 }) else { return a.due < b.due }
            return differing.0.lexicographicallyPrecedes(differing.1)
        }
        func isWithin(_ place: ShelfPlace) -> Bool {
            switch scope {
            case .share: place == after.place
            case .lane: place.queue == after.place.queue && place.task == after.place.task
            case .everything: true
            }
        }
        let keys = shelf.filter { isWithin($0.place) && isBefore(after, $0) && isWanted?($0.due.occurrence.reminder.shard) ?? true }
            .sorted(by: isBefore).prefix(limit)
        let entries = keys.map(\.due).flatMap { key in
            (reminders[key.occurrence.reminder]?.entries ?? []).filter { $0.due.occurrence == key.occurrence }
                .sorted { ($0.positionIndex == nil ? 1 : 0) < ($1.positionIndex == nil ? 1 : 0) }
        }
        return ShelfPage(keys: Array(keys), entries: entries)
    }

    /// A process opens the store, or takes some of its shards.
    package mutating func clearShelf(of isTaken: (Shard) -> Bool) { shelf = shelf.filter { !isTaken($0.due.occurrence.reminder.shard) } }

    /// What ended or was put off before its series came to it, and is still to come there.
    /// What a series is past by then is forgotten.
    package mutating func passed(limit: Int) -> [OccurrenceKey] {
        for (id, standing) in reminders where !standing.passed.isEmpty { reminders[id]?.dropPassedBehind() }
        let keys = reminders.values.flatMap { standing in
            standing.passedToCome.map { OccurrenceKey(reminder: standing.reminder.id, scheduledAt: $0) }
        }
        return Array(keys.sorted { ($0.reminder.shard, $0) < ($1.reminder.shard, $1) }.prefix(limit))
    }

    /// Something is still to come by itself, by then.
    package func overdue(at time: UnixMilliseconds) -> [DueEntry] {
        Shard.all.flatMap { due(in: $0, after: nil, through: time, limit: .max).entries }
    }

    package func summary(_ id: ReminderID) -> ReminderSummary? {
        reminders[id].map { standing in
            func count(_ state: OccurrenceState) -> Int { standing.occurrences.values.count { $0.state == state } }
            return ReminderSummary(
                reminder: standing.reminder, state: standing.state, position: standing.position, delivered: standing.delivered,
                retrying: count(.pending), held: count(.held), dead: count(.dead),
                missed: standing.missed, heldSince: standing.heldSince, updatedAt: standing.updatedAt, revision: standing.revision)
        }
    }

    /// Of a strand, by its first shard.
    package func zones(of strand: Shard) -> [ZoneMark] { (zones[strand] ?? [:]).values.sorted { $0.zone < $1.zone } }

    /// Unfinished series that run in a zone, in the order of their creation.
    package func series(in zone: String, of shards: Set<Shard>, after: Int64, limit: Int) -> SeriesPage {
        var page = SeriesPage()
        for (index, id) in order.enumerated().dropFirst(Int(after)) {
            guard let standing = reminders[id], standing.state == .scheduled || standing.state == .paused,
                shards.contains(id.shard), standing.reminder.schedule.timezone == zone, !standing.reminder.schedule.isSingle, let summary = summary(id)
            else { continue }
            page.reminders.append(summary)
            guard page.reminders.count < limit else {
                page.next = Int64(index + 1)
                break
            }
        }
        return page
    }

    func attemptCount(_ id: ReminderID) -> Int { histories[id]?.attempts.count ?? 0 }

    var queueSettings: [QueueSettings] { queues.values.sorted { $0.name < $1.name } }

    // MARK: Pruning

    /// Dead letters and attempts stay, which the stores trim in time: what is told of them must be true however long ago it was, and what is
    /// trimmed is older than anything that is brought up again.
    /// - Returns: the reminders that are gone.
    package mutating func prune(
        finishedBefore: UnixMilliseconds, idempotencyBefore: UnixMilliseconds
    ) -> [ReminderID] {
        idempotency = idempotency.filter { $0.value.createdAt >= idempotencyBefore }
        let gone = reminders.filter { $0.value.finishedAt.map { $0 < finishedBefore } ?? false }
            .filter { $0.value.occurrences.isEmpty }
            .keys.sorted()
        for id in gone {
            reminders[id] = nil
            histories[id] = nil
            open[id.shard]?.remove(id)
        }
        return gone
    }
}
