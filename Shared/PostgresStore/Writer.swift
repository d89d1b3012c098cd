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
            sealedWith = try SealingRow.newest(session.connection)
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
            complete(completion, perform { [pruner] session throws(PostgresFailure) in try pruner.prune(request, session) })
        case .reseal(let request, let completion):
            complete(completion, perform { session throws(PostgresFailure) in try Resealer.reseal(request, session) })
        case .space(let completion):
            complete(completion, isClosed ? .failure(.closed) : .success(PostgresStore.space))
        // Nothing is taken in that is not filed.
        case .file(let completion): completion(.success(()))
        case .take(let shards, let limit, let completion):
            complete(completion, perform { [opening] session throws(PostgresFailure) in try opening.took(session.take(shards, passed: limit), over: session) })
        case .refused(let completion):
            complete(
                completion,
                isClosed
                    ? .closed
                    : .unavailable("\(label): more than \(limits.queuedWrites) writes wait for the database. Slow down, and check how busy it is"))
        case .close(let completion):
            isClosed = true
            opening.leave(session)
            session = nil
            completion()
        }
    }

    // MARK: Groups

    private func commit(_ group: [WriterTask.Submission]) {
        // Also what writes nothing.
        guard !isClosed else { return complete.deliver(group.map { submission in { submission.1(.failure(.closed)) } }) }
        let submissions = group.map(\.0)
        var answers = WriterAnswers(submissions)
        let (parts, rest) = WriterPart.divide(submissions, opening.scope)
        carryOut(parts, &answers)
        // Behind the others, where they took effect: the next process asks a worker until what that has done is stored.
        carryOut(rest.map { part in part.filter { !answers.hasFailed($0) } }.filter { !$0.writes.isEmpty }, &answers)
        complete.deliver(group.indices.map { index in { [completion = group[index].1, answer = answers.answer(index)] in completion(answer) } })
    }

    private func carryOut(_ parts: [WriterPart], _ answers: inout WriterAnswers) {
        guard !parts.isEmpty else { return }
        for (part, outcome) in zip(parts, outcomes(of: parts)) {
            if case .failure(.postgres(let failure)) = outcome, failure.concernsOneWrite, part.isOfSeveral {
                // One write's values were refused. Each submission is judged by itself.
                for piece in part.bySubmission { carryOut([piece], &answers) }
            } else {
                answers.add(outcome.mapError { $0.storeError(label) }, of: part)
            }
        }
    }

    private func outcomes(of parts: [WriterPart]) -> [Result<[StoreWriteResult], Refusal>] {
        let session: WriterSession
        do throws(Refusal) { session = try open() } catch { return parts.map { _ in .failure(error) } }
        let outcomes = session.carryOut(parts)
        let failures = outcomes.compactMap { if case .failure(let stop) = $0 { stop.failure } else { nil } }
        if !failures.isEmpty, !session.goesOn(after: failures) { self.session = nil }
        return outcomes.map { outcome in
            switch outcome {
            case .success(let results): .success(results)
            case .failure(.failed(let failure)): .failure(.postgres(failure))
            case .failure(.unknown(let unknown)): resolve(unknown)
            }
        }
    }

    /// Finds out what became of a transaction whose end was lost with the connection, or is not confirmed.
    private func resolve(_ unknown: WriterSession.Unknown) -> Result<[StoreWriteResult], Refusal> {
        let deadline = ContinuousClock.now + limits.resolveWait
        asking: while let transaction = unknown.transaction, !opening.isLost, ContinuousClock.now < deadline {
            switch attempt({ session throws(PostgresFailure) in try session.status(of: transaction) }) {
            case .success("committed"): return .success(unknown.results)
            case .success("aborted"): return .failure(.postgres(unknown.failure))
            case .success("forgotten"): break asking
            default: Opening.pause()
            }
        }
        return .failure(
            .store(
                .unavailable(
                    "\(label): a commit was not confirmed, and whether it took effect is not known (\(unknown.failure.message)). "
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
        let session: WriterSession
        do throws(Refusal) { session = try open() } catch { return .failure(error) }
        do throws(PostgresFailure) { return .success(try body(session)) } catch {
            if !session.goesOn(after: [error]) { self.session = nil }
            return .failure(.postgres(error))
        }
    }

    private func open() throws(Refusal) -> WriterSession {
        guard !isClosed else { throw .store(.closed) }
        // One on which the last answer came just before it was lost is not used any more.
        if let session, !session.isBroken { return session }
        do throws(StoreError) {
            let opened = try opening.open()
            session = opened
            return opened
        } catch {
            throw .store(error)
        }
    }
}
