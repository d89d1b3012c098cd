import SchedulerCore
import Storage
import TaskDomain

/// A number that stands for a run to the event: FNV-1a (Fowler, Noll, Vo) over everything that happened, in order.
package struct Digest {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01B3 }

    mutating func add(_ word: Int64) { add(UInt64(bitPattern: word)) }

    mutating func add(_ time: (some Instant)?) { add(time?.count ?? 0) }

    mutating func add(_ key: OccurrenceKey) {
        add(key.reminder.low)
        add(key.scheduledAt)
    }

    mutating func add(_ event: Event) {
        switch event {
        case .take: add(UInt64(1))
        case .release(let shard): add(UInt64(0x500 | UInt64(shard.number)))
        case .lose(let shard): add(UInt64(0x600 | UInt64(shard.number)))
        case .loaded(_, let shard, let page):
            add(UInt64(0x200 | UInt64(shard.number)))
            for entry in page.entries { add(entry.due.occurrence) }
        case .shelfLoaded(_, let page):
            add(UInt64(0x400))
            for key in page?.keys ?? [] { add(key.due.occurrence) }
        case .loadFailed(_, let shard): add(UInt64(0x300 | UInt64(shard.number)))
        case .zonesChanged(let zones): add(UInt64(zones.count) << 40)
        case .created(let entry), .mayBeStored(let entry): add(entry.due.occurrence)
        case .request(let id, _): add(id.rawValue)
        case .cancel(let id, let key, _):
            add(id.rawValue << 8)
            add(key)
        case .workerAttached(let id, _, _, _, _, let running, let following, let outcomes):
            add(id.rawValue << 16 | UInt64(running.count))
            add(UInt64(outcomes.count) << 16 | UInt64(following.count))
        case .workerRuns(let id, let shards, let running, _, let outcomes):
            add(id.rawValue << 17 | UInt64(running.count))
            add(UInt64(outcomes.count) << 16 | UInt64(shards.count))
        case .creditLimit(let id, let limit): add(id.rawValue << 24 | UInt64(limit))
        case .workerStands(let id, let queues, let isDrained): add(id.rawValue << 20 | UInt64(queues.count) << 1 | (isDrained ? 1 : 0))
        case .workerDraining(let id), .workerDetached(let id, _), .workerLeft(let id): add(id.rawValue << 32)
        case .outcomes(_, let reports), .undispatchable(_, let reports):
            for report in reports {
                add(report.lease)
                add(UInt64(report.outcome.rawValue))
            }
        case .extend(let id, let asked):
            add(id.rawValue << 28)
            for one in asked { add(one.lease) }
        case .progress(let id, let reports): add(id.rawValue << 29 | UInt64(reports.count))
        case .written(let token, let results): add(token << 1 | (results == nil ? 0 : 1))
        case .drain: add(UInt64(4))
        case .tick: add(UInt64(5))
        }
    }

    mutating func add(_ effect: Effect) {
        switch effect {
        case .load(_, let shard, let after, let through, _):
            add(UInt64(shard.number))
            add(after?.dueAt)
            add(through)
        case .loadShelf(_, _, let after, let limit, _):
            add(after.due.dueAt)
            add(UInt64(limit))
        case .write(let token, let writes, _):
            add(token)
            for write in writes { add(write) }
        case .dispatch(let worker, let dispatches):
            add(worker.rawValue)
            for dispatch in dispatches {
                add(dispatch.lease)
                add(dispatch.entry.due.occurrence)
            }
        case .acknowledge(let worker, let leases), .revoke(let worker, let leases), .recall(let worker, let leases):
            add(worker.rawValue)
            for lease in leases { add(lease) }
        case .extended(let worker, let answers):
            add(worker.rawValue)
            for answer in answers { add((try? answer.result.get()) ?? 0) }
        case .answer(let id, _, let inFlight):
            add(id.rawValue)
            for key in inFlight { add(key) }
        case .cancelled(let id, let what):
            add(id.rawValue << 16)
            if case .ended(let outcome) = what { add(UInt64(outcome.rawValue)) }
        case .refuse(let id): add(id.rawValue)
        case .released(let shards): add(UInt64(0x700 | UInt64(shards.count)))
        }
    }

    private mutating func add(_ write: StoreWrite) {
        if let id = write.reminder { add(id.low) }
        switch write {
        case .settle(let key, let attempt, let disposition, let move):
            add(key)
            add(UInt64(attempt.outcome.rawValue))
            if case .retry(let due, _) = disposition { add(due) }
            add(move?.to?.scheduledAt)
        case .materialise(_, let due, _, let move):
            add(due)
            add(move.to?.scheduledAt)
        case .hold(let key, _, let tries):
            add(key.scheduledAt)
            add(Int64(tries.attempts))
        case .misfire(_, _, let move): add(move.to?.scheduledAt)
        default: break
        }
    }
}
