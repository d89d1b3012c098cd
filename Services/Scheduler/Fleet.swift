import SchedulerCore
import TaskDomain
import TaskMessages

/// The workers as people see them: those that are attached, and for a day those that were. What they say of themselves is shown and
/// decides nothing.
///
/// Used on the scheduler's event loop only.
struct Fleet {
    /// How long one that is gone is shown.
    static let keptMilliseconds: Int64 = 24 * 3_600_000
    /// How many of those that are gone are kept, the latest.
    static let maxGone = 1_000

    struct Member {
        fileprivate(set) var attach: Proto.Attach
        /// The stream by which it is attached; `nil`: it is gone.
        fileprivate(set) var worker: WorkerID?
        let attachedAt: UnixMilliseconds
        /// It takes nothing new, as its process ends or as it was told.
        fileprivate(set) var isDraining = false
        /// Occurrences since it started, and those of them that are to be tried again, held or dead.
        fileprivate(set) var finished: UInt64, failed: UInt64
        fileprivate(set) var gone: (at: UnixMilliseconds, reason: String)?
    }

    /// By the worker's name, see ``WorkerName``.
    private var members: [String: Member] = [:]
    /// The names of those that are attached, in order.
    private var attachedNames: [String] = []
    private var gone = 0

    mutating func attached(_ name: String, _ attach: Proto.Attach, as worker: WorkerID, now: UnixMilliseconds) {
        if members[name].map({ $0.worker == nil }) ?? false { gone -= 1 }
        // What it runs is the core's to know.
        var attach = attach
        (attach.running, attach.following, attach.token) = ([], [], [])
        members[name] = Member(attach: attach, worker: worker, attachedAt: now, finished: attach.finished, failed: attach.failed)
        let place = place(of: name)
        if !isAttached(name, at: place) { attachedNames.insert(name, at: place) }
    }

    mutating func drains(_ name: String) { members[name]?.isDraining = true }

    /// It is what it says in place of what it announced.
    mutating func stands(_ name: String, _ standing: Proto.WorkerStanding) {
        members[name]?.attach.queues = standing.queues
        members[name]?.attach.concurrency = standing.concurrency
        members[name]?.isDraining = standing.draining
    }

    /// - Returns: how many of these are ends, and how many of those are to be tried again, held or dead.
    @discardableResult
    mutating func reported(_ name: String, _ outcomes: [OutcomeReport]) -> (finished: UInt64, failed: UInt64) {
        guard !outcomes.isEmpty else { return (0, 0) }
        var finished: UInt64 = 0, failed: UInt64 = 0
        for report in outcomes where report.outcome != .unsent {
            finished += 1
            if !report.outcome.isFinal { failed += 1 }
        }
        // Its own counts are whatever it says that they are.
        members[name]?.finished &+= finished
        members[name]?.failed &+= failed
        return (finished, failed)
    }

    /// - Parameter worker: by which it was attached; where it is back by another stream already, nothing has changed.
    mutating func detached(_ name: String, _ worker: WorkerID, because reason: String, now: UnixMilliseconds) {
        guard members[name]?.worker == worker else { return }
        members[name]?.worker = nil
        members[name]?.gone = (now, reason)
        let place = place(of: name)
        if isAttached(name, at: place) { attachedNames.remove(at: place) }
        gone += 1
        if gone > Self.maxGone + Self.maxGone / 10 { forget(now: now) }
    }

    /// Where a name stands among those that are attached, or would.
    private func place(of name: String) -> Int {
        var low = 0, high = attachedNames.count
        while low < high {
            let middle = (low + high) / 2
            if attachedNames[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func isAttached(_ name: String, at place: Int) -> Bool { place < attachedNames.count && attachedNames[place] == name }

    /// Forgets those that have been gone for too long, and the oldest of those that are too many.
    private mutating func forget(now: UnixMilliseconds) {
        let kept = members.compactMap { name, member in member.gone.map { (name: name, at: $0.at) } }
            .filter { now - $0.at < Self.keptMilliseconds }.sorted { $0.at > $1.at }.prefix(Self.maxGone)
        let names = Set(kept.map(\.name))
        members = members.filter { name, member in member.worker != nil || names.contains(name) }
        gone = names.count
    }

    // MARK: Questions

    /// Those that are attached, by name.
    func attached(limit: Int) -> [(name: String, member: Member)] {
        attachedNames.prefix(limit).compactMap { name in members[name].map { (name, $0) } }
    }

    /// A page of them by name.
    /// - Parameter name: the page begins after this one; empty: at the first.
    mutating func page(after name: String, limit: Int, now: UnixMilliseconds) -> [(name: String, member: Member)] {
        forget(now: now)
        return members.keys.filter { $0 > name }.sorted().prefix(limit).compactMap { name in members[name].map { (name, $0) } }
    }

    /// Those of that instance, the one that is attached, or was last, first.
    mutating func named(_ instance: String, now: UnixMilliseconds) -> [(name: String, member: Member)] {
        forget(now: now)
        return members.filter { $0.value.attach.instance == instance }.map { ($0.key, $0.value) }
            .sorted { ($0.member.gone?.at ?? .distantFuture, $0.name) > ($1.member.gone?.at ?? .distantFuture, $1.name) }
    }
}
