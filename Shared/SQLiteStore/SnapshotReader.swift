import Storage
import TaskDomain

/// The work of a reading thread: queries on a connection of its own, each on a snapshot, so that none waits for a commit.
final class SnapshotReader {
    private let lane: ReadLane
    private let file: DatabaseFile
    private let limits: SQLiteLimits
    private let unfiled: UnfiledCount
    private let fileIntake: @Sendable (@escaping @Sendable (Result<Void, StoreError>) -> Void) -> Void
    private let complete: Completions
    private let onFault: @Sendable (String) -> Void
    private var queries: SnapshotQueries?
    private var isClosed = false

    /// - Parameter fileIntake: has the writing thread file what it has taken in, and is told on that thread when it is done.
    init(
        lane: ReadLane, file: DatabaseFile, limits: SQLiteLimits, unfiled: UnfiledCount, completions: Completions,
        onFault: @escaping @Sendable (String) -> Void,
        fileIntake: @escaping @Sendable (@escaping @Sendable (Result<Void, StoreError>) -> Void) -> Void
    ) throws(StoreError) {
        self.lane = lane
        self.unfiled = unfiled
        self.fileIntake = fileIntake
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

    /// Works until the lane is ended.
    func run() {
        var reads: [ReadLane.Read] = []
        while lane.drain(into: &reads) {
            var unfiled: [ReadLane.Read] = []
            for read in reads {
                if let refusal = lane.refusal(of: read) {
                    lane.left(read)
                    read.task.refuse(isClosed ? .closed : refusal, complete)
                } else if read.filing == nil, read.task.wantsFiled, !self.unfiled.isZero {
                    unfiled.append(read)
                } else {
                    lane.left(read)
                    carryOut(read)
                }
            }
            if !unfiled.isEmpty { fileIntake { [lane, unfiled] result in lane.add(unfiled, filed: result) } }
            reads.removeAll(keepingCapacity: reads.capacity <= 4096)
        }
    }

    private func carryOut(_ read: ReadLane.Read) {
        // A list would lack what was accepted.
        if case .failure(let error)? = read.filing { return read.task.refuse(error, complete) }
        carryOut(read.task)
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
        case .tallies(let queues, let completion):
            complete(completion, query { queries throws(StoreQueryError) in try queries.tallies(of: queues) })
        case .queues(let completion):
            complete(completion, query { queries throws(StoreQueryError) in try queries.queues() })
        case .series(let zones, let shards, let after, let limit, let completion):
            complete(
                completion,
                query { queries throws(StoreQueryError) in try queries.series(in: zones, of: shards, after: after, limit: limit) })
        case .refused(let task, let error): task.refuse(isClosed ? .closed : error, complete)
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
