import SchedulerCore
import Storage
import TaskDomain

/// Promise 7: what cannot be sent is left alone.
extension Checker {
    /// A worker's word that it can send no notification for now.
    struct Hold {
        var until: Int64
        var underWay: Set<UInt64> = []
        /// As many may be under way at once, at most.
        var allowed = 1
        /// Those that came through since the last that did not.
        var reached = 0
        /// Whether the scheduler is known to have taken all that was said of it the same way.
        var isCertain = true
    }

    func heed(_ report: OutcomeReport, _ run: Run, _ scheduler: SchedulerProcess) {
        // Said again, as its acknowledgement was lost, it is of a lease that has ended, and says nothing of now.
        guard !run.isHeard, stored[run.key.reminder]?.reminder.task == TaskName.notification else { return }
        let asked = report.outcome == .unsent ? report.retryAfterMilliseconds : nil
        let isProbe = holds[run.instance]?.underWay.remove(run.lease) != nil
        guard asked != nil || isProbe else { return }
        guard isTakenAtItsWord(run, by: scheduler) else {
            // It may be: what is late then is excused, and nothing more follows from it.
            if asked != nil {
                holds[run.instance, default: Hold(until: .min)].isCertain = false
                lastHeld = now
            }
            holds[run.instance]?.isCertain = false
            return
        }
        if let asked {
            holds[run.instance] = Hold(until: now + min(asked, configuration.retry.longestHoldMilliseconds))
            lastHeld = now
        } else {
            holds[run.instance]?.allowed += 1
            if report.outcome.hasReached(statusCode: report.statusCode) {
                holds[run.instance]?.reached += 1
            } else {
                // It is held again, for how long is the scheduler's to say.
                holds[run.instance]?.reached = 0
                // What was under way says nothing of what comes after.
                holds[run.instance]?.underWay = []
                lastHeld = now
            }
        }
    }

    /// Of a lease that the scheduler does not know, has given up, or has settled by another, a worker may not be; nor of what a former
    /// process handed out, or this one before its shard came and went, as it may not have read yet of what task that is.
    private func isTakenAtItsWord(_ run: Run, by scheduler: SchedulerProcess) -> Bool {
        run.knownTo === scheduler && run.origin == starts && !run.isOfFormer && !run.wasGivenUp && !isGivenUp(run) && !run.isRevoked
            && life.backend.taken[run.key] == nil
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
        holds[run.instance] = hold.reached >= 255 ? nil : hold
        // What has been given up is under way no longer, and yet comes through where it is heard of.
        let number = hold.underWay.count { byLease[$0].map { $0.start > 0 && !isGivenUp($0) } ?? false }
        guard number > hold.allowed, hold.isCertain else { return }
        broken(7, run.key.reminder, "\(number) at once are handed to \(run.instance), of which \(hold.allowed - 1) came through")
    }
}
