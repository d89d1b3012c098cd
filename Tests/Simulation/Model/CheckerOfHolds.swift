import Domain
import SchedulerCore
import Storage

/// Promise 7: what cannot be sent is left alone.
extension Checker {
    /// A worker's word that it can send no notification for now.
    struct Hold {
        var until: Int64
        var underWay: Set<UInt64> = []
        var allowed = 1
    }

    func heed(_ report: OutcomeReport, _ run: Run, _ scheduler: SchedulerProcess) {
        guard stored[run.key.reminder]?.reminder.task == TaskName.notification else { return }
        if report.outcome == .unsent, let asked = report.retryAfterMilliseconds {
            // Of a lease that the scheduler does not know, has given up, or has settled by another, it is not taken at its word.
            // What ended before this process came has no lease of it.
            guard run.knownTo === scheduler, !endedBefore.contains(run.lease), !isGivenUp(run), !run.isRevoked, life.backend.taken[run.key] == nil else { return }
            holds[run.instance] = Hold(until: now + min(asked, configuration.retry.longestHoldMilliseconds))
            lastHeld = now
        } else if holds[run.instance]?.underWay.remove(run.lease) != nil {
            holds[run.instance]?.allowed += 1
        }
    }

    /// Whether workers have said since then that they can send nothing: the backend has left so many requests without an answer that it is
    /// left alone, and then asked by one after the other.
    func wasHeldUp(_ reminder: Reminder, for milliseconds: Int64) -> Bool {
        reminder.task == TaskName.notification && (!holds.isEmpty || lastHeld >= now - milliseconds)
    }

    func checkHold(_ run: Run, _ reminder: Reminder) {
        guard reminder.task == TaskName.notification, var hold = holds[run.instance] else { return }
        if now < hold.until { return broken(7, run.key.reminder, "\(run.key.scheduledAt) is handed to \(run.instance), which can send nothing") }
        lastHeld = now
        hold.underWay.insert(run.lease)
        holds[run.instance] = hold.allowed >= 256 ? nil : hold
        // What has been given up is under way no longer, and yet comes through where it is heard of.
        let number = hold.underWay.count { byLease[$0].map { $0.start > 0 && !isGivenUp($0) } ?? false }
        guard number > hold.allowed else { return }
        broken(7, run.key.reminder, "\(number) at once are handed to \(run.instance), of which \(hold.allowed - 1) came through")
    }
}
