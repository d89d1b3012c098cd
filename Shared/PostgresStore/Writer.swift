import Storage
import TaskDomain

/// The writing thread's work: carries out what its lane gives it.
final class Writer {
    private let lane: WriterLane
    private let opening: Opening
    private let limits: PostgresLimits
    private let complete: Completions
    private let onFault: @Sendable (String) -> Void
    private let pruner = Pruner()
    /// As found when the store was opened.
    private let attachedWorkers: [AttachedWorker]
    private let ownedShards: [OwnedShard]
    let sealedWith: [UInt8]?
    /// `nil` after an error that the connection does not survive; opened again by the next task.
    private var session: WriterSession?
    private var isClosed = false

    private var label: String { opening.label }

    /// Opens the store and brings its schema up to date.
    init(
        lane: WriterLane, opening: Opening, limits: PostgresLimits, completions: Completions,
        onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        self.lane = lane
        self.opening = opening
        self.limits = limits
        complete = completions
        self.onFault = onFault
        let session = try opening.open()
        do throws(PostgresFailure) {
            attachedWorkers = try session.workers()
            ownedShards = session.ownedShards
            sealedWith = try Resealer.newest(session.connection)
            // What a former process left there is only in the way.
            try session.clearShelf()
        } catch {
            throw error.storeError(opening.label)
        }
        self.session = session
    }

    /// Works until the lane is ended.
    func run() {
        lane.run { turn in
            switch turn {
            case .task(let task): alone(task)
            case .writes(let group): commit(group)
            }
        }
    }

    private func alone(_ task: WriterTask) {
        switch task {
        case .submit(let submission): commit([submission])
        case .load(let request, let completion):
            complete(completion, perform { session throws(PostgresFailure) in try session.load(request) })
        case .loadShelf(let request, let completion):
            complete(completion, perform { session throws(PostgresFailure) in try session.loadShelf(request) })
        case .prune(let request, let completion):
            complete(
                completion,
                perform { [pruner] session throws(PostgresFailure) in
                    try session.transaction { session throws(PostgresFailure) in try pruner.prune(request, on: session.connection) }
                })
        case .reseal(let request, let completion):
            complete(
                completion,
                perform { session throws(PostgresFailure) in
                    try session.transaction { session throws(PostgresFailure) in try Resealer.reseal(request, on: session.connection) }
                })
        case .space(let completion):
            complete(completion, isClosed ? .failure(.closed) : .success(PostgresStore.space))
        // Nothing is taken in that is not filed.
        case .file(let completion): completion(.success(()))
        case .ownedShards(let completion): complete(completion, isClosed ? .failure(.closed) : .success(ownedShards))
        case .attachedWorkers(let completion): complete(completion, isClosed ? .failure(.closed) : .success(attachedWorkers))
        case .passed(let limit, let completion):
            complete(completion, perform { session throws(PostgresFailure) in try session.passed(limit: limit) })
        case .refused(let completion):
            complete(
                completion,
                isClosed
                    ? .closed
                    : .unavailable("\(label): more than \(limits.queuedWrites) writes wait for the database. Slow down, and check how busy it is"))
        case .close(let completion):
            isClosed = true
            session?.leave()
            session = nil
            completion()
        }
    }

    // MARK: Groups

    private func commit(_ group: [WriterTask.Submission]) {
        let writes = group.flatMap(\.0)
        switch carryOut(writes) {
        case .success(let results):
            var start = 0
            var completions: [@Sendable () -> Void] = []
            completions.reserveCapacity(group.count)
            for (writes, completion) in group {
                let answers = Array(results[start..<start + writes.count])
                start += writes.count
                completions.append { completion(.success(answers)) }
            }
            complete.deliver(completions)
        case .failure(.postgres(let failure)) where failure.concernsOneWrite && group.count > 1:
            // One write's values were refused. Each submission is judged by itself.
            for submission in group { commit([submission]) }
        case .failure(let refusal):
            let error = refusal.storeError(label)
            complete.deliver(group.map { submission in { submission.1(.failure(error)) } })
        }
    }

    private func carryOut(_ writes: [StoreWrite]) -> Result<[StoreWriteResult], Refusal> {
        var lost: WriterSession.Unknown?
        let outcome = attempt { session throws(PostgresFailure) in
            do throws(WriterSession.Stop) { return try session.carryOut(writes) } catch {
                switch error {
                case .failed(let failure): throw failure
                case .unknown(let unknown):
                    lost = unknown
                    throw unknown.failure
                }
            }
        }
        guard let lost else { return outcome }
        return resolve(lost)
    }

    /// Finds out what became of a transaction whose end was lost with the connection.
    private func resolve(_ unknown: WriterSession.Unknown) -> Result<[StoreWriteResult], Refusal> {
        let deadline = ContinuousClock.now + limits.resolveWait
        while ContinuousClock.now < deadline {
            let status = attempt { session throws(PostgresFailure) in
                try session.connection.run("SELECT convert_to(pg_xact_status($1::bigint::text::xid8), 'UTF8')", [.int(unknown.transaction)]).text(0, 0)
            }
            switch status {
            case .success("committed"): return .success(unknown.results)
            case .success("aborted"): return .failure(.postgres(unknown.failure))
            default: Opening.pause()
            }
        }
        return .failure(
            .store(
                .unavailable(
                    "\(label): the connection was lost during a commit, and whether it took effect is not known (\(unknown.failure.message)). "
                        + "The same writes may be repeated")))
    }

    // MARK: Failures

    private enum Refusal: Error {
        case postgres(PostgresFailure)
        case store(StoreError)

        func storeError(_ label: String) -> StoreError {
            switch self {
            case .postgres(let failure): failure.storeError(label)
            case .store(let error): error
            }
        }
    }

    private func perform<Value>(_ body: (WriterSession) throws(PostgresFailure) -> Value) -> Result<Value, StoreError> {
        attempt(body).mapError { $0.storeError(label) }
    }

    /// Runs `body` on the open connection, opening it if need be, and leaves it in a state from which to go on.
    private func attempt<Value>(_ body: (WriterSession) throws(PostgresFailure) -> Value) -> Result<Value, Refusal> {
        guard !isClosed else { return .failure(.store(.closed)) }
        let session: WriterSession
        if let open = self.session {
            session = open
        } else {
            do throws(StoreError) {
                session = try opening.open()
                self.session = session
            } catch {
                return .failure(.store(error))
            }
        }
        do throws(PostgresFailure) { return .success(try body(session)) } catch {
            if !session.rollBack() || !error.leavesConnectionUsable { self.session = nil }
            return .failure(.postgres(error))
        }
    }
}
