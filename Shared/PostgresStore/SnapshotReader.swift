import Storage
import TaskDomain

/// The work of a reading thread: questions on a connection of its own, so that none waits for a commit.
final class SnapshotReader {
    private let lane: ReadLane
    private let address: PostgresAddress
    private let scope: StoreScope
    private let limits: PostgresLimits
    private let complete: Completions
    private let onFault: @Sendable (String) -> Void
    /// `nil` after an error that the connection does not survive, and at first; opened by the next question.
    private var queries: SnapshotQueries?
    /// The server's process of a connection that was given up because an answer took too long.
    private var former: Backend?
    private var isClosed = false

    init(
        lane: ReadLane, address: PostgresAddress, scope: StoreScope, limits: PostgresLimits, completions: Completions,
        onFault: @escaping @Sendable (String) -> Void
    ) {
        self.lane = lane
        self.address = address
        self.scope = scope
        self.limits = limits
        complete = completions
        self.onFault = onFault
    }

    /// Works until the lane is ended.
    func run() {
        var reads: [ReadLane.Read] = []
        while lane.drain(into: &reads) {
            for read in reads {
                let refusal = lane.refusal(of: read)
                lane.left(read)
                if let refusal { read.task.refuse(isClosed ? .closed : refusal, complete) } else { carryOut(read.task) }
            }
            reads.removeAll(keepingCapacity: reads.capacity <= 4096)
        }
    }

    private func carryOut(_ task: ReaderTask) {
        switch task {
        case .reminder(let id, let completion):
            complete(completion, query { queries throws(QueryError) in try queries.summary(of: id) })
        case .attempts(let id, let limit, let completion):
            complete(completion, query { queries throws(QueryError) in try queries.attempts(of: id, limit: limit) })
        case .attemptsAt(let key, let limit, let completion):
            complete(completion, query { queries throws(QueryError) in try queries.attempts(at: key, limit: limit) })
        case .list(let filter, let after, let limit, let completion):
            complete(completion, query { queries throws(QueryError) in try queries.list(filter, after: after, limit: limit) })
        case .occurrences(let filter, let after, let limit, let completion):
            complete(completion, query { queries throws(QueryError) in try queries.occurrences(filter, after: after, limit: limit) })
        case .tallies(let queues, let completion):
            complete(completion, query { session throws(QueryError) in try session.tallies(of: queues) })
        case .queues(let completion): complete(completion, query { queries throws(QueryError) in try queries.queues() })
        case .series(let zones, let shards, let after, let limit, let completion):
            complete(completion, query { queries throws(QueryError) in try queries.series(in: zones, of: shards, after: after, limit: limit) })
        case .refused(let task, let error): task.refuse(isClosed ? .closed : error, complete)
        case .close(let completion):
            isClosed = true
            queries = nil
            completion()
        }
    }

    private func query<Value>(_ body: (SnapshotQueries) throws(QueryError) -> Value) -> Result<Value, StoreError> {
        guard !isClosed else { return .failure(.closed) }
        do throws(QueryError) {
            let queries = try open()
            queries.end(at: .now + limits.questionTime)
            return .success(try body(queries))
        } catch {
            switch error {
            case .postgres(let failure):
                if failure.kind == .late { former = queries?.backend }
                if !failure.leavesConnectionUsable { queries = nil }
                return .failure(failure.storeError(address.description))
            case .damaged(let reason):
                onFault("\(address): \(reason)")
                return .failure(.unusable("\(address): \(reason). Restore the row from a backup, or cancel the reminder"))
            }
        }
    }

    private func open() throws(QueryError) -> SnapshotQueries {
        if let queries, !queries.isBroken { return queries }
        do throws(PostgresFailure) {
            let made = try SnapshotQueries(address, scope, limits, ending: former, onFault: onFault)
            former = nil
            queries = made
            return made
        } catch {
            throw .postgres(error)
        }
    }
}
