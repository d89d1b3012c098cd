import Storage
import TaskDomain
import TaskMessages
import TaskRecurrence
import TaskWire

/// Resumes reminders, all of them in one transaction.
///
/// Where a series goes on follows from its schedule: so all schedules are read before anything is written, and each reminder is
/// resumed only if it is still what was read. Those that something else changed in between are taken again; where that fails they
/// are answered with `REVISION_DIFFERS`, as nothing was done to them, and the others with what was.
///
/// @unchecked Sendable is safe because every mutable member is used on the loop's event loop only.
final class Resumption: @unchecked Sendable {
    struct Item {
        let id: ReminderID
        let guardian: ChangeGuard
    }

    /// Attempts at those that something else changed.
    static let maxAttempts = 5

    private let loop: SchedulerLoop
    private let items: [Item]
    /// The time at which it was asked for.
    private let at: UnixMilliseconds
    private let asker: Asker
    private let completion: @Sendable (Result<[Proto.Change], CallError>) -> Void
    /// By item; of what has been written.
    private var changes: [Proto.Change]
    private var attempt = 0
    /// The attempt under way: indices of items, and as many writes as have been made of them.
    private var open: [Int]
    private var writes: [StoreWrite] = []

    /// - Parameters:
    ///   - asker: as long as it waits, what is to be resumed is read.
    ///   - completion: called on the event loop with what became of each item, or with the error because of which
    ///     nothing was changed.
    init(
        of items: [Item], at: UnixMilliseconds, for asker: Asker, loop: SchedulerLoop,
        completion: @escaping @Sendable (Result<[Proto.Change], CallError>) -> Void
    ) {
        self.items = items
        self.at = at
        self.asker = asker
        self.loop = loop
        self.completion = completion
        changes = Array(repeating: Proto.Change(result: .revisionDiffers), count: items.count)
        open = Array(items.indices)
    }

    /// On the event loop.
    func start() {
        attempt += 1
        writes = []
        writes.reserveCapacity(open.count)
        readNext()
    }

    private func readNext() {
        guard writes.count < open.count else { return write() }
        let item = items[open[writes.count]]
        loop.store.reminder(item.id, for: asker) { [self] result in
            switch result {
            case .success(let summary):
                writes.append(resume(item, summary))
                readNext()
            case .failure(let error): fail(SchedulerAPI.callError(error))
            }
        }
    }

    private func resume(_ item: Item, _ summary: ReminderSummary?) -> StoreWrite {
        var guardian = item.guardian
        if guardian.revision == nil { guardian.revision = summary?.revision }
        return .change(item.id, .resume(goesOnAt: summary.map { SeriesTarget($0.reminder.schedule, after: at) } ?? .itsPosition), guardian, at: at)
    }

    private func write() {
        loop.request(writes) { [self] result in
            switch result {
            case .success(let results): written(results)
            case .failure(let error): fail(error)
            }
        }
    }

    private func written(_ results: [StoreWriteResult]) {
        for (index, result) in zip(open, results) { changes[index] = Proto.Change(result) }
        open = open.filter { changes[$0].result == .revisionDiffers && items[$0].guardian.revision == nil }
        guard !open.isEmpty, attempt < Self.maxAttempts else { return completion(.success(changes)) }
        start()
    }

    private func fail(_ error: CallError) { completion(attempt == 1 ? .failure(error) : .success(changes)) }
}

extension SeriesTarget {
    /// The first occurrence after a moment. One time goes on where it is, unless it is to end.
    init(_ schedule: Schedule, after at: UnixMilliseconds, endsSingle: Bool = false) {
        // A schedule that cannot be read goes on where it stopped, and becomes a dead letter that says so.
        guard !schedule.isSingle || endsSingle, let series = try? schedule.series() else {
            self = .itsPosition
            return
        }
        let next = schedule.isSingle ? nil : series.cursor(after: at.second.count)
        self = .position(next.map { SeriesPosition($0) })
    }
}
