import DequeModule
import Storage
import TaskDomain

/// Requests that wait their turn: of a reminder one change that was asked for is on its way to the store at a time, so that each is decided by
/// what the one before it came to.
///
/// A reminder has a line, and a request has a place in those of all its reminders, behind whoever asked before. It is carried out when it is
/// the first in each and nothing else of theirs is on its way. Requests have their places in all lines in the same order, so that the first of
/// all waits for nobody but the store.
struct RequestLine {
    enum Request {
        case changes(RequestID, [StoreWrite])
        /// An occurrence that no worker has is called off.
        case cancel(RequestID, OccurrenceKey, caller: String?)

        var id: RequestID {
            switch self {
            case .changes(let id, _), .cancel(let id, _, _): id
            }
        }

        /// Each once, in the order in which they are named.
        var reminders: [ReminderID] {
            guard case .changes(_, let writes) = self else {
                if case .cancel(_, let key, _) = self { return [key.reminder] }
                return []
            }
            if writes.count == 1, case .change(let id, _, _, _) = writes[0] { return [id] }
            var known: Set<ReminderID> = []
            return writes.compactMap { if case .change(let id, _, _, _) = $0, known.insert(id).inserted { id } else { nil } }
        }

        /// Whether the scheduler asks for itself: one at a time, and it must not be kept out by those who ask again and again.
        var isOwn: Bool {
            guard case .changes(_, let writes) = self else { return false }
            return writes.allSatisfy { write in
                switch write {
                case .change(_, .realign, _, _), .zone: true
                default: false
                }
            }
        }

        /// Whether some of it is of these shards.
        func isAsked(of shards: Set<Shard>) -> Bool {
            switch self {
            case .changes(_, let writes): writes.contains { $0.shardAsked.map(shards.contains) ?? false }
            case .cancel(_, let key, _): shards.contains(key.reminder.shard)
            }
        }
    }

    private struct Waiting {
        let request: Request
        let reminders: [ReminderID]
        /// Requests that are carried out before it, one after the other, at most.
        let depth: Int
        /// Reminders of which something else is on its way, or was asked for before.
        var behind = 0
    }

    private struct Place {
        let number: UInt64
        /// It is the first, and nothing else is on its way.
        var isFree: Bool
    }

    private var waiting: [UInt64: Waiting] = [:]
    private var lines: [ReminderID: Deque<Place>] = [:]
    /// Those that can be carried out, in the order in which they came to that.
    private var ready: Deque<UInt64> = []
    private var nextNumber: UInt64 = 0
    /// Places in all lines.
    private(set) var places = 0

    var isEmpty: Bool { waiting.isEmpty }

    /// Whether somebody waits for a change of the reminder, or for those of others first.
    func contains(_ id: ReminderID) -> Bool { !lines.isEmpty && lines[id] != nil }

    /// How many requests would be carried out before one of these reminders, one after the other, at most.
    func depth(before reminders: [ReminderID]) -> Int {
        reminders.reduce(0) { depth, id in max(depth, lines[id]?.last.flatMap { waiting[$0.number]?.depth } ?? 0) }
    }

    /// - Parameter isChanging: whether a change of a reminder is on its way.
    mutating func add(_ request: Request, of reminders: [ReminderID], isChanging: (ReminderID) -> Bool) {
        var new = Waiting(request: request, reminders: reminders, depth: depth(before: reminders) + 1)
        for id in reminders {
            let isFree = lines[id] == nil && !isChanging(id)
            if !isFree { new.behind += 1 }
            lines[id, default: []].append(Place(number: nextNumber, isFree: isFree))
        }
        places += reminders.count
        waiting[nextNumber] = new
        if new.behind == 0 { ready.append(nextNumber) }
        nextNumber += 1
    }

    /// Nothing of a reminder is on its way any more.
    mutating func free(_ id: ReminderID) {
        guard !lines.isEmpty, let first = lines[id]?.first, !first.isFree else { return }
        lines[id]?[0].isFree = true
        waiting[first.number]?.behind -= 1
        if waiting[first.number]?.behind == 0 { ready.append(first.number) }
    }

    /// Takes the next that can be carried out. Whoever is behind it has its turn when that has been done (``free(_:)``).
    mutating func takeReady() -> (request: Request, reminders: [ReminderID])? {
        while let number = ready.popFirst() {
            if let next = remove(number) { return next }
        }
        return nil
    }

    /// Takes what would change something of those shards, in the order in which it was asked for.
    mutating func takeAll(in shards: [Shard]) -> [(request: Request, reminders: [ReminderID])] {
        guard !waiting.isEmpty else { return [] }
        let shards = Set(shards)
        let gone = waiting.filter { $0.value.request.isAsked(of: shards) }
        return gone.keys.sorted().compactMap { remove($0) }
    }

    private mutating func remove(_ number: UInt64) -> (request: Request, reminders: [ReminderID])? {
        guard let gone = waiting.removeValue(forKey: number) else { return nil }
        for id in gone.reminders {
            // Mostly it is the first.
            if lines[id]?.first?.number == number { lines[id]?.removeFirst() } else { lines[id]?.removeAll { $0.number == number } }
            if lines[id]?.isEmpty ?? false { lines[id] = nil }
        }
        places -= gone.reminders.count
        return (gone.request, gone.reminders)
    }

    /// The first thing found that does not hold between two events; `nil`: everything does.
    func brokenInvariant(isChanging: (ReminderID) -> Bool) -> String? {
        if !ready.isEmpty { return "\(ready.count) requests have their turn, and wait" }
        var behind: [UInt64: Int] = [:], counted = 0
        for (id, line) in lines {
            counted += line.count
            if zip(line, line.dropFirst()).contains(where: { $0.number >= $1.number }) { return "the line of \(id) is not in order" }
            if line.dropFirst().contains(where: \.isFree) { return "one in the line of \(id) is not the first, and has its turn" }
            if line.first?.isFree == false, !isChanging(id) { return "the first in the line of \(id) waits for nothing" }
            for place in line where !place.isFree { behind[place.number, default: 0] += 1 }
        }
        if counted != places { return "\(places) places are counted in lines, and there are \(counted)" }
        let wrong = waiting.first { behind[$0.key] ?? 0 != $0.value.behind || $0.value.behind == 0 }
        return wrong.map { "request \($0.value.request.id.rawValue) waits for \($0.value.behind), and is behind \(behind[$0.key] ?? 0)" }
    }
}

extension SchedulerCore {
    /// Lets a request wait if something else of its reminders is on its way, or was asked for before.
    /// - Returns: whether it waits, or was refused as too many do, or as its strand takes none.
    mutating func waitsInLine(_ request: RequestLine.Request) -> Bool {
        guard !changing.isEmpty || !line.isEmpty else { return false }
        let reminders = request.reminders
        guard reminders.contains(where: { changing[$0] != nil || line.contains($0) }) else { return false }
        let isTaken = reminders.allSatisfy { strand(of: $0).map(takesRequests) ?? false }
        let hasRoom = line.places + reminders.count <= configuration.maxWaitingChanges
        if isTaken, request.isOwn || hasRoom && line.depth(before: reminders) < configuration.maxWaitingDepth {
            line.add(request, of: reminders) { changing[$0] != nil }
        } else {
            effects.append(.refuse(request.id))
        }
        return true
    }

    /// Carries out what has its turn.
    mutating func takeTurns() {
        while let (request, reminders) = line.takeReady() {
            switch request {
            case .changes(let id, let writes): carryOut(id, writes)
            case .cancel(let id, let key, let caller): carryOutCancel(id, key, caller: caller)
            }
            // What was refused, or found nothing to change, leaves the turn to the next.
            freeLines(of: reminders)
        }
    }

    /// Nothing is asked of the strand of those shards for now: what waits for its turn there is refused, as what comes is.
    mutating func refuseLine(in shards: [Shard]) {
        let gone = line.takeAll(in: shards)
        for (request, _) in gone { effects.append(.refuse(request.id)) }
        for (_, reminders) in gone { freeLines(of: reminders) }
    }

    private mutating func freeLines(of reminders: [ReminderID]) {
        for id in reminders where changing[id] == nil { line.free(id) }
    }
}
