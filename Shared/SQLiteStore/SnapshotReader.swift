import Domain
import Storage

/// What the reading thread carries out.
enum ReaderTask: Sendable {
    case reminder(ReminderID, @Sendable (Result<ReminderSummary?, StoreError>) -> Void)
    case attempts(ReminderID, limit: Int, @Sendable (Result<[Attempt]?, StoreError>) -> Void)
    case attemptsAt(OccurrenceKey, limit: Int, @Sendable (Result<[Attempt], StoreError>) -> Void)
    case list(
        ReminderFilter, after: ListCursor?, limit: Int,
        @Sendable (Result<ListPage<ReminderSummary>, StoreError>) -> Void)
    case occurrences(
        OccurrenceFilter, after: ListCursor?, limit: Int,
        @Sendable (Result<ListPage<SetAsideOccurrence>, StoreError>) -> Void)
    case queues(@Sendable (Result<[QueueSettings], StoreError>) -> Void)
    /// A task for which there was no room.
    case refused(@Sendable (StoreError) -> Void)
    case close(@Sendable () -> Void)
}

/// The reading thread's work: queries on a connection of its own, each on a snapshot, so that none waits for a commit.
final class SnapshotReader {
    private let queue: TaskQueue<ReaderTask>
    private let file: DatabaseFile
    private let limits: SQLiteLimits
    private let complete: Completions
    private let onFault: @Sendable (String) -> Void
    private var queries: SnapshotQueries?
    private var isClosed = false

    init(
        queue: TaskQueue<ReaderTask>, file: DatabaseFile, limits: SQLiteLimits, completions: Completions,
        onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        self.queue = queue
        self.file = file
        self.limits = limits
        complete = completions
        self.onFault = onFault
        do throws(SQLiteFailure) {
            queries = try SnapshotQueries(path: file.path, limits: limits, onFault: onFault)
        } catch {
            throw error.storeError(path: file.path)
        }
    }

    /// Works until the queue is ended.
    func run() {
        var tasks: [ReaderTask] = []
        while queue.drain(into: &tasks, wait: true) {
            for task in tasks {
                queue.taken(weight: task.weight)
                carryOut(task)
            }
            tasks.removeAll(keepingCapacity: tasks.capacity <= 4096)
        }
    }

    private func carryOut(_ task: ReaderTask) {
        switch task {
        case .reminder(let id, let completion):
            complete(completion, query { queries throws(StoreQueryError) in try queries.summary(of: id) })
        case .attempts(let id, let limit, let completion):
            complete(completion, query { queries throws(StoreQueryError) in try queries.attempts(of: id, limit: limit) })
        case .attemptsAt(let key, let limit, let completion):
            complete(completion, query { queries throws(StoreQueryError) in try queries.attempts(at: key, limit: limit) })
        case .list(let filter, let after, let limit, let completion):
            complete(
                completion,
                query { queries throws(StoreQueryError) in try queries.list(filter, after: after, limit: limit) })
        case .occurrences(let filter, let after, let limit, let completion):
            complete(
                completion,
                query { queries throws(StoreQueryError) in try queries.occurrences(filter, after: after, limit: limit) })
        case .queues(let completion):
            complete(completion, query { queries throws(StoreQueryError) in try queries.queues() })
        case .refused(let completion):
            complete(
                completion,
                isClosed
                    ? .closed
                    : .unavailable("more than \(limits.queuedReads) reads wait for \(file.path). Slow down"))
        case .close(let completion):
            isClosed = true
            queries = nil
            completion()
        }
    }

    private func query<Value>(
        _ body: (SnapshotQueries) throws(StoreQueryError) -> Value
    ) -> Result<Value, StoreError> {
        guard !isClosed else { return .failure(.closed) }
        do throws(StoreQueryError) {
            let open: SnapshotQueries
            if let queries {
                open = queries
            } else {
                do throws(SQLiteFailure) {
                    open = try SnapshotQueries(path: file.path, limits: limits, onFault: onFault)
                } catch {
                    throw .sqlite(error)
                }
                queries = open
            }
            return .success(try body(open))
        } catch {
            switch error {
            case .sqlite(let failure):
                if !failure.leavesConnectionUsable { queries = nil }
                return .failure(failure.storeError(path: file.path))
            case .damaged(let reason):
                onFault("\(file.path): \(reason)")
                return .failure(
                    .unusable("\(file.path): \(reason). Restore the row from a backup, or cancel the reminder"))
            }
        }
    }
}

extension ReaderTask {
    /// What the task counts for among those that wait.
    var weight: Int {
        switch self {
        case .reminder, .attempts, .attemptsAt, .list, .occurrences, .queues: 1
        case .refused, .close: 0
        }
    }
}
