import DequeModule
import Storage
import TaskDomain

/// Requests that wait their turn: of a reminder one change at a time is on its way to the store, so that each is decided by what the one
/// before it came to.
///
/// A reminder has a line, and a request has a place in those of all its reminders, behind whoever asked before. It is carried out when it is
/// the first in each and nothing else of theirs is on its way.
struct RequestLine {
    enum Request {
        case changes(RequestID, [StoreWrite])
        /// An occurrence that no worker has is called off.
        case cancel(RequestID, OccurrenceKey, caller: String?)
        /// One that was called off, and that its worker has not ended in time.
        case endLate(OccurrenceKey, [RequestID])

        /// Who is to be answered.
        var ids: [RequestID] {
            switch self {
            case .changes(let id, _), .cancel(let id, _, _): [id]
            case .endLate(_, let ids): ids
            }
        }

        var reminders: Set<ReminderID> {
            switch self {
            case .changes(_, let writes): Set(writes.compactMap { if case .change(let id, _, _, _) = $0 { id } else { nil } })
            case .cancel(_, let key, _), .endLate(let key, _): [key.reminder]
            }
        }
    }

    private struct Waiting {
        let request: Request
        let reminders: Set<ReminderID>
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

    var count: Int { waiting.count }

    /// How many wait for a change of the reminder, or for those of others first.
    func length(of id: ReminderID) -> Int { lines.isEmpty ? 0 : lines[id]?.count ?? 0 }

    /// - Parameter isChanging: whether a change of a reminder is on its way.
    mutating func add(_ request: Request, isChanging: (ReminderID) -> Bool) {
        var new = Waiting(request: request, reminders: request.reminders)
        for id in new.reminders {
            let isFree = lines[id] == nil && !isChanging(id)
            if !isFree { new.behind += 1 }
            lines[id, default: []].append(Place(number: nextNumber, isFree: isFree))
        }
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
    mutating func takeReady() -> Request? {
        while let number = ready.popFirst() {
            if let request = remove(number) { return request }
        }
        return nil
    }

    /// Takes what would change reminders of those shards, in the order in which it was asked for.
    mutating func takeAll(in shards: [Shard]) -> [Request] {
        guard !waiting.isEmpty else { return [] }
        let gone = waiting.filter { $0.value.reminders.contains { shards.contains($0.shard) } }
        return gone.keys.sorted().compactMap { remove($0) }
    }

    private mutating func remove(_ number: UInt64) -> Request? {
        guard let gone = waiting.removeValue(forKey: number) else { return nil }
        for id in gone.reminders {
            // Mostly it is the first.
            if lines[id]?.first?.number == number { lines[id]?.removeFirst() } else { lines[id]?.removeAll { $0.number == number } }
            if lines[id]?.isEmpty ?? false { lines[id] = nil }
        }
        return gone.request
    }
}

extension SchedulerCore {
    /// Lets a request wait if something else of its reminders is on its way, or was asked for before.
    /// - Returns: whether it waits, or was refused as too many do.
    mutating func waitsInLine(_ request: RequestLine.Request) -> Bool {
        guard !changing.isEmpty || line.count > 0 else { return false }
        let reminders = request.reminders
        guard reminders.contains(where: { changing[$0] != nil || line.length(of: $0) > 0 }) else { return false }
        let hasRoom = line.count < configuration.maxWaitingRequests
        if hasRoom, reminders.allSatisfy({ line.length(of: $0) < configuration.maxWaitingPerReminder }) {
            line.add(request) { changing[$0] != nil }
        } else {
            refuse(request)
        }
        return true
    }

    /// Carries out what has its turn.
    mutating func takeTurns() {
        while let request = line.takeReady() {
            switch request {
            case .changes(let id, let writes): carryOut(id, writes)
            case .cancel(let id, let key, let caller): carryOutCancel(id, key, caller: caller)
            case .endLate(let key, let requests): endLate(key, requests)
            }
            // What was refused, or found nothing to change, leaves the turn to the next.
            freeLines(of: request)
        }
    }

    /// Those shards are another's: what waits for its turn there is its next owner's to do.
    mutating func refuseLine(in shards: [Shard]) {
        let gone = line.takeAll(in: shards)
        for request in gone { refuse(request) }
        for request in gone { freeLines(of: request) }
    }

    private mutating func freeLines(of request: RequestLine.Request) {
        for id in request.reminders where changing[id] == nil { line.free(id) }
    }

    private mutating func refuse(_ request: RequestLine.Request) {
        for id in request.ids { effects.append(.refuse(id)) }
    }
}
