import SchedulerCore
import Storage
import TaskDomain

/// Events and effects of the core in words, each beside the reminder that it concerns.
extension Life {
    func trace(_ event: Event) {
        switch event {
        case .cancel(let id, let key, _): trace("request \(id.rawValue) calls off \(key.scheduledAt)", key.reminder)
        case .created(let entry): trace("created, due at \(entry.due.dueAt)", entry.due.occurrence.reminder)
        case .loaded(_, _, let page):
            for entry in page.entries {
                trace("loaded: \(entry.due.occurrence.scheduledAt), due at \(entry.due.dueAt)", entry.due.occurrence.reminder)
            }
        case .workerAttached(let id, let instance, _, _, let limit, let running, let following, let outcomes):
            trace("\(instance) attaches as \(id.rawValue) for \(limit), running \(running.map { $0.lease }), outcomes to follow \(following.map { $0.lease })")
            trace(.outcomes(id, outcomes))
        case .workerDetached(let id, let isSilent): trace("worker \(id.rawValue) is \(isSilent ? "silent" : "gone")")
        case .workerStands(let id, let queues, let isDrained): trace("worker \(id.rawValue) serves \(isDrained ? [] : queues)")
        case .creditLimit(let id, let limit): trace("worker \(id.rawValue) may be handed \(limit) in all")
        case .workerLeft(let id): trace("worker \(id.rawValue) has left")
        case .workerDraining(let id): trace("worker \(id.rawValue) drains")
        case .outcomes(let id, let reports):
            for report in reports {
                trace("\(report.outcome.name) of \(report.key.scheduledAt) from worker \(id.rawValue), lease \(report.lease)", report.key.reminder)
            }
        case .undispatchable(let id, let reports):
            for report in reports {
                trace("\(report.key.scheduledAt) never reached worker \(id.rawValue), lease \(report.lease)", report.key.reminder)
            }
        case .extend(let id, let asked):
            for one in asked {
                trace("worker \(id.rawValue) goes on with \(one.key.scheduledAt) for \(one.milliseconds) ms, lease \(one.lease)", one.key.reminder)
            }
        case .written(let token, nil): trace("batch \(token) failed")
        case .take(_, let rejoin, _, _): trace("start, to rejoin: \(rejoin.map { $0.instance })")
        default: break
        }
    }

    func trace(_ effect: Effect) {
        switch effect {
        case .write(let token, let writes, _):
            for write in writes { trace("write in batch \(token): \(write.text)", write.reminder) }
        case .dispatch(let worker, let dispatches):
            for dispatch in dispatches {
                let key = dispatch.entry.due.occurrence
                trace("dispatch \(key.scheduledAt), attempt \(dispatch.attempt), to worker \(worker.rawValue), lease \(dispatch.lease)", key.reminder)
            }
        case .extended(let worker, let answers): trace("extensions of worker \(worker.rawValue) are answered: \(answers.map(\.result))")
        case .acknowledge(let worker, let leases): trace("acknowledge \(leases) to worker \(worker.rawValue)")
        case .revoke(let worker, let leases): trace("revoke \(leases) from worker \(worker.rawValue)")
        case .recall(let worker, let leases): trace("recall \(leases) from worker \(worker.rawValue)")
        case .cancelled(let id, let what): trace("request \(id.rawValue) is answered: \(what)")
        case .answer(let id, _, let inFlight): trace("request \(id.rawValue) is answered, in flight \(inFlight.map { $0.scheduledAt })")
        default: break
        }
    }
}

extension StoreWrite {
    var text: String {
        switch self {
        case .create: "create"
        case .settle(let key, let attempt, let disposition, let move):
            "settle \(key.scheduledAt), attempt \(attempt.number) \(attempt.outcome.name): \(disposition)\(move.map { ", " + $0.text } ?? "")"
        case .materialise(let key, let due, let tries, let move):
            "materialise \(key.scheduledAt), due at \(due), \(tries.attempts) attempts, \(tries.losses) losses, \(move.text)"
        case .hold(let key, let attempt, _): "hold \(key.scheduledAt) after \(attempt.outcome.name)"
        case .misfire(_, let record, let move): "misfire, \(move.text): \(record.detail)"
        case .change(_, let change, _, _): "change: \(change)"
        case .shelve(let key): "shelve \(key.due.occurrence.scheduledAt) in \(key.place.queue)/\(key.place.task)"
        case .unshelve(let keys): "unshelve \(keys.count)"
        case .queue(let settings): "queue \(settings)"
        case .zone(let mark, let shard): "zone \(mark) of \(shard.number)"
        case .workers(let workers, _): "workers \(workers.map { "\($0.instance) until \($0.leasesEndAt.map(String.init) ?? "any time")" })"
        }
    }
}

extension PositionMove {
    var text: String { "on from \(from) to \(to.map { "\($0.scheduledAt)" } ?? "its end")" }
}
