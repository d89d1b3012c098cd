import CSQLite
import Storage
import TaskDomain

/// The writing thread's work: carries out what its lane gives it.
final class Writer {
    private let lane: WriterLane
    private let file: DatabaseFile
    private let limits: SQLiteLimits
    private let unfiled: UnfiledCount
    private let complete: Completions
    private let onFault: @Sendable (String) -> Void
    /// As found when the store was opened.
    private let attachedWorkers: [AttachedWorker]
    private let epoch: Int64
    /// `nil` after an error that the connection does not survive; opened again by the next task.
    private var session: WriterSession?
    private var isClosed = false

    /// Opens the database and brings its schema up to date.
    init(
        lane: WriterLane, file: DatabaseFile, limits: SQLiteLimits, unfiled: UnfiledCount, completions: Completions,
        onFault: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        self.unfiled = unfiled
        self.lane = lane
        self.file = file
        self.limits = limits
        complete = completions
        self.onFault = onFault
        let session = try WriterSession(path: file.path, limits: limits, unfiled: unfiled, onFault: onFault)
        self.session = session
        do throws(SQLiteFailure) {
            attachedWorkers = try session.changes.workers()
            epoch = try session.epoch() + 1
        } catch {
            throw error.storeError(path: file.path)
        }
        // A disk that is full is no reason not to start: what makes room runs later, and nobody else has the file.
        _ = attempt { [epoch] session throws(SQLiteFailure) in try session.keep(epoch: epoch) }
    }

    /// Works until the lane is ended.
    func run() {
        lane.run { turn in
            switch turn {
            case .task(let task): alone(task)
            case .writes(let group):
                commit(group)
                fileIfMany()
                checkpoint()
            }
        }
    }

    private func alone(_ task: WriterTask) {
        switch task {
        case .submit(let submission): commit([submission])
        case .load(let request, let completion):
            complete(
                completion,
                perform { session throws(SQLiteFailure) in
                    try session.file()
                    return try session.loader.load(request)
                })
        case .loadShelf(let request, let completion):
            complete(
                completion,
                perform { session throws(SQLiteFailure) in
                    try session.file()
                    return try session.changes.shelf.load(request)
                })
        case .prune(let request, let completion):
            // Where there is no room to file, pruning makes some. It goes on without what has come since it began.
            _ = perform { session throws(SQLiteFailure) in if !session.pruner.isUnderWay { try session.file() } }
            complete(
                completion,
                perform { session throws(SQLiteFailure) in
                    try session.transaction { session throws(SQLiteFailure) in try session.pruner.prune(request) }
                })
            checkpoint()
        case .reseal(let request, let completion):
            complete(
                completion,
                perform { session throws(SQLiteFailure) in
                    try session.transaction { session throws(SQLiteFailure) in
                        try session.changes.intake.file()
                        return try session.resealer.reseal(request)
                    }
                })
            checkpoint()
        case .space(let completion):
            complete(
                completion,
                perform { [file] session throws(SQLiteFailure) in
                    let disk = file.disk
                    return StoreSpace(free: disk.free + (try session.reusableBytes()), capacity: disk.capacity)
                })
        case .file(let completion):
            completion(perform { session throws(SQLiteFailure) in try session.file() })
        case .take(let shards, let limit, let completion):
            // Where that cannot be written now, it is only in the way.
            _ = perform { session throws(SQLiteFailure) in try session.changes.shelf.clear() }
            // Where there is no room to remove any, those to come are told all the same.
            _ = perform { session throws(SQLiteFailure) in
                try session.transaction { session throws(SQLiteFailure) in try session.changes.dropPassedBehind() }
            }
            complete(
                completion,
                perform { session throws(SQLiteFailure) in
                    taken(shards, try session.changes.passed(limit: limit), try session.changes.zones())
                })
        case .refused(let completion):
            complete(
                completion,
                isClosed
                    ? .closed
                    : .unavailable(
                        "\(file.path): more than \(limits.queuedWrites) writes wait for the disk. Slow down, and check "
                            + "how busy the disk is"))
        case .close(let completion):
            close()
            completion()
        }
    }

    /// They are this process's since it opened the store: nobody else has the file.
    private func taken(_ shards: [Shard], _ passed: [OccurrenceKey], _ zones: [ZoneMark]) -> TakenShards {
        TakenShards(
            shards: shards.map { OwnedShard($0, epoch: epoch) }, workers: attachedWorkers,
            passed: passed.filter { shards.contains($0.reminder.shard) }, zones: zones)
    }

    // MARK: Groups

    private func commit(_ group: [WriterTask.Submission]) {
        let outcome = attempt { [limits] session throws(SQLiteFailure) in
            try session.transaction { session throws(SQLiteFailure) in
                var results: [[StoreWriteResult]] = []
                results.reserveCapacity(group.count)
                for (writes, _) in group {
                    var answers: [StoreWriteResult] = []
                    answers.reserveCapacity(writes.count)
                    for write in writes { answers.append(try session.changes.apply(write)) }
                    results.append(answers)
                }
                // As a rule they are filed after this. Where that fails again and again they must not become more without end.
                if session.changes.intake.exceeds(limits, times: 2) { try session.changes.intake.file() }
                return results
            }
        }
        switch outcome {
        case .success(let results):
            complete.deliver(zip(group, results).map { submission, answers in { submission.1(.success(answers)) } })
        case .failure(.sqlite(let failure)) where failure.concernsOneWrite && group.count > 1:
            // One write's values were refused. Each submission is judged by itself.
            for submission in group { commit([submission]) }
        case .failure(let refusal):
            let error = refusal.storeError(path: file.path)
            complete.deliver(group.map { submission in { submission.1(.failure(error)) } })
        }
    }

    /// Files new reminders once they are many: when they have been answered, so that only who comes then waits for it.
    private func fileIfMany() {
        guard let session, session.changes.intake.exceeds(limits) else { return }
        if case .failure(let error) = perform({ session throws(SQLiteFailure) in try session.file() }) {
            onFault("filing new reminders failed, and is tried again with the next: \(error)")
        }
    }

    private func checkpoint() {
        guard let session else { return }
        do throws(SQLiteFailure) { try session.checkpointIfGrown() } catch {
            // The log holds everything: only its growth is at stake, and the next commit tries again.
            onFault("copying the write-ahead log into the database failed: \(error.storeError(path: file.path))")
            if !error.leavesConnectionUsable { self.session = nil }
        }
    }

    // MARK: Failures

    private enum Refusal: Error {
        case sqlite(SQLiteFailure)
        case store(StoreError)

        func storeError(path: String) -> StoreError {
            switch self {
            case .sqlite(let failure): failure.storeError(path: path)
            case .store(let error): error
            }
        }
    }

    private func perform<Value>(
        _ body: (WriterSession) throws(SQLiteFailure) -> Value
    ) -> Result<Value, StoreError> {
        attempt(body).mapError { $0.storeError(path: file.path) }
    }

    /// Runs `body` on the open connection, opening it if need be, and leaves it in a state from which to go on.
    private func attempt<Value>(_ body: (WriterSession) throws(SQLiteFailure) -> Value) -> Result<Value, Refusal> {
        guard !isClosed else { return .failure(.store(.closed)) }
        let session: WriterSession
        if let open = self.session {
            session = open
        } else {
            do throws(StoreError) {
                session = try WriterSession(path: file.path, limits: limits, unfiled: unfiled, onFault: onFault)
                self.session = session
            } catch {
                return .failure(.store(error))
            }
        }
        do throws(SQLiteFailure) { return .success(try body(session)) } catch {
            if !session.rollBack() || !error.leavesConnectionUsable { self.session = nil }
            return .failure(.sqlite(error))
        }
    }

    private func close() {
        guard !isClosed else { return }
        let cleared = perform { session throws(SQLiteFailure) in
            try session.file()
            try session.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
        }
        if case .failure(let error) = cleared { onFault("closing the store: \(error)") }
        isClosed = true
        session = nil
        file.release()
    }
}
