import SchedulerCore
import Storage
import TaskDomain
import TaskRecurrence

/// A promise that was broken (README, "What is promised").
package struct Violation: Sendable {
    package let promise: Int
    package let text: String
    package let reminder: ReminderID?
    package let at: Int64
}

/// Watches a life after each step: what reaches the store, the workers, the backend and the callers.
///
/// It knows more than any of them: what every worker really runs, and what is really on stable storage.
final class Checker {
    /// A worker whose connection is over.
    struct Absence {
        /// Until when it is waited for, monotonic milliseconds.
        let until: Int64
        /// It may not know: what its tasks extended is waited for as well.
        var isSilent = false
    }

    /// Something that a worker was handed.
    final class Run {
        enum State {
            case sent, running
            case ended(Outcome)
        }

        let lease: UInt64
        let key: OccurrenceKey
        let instance: String
        var state = State.sent
        /// The scheduler process that knows of it.
        weak var knownTo: SchedulerProcess?
        /// Which of the scheduler's processes that is, or was; 0: it has been given up, or never arrived.
        var start: Int
        /// Which of them handed it out.
        let origin: Int
        /// Its shard was given away or lost since it was handed out.
        var isOfFormer = false
        /// It was given up while its worker was away, which came back since.
        var wasGivenUp = false
        /// It had been given up when its shard was taken last, and its worker was none of those of whom that owner was told.
        var isStranger = false
        /// Monotonic milliseconds.
        var knownSince: Int64
        /// Its strand was taken anew: until when its worker is waited for, monotonic milliseconds.
        var awaitedUntil: Int64 = 0
        /// Until when the scheduler has said that it holds the lease, monotonic milliseconds; 0: it has said nothing.
        var heldUntil: Int64 = 0
        /// The scheduler was told what came of it.
        var isHeard = false
        var isRevoked = false
        /// Its reminder was cancelled, paused or given another schedule, and the answer did not say that it may be on its way.
        var isCalledOff = false
        /// Its request has left, or its task begun.
        var hasLeft = false
        /// Its worker has left in order, and was not told that the outcome is stored.
        var isLeft = false

        let dispatchedAt: UnixMilliseconds
        /// Of the timeline.
        let dispatchStep: Int

        init(
            _ lease: UInt64, _ key: OccurrenceKey, _ instance: String, _ scheduler: SchedulerProcess, start: Int, at: Int64,
            wall: UnixMilliseconds, step: Int
        ) {
            dispatchedAt = wall
            dispatchStep = step
            self.lease = lease
            self.key = key
            self.instance = instance
            knownTo = scheduler
            self.start = start
            origin = start
            knownSince = at
        }
    }

    unowned let life: Life
    private(set) var violation: Violation?
    /// Extensions that a scheduler has heard of and not answered: the lease by instance and number.
    var extensions: [String: [UInt64: UInt64]] = [:]
    var accepted: Set<ReminderID> = []
    var prunedReminders: Set<ReminderID> = []
    var rescheduled: Set<ReminderID> = []
    var changed: Set<ReminderID> = []
    var wasSetBack = false
    /// When the clock was set back, when the list of those who may run something was last written, and until when something
    /// kept it from being written, monotonic milliseconds.
    var lastSetBack: Int64 = 0, lastHolders: Int64 = 0, lastTrouble: Int64 = 0, lastEnd: Int64 = 0
    var isSetBackUnknown = false
    var pausedQueues: Set<String> = []
    var performed: Set<OccurrenceKey> = []
    /// Up to when what a series missed has been looked at.
    var caughtUp: [ReminderID: UnixSeconds] = [:]
    /// Tries of workers that came to an end, but for those of which nothing was sent.
    var attemptsMade: [OccurrenceKey: Int] = [:]
    /// When the first try of which something was sent, or may have been, was handed out.
    var firstTried: [OccurrenceKey: UnixMilliseconds] = [:]
    /// The longest wait before another try that was asked for.
    var waitAsked: [OccurrenceKey: Int64] = [:]
    var starts = 0
    /// The number of the last try at an occurrence that was handed out, and of the process that did.
    var lastTries: [OccurrenceKey: (start: Int, number: Int)] = [:]
    /// The process that heard last that the credential was refused at an occurrence.
    var refusals: [OccurrenceKey: Int] = [:]
    /// What workers reported of tries of which nothing was sent.
    var unsentTries: Set<UnsentTry> = []
    /// In which step of the timeline a reminder came by its revision.
    var revisionSteps: [ReminderID: [Int64: Int]] = [:]

    struct UnsentTry: Hashable {
        let key: OccurrenceKey
        let startedAt: UnixMilliseconds, durationMicroseconds: Int64
    }

    /// Runs that a worker has not forgotten.
    var runs: [OccurrenceKey: [Run]] = [:]
    var byLease: [UInt64: Run] = [:]
    /// Workers whose stream the scheduler has seen end, and until when they may come back, monotonic milliseconds.
    var away: [String: Absence] = [:]
    /// Workers of the former process that are to be waited for, and until when, monotonic milliseconds.
    var rejoining: [String: Int64] = [:]
    /// Those of which the process was told when it began, or should have been: what others say of a former one's leases counts for nothing.
    var former: Set<String> = []
    /// When the scheduler's process began, and when it took shards later.
    var startedAtWall = UnixMilliseconds.distantPast
    var takenAtWall: [Shard: UnixMilliseconds] = [:]
    var series: [ReminderID: (reminder: Reminder, series: Series)] = [:]
    var dispatches = 0, deadLetters = 0
    private(set) var largestMemory = 0
    var hadLostAnswer: Set<OccurrenceKey> = []
    var holds: [String: Hold] = [:]
    /// Occurrences that were called off by themselves, and of which that was answered.
    var cancelled: Set<OccurrenceKey> = []
    /// By instance.
    var rooms: [String: Room] = [:]
    /// When a worker was held last, as far as that was seen.
    var lastHeld = Int64.min
    /// When callers brought back what had waited for them, a credential or the end of a pause, the last times.
    var releases: [Int64] = []
    /// By day, what was handed out of series in the life's own zone.
    var daysFired: [ReminderID: [Int64: UnixSeconds]] = [:]

    init(_ life: Life) { self.life = life }

    var now: Int64 { life.timeline.monotonic }
    var stored: [ReminderID: StoredReminders.Standing] { life.store.contents.reminders }
    var configuration: CoreConfiguration { life.plan.configuration }

    func broken(_ promise: Int, _ reminder: ReminderID?, _ text: String) {
        guard violation == nil else { return }
        violation = Violation(promise: promise, text: text, reminder: reminder, at: now - 1_000_000)
        life.trace("PROMISE \(promise) IS BROKEN: \(text)", reminder)
    }

    /// Something wakes itself without end: nothing after it would ever be on time.
    func timeStoodStill() { broken(5, nil, "time stands still: something wakes itself again and again") }

    func series(of reminder: Reminder) -> Series? {
        if let known = series[reminder.id], known.reminder === reminder { return known.series }
        guard let made = try? reminder.schedule.series() else { return nil }
        series[reminder.id] = (reminder, made)
        return made
    }

    // MARK: Promise 6, the end

    func check(_ snapshot: Snapshot) {
        largestMemory = max(largestMemory, snapshot.entriesInMemory)
        if snapshot.entriesInMemory > configuration.maxEntriesInMemory {
            broken(6, nil, "\(snapshot.entriesInMemory) occurrences in memory, \(configuration.maxEntriesInMemory) allowed")
        }
    }

    /// Nothing has been broken for long: everything that fell due has come to its end.
    func checkEnd() {
        for entry in life.store.contents.overdue(at: life.timeline.wall - 60_000) {
            let key = entry.due.occurrence
            broken(2, key.reminder, "\(key.scheduledAt), due \(life.timeline.wall - entry.due.dueAt) ms ago, is still to come")
        }
        for id in accepted.sorted() where stored[id] == nil && !prunedReminders.contains(id) {
            broken(1, id, "an accepted reminder is not stored")
        }
        checkZone()
        guard let snapshot = life.scheduler?.core.snapshot else { return broken(2, nil, "there is no scheduler") }
        if snapshot.leased > 0, runs.isEmpty { broken(2, nil, "\(snapshot.leased) leases are held of nothing that runs") }
    }
}
