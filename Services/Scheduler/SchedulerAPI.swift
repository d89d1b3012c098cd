import SchedulerCore
import Sealing
import Storage
import TaskDomain
import TaskMessages
import TaskOperations
import TaskWire

/// What gateways ask, method by method. Nothing is answered with success before it is on stable storage.
///
/// Creates are here; changes of what exists in ChangeCalls.swift, questions in Questions.swift.
struct SchedulerAPI: Sendable {
    let loop: SchedulerLoop
    /// Told when a gateway has other zone data.
    var readiness: Readiness?

    /// The methods of the wire, laid out.
    func table(worker: @escaping @Sendable (MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>) -> Void)
        -> ServiceTable
    {
        var table = ServiceTable([SchedulerService.descriptor])
        table.unary(SchedulerService.create) { request, _, reply in create(request, reply) }
        table.unary(SchedulerService.createMany) { request, _, reply in createMany(request, reply) }
        table.unary(SchedulerService.get) { request, context, reply in get(request, Asker(context), reply) }
        table.unary(SchedulerService.list) { request, context, reply in list(request, Asker(context), reply) }
        table.unary(SchedulerService.change) { request, context, reply in change(request, Asker(context), reply) }
        table.unary(SchedulerService.attempts) { request, context, reply in attempts(request, Asker(context), reply) }
        table.unary(SchedulerService.result) { request, context, reply in self.result(request, Asker(context), reply) }
        table.unary(SchedulerService.listOccurrences) { request, context, reply in listOccurrences(request, Asker(context), reply) }
        table.unary(SchedulerService.changeOccurrences) { request, context, reply in changeOccurrences(request, Asker(context), reply) }
        table.unary(SchedulerService.cancelOccurrence) { request, _, reply in cancelOccurrence(request, reply) }
        table.unary(SchedulerService.listQueues) { request, context, reply in listQueues(request, Asker(context), reply) }
        table.unary(SchedulerService.changeQueue) { request, _, reply in changeQueue(request, reply) }
        table.unary(SchedulerService.listWorkers) { request, _, reply in listWorkers(request, reply) }
        table.unary(SchedulerService.controlWorker) { request, _, reply in controlWorker(request, reply) }
        table.unary(SchedulerService.overview) { request, context, reply in overview(request, Asker(context), reply) }
        let feed = OverviewFeed(self)
        table.stream(SchedulerService.watch) { stream in feed.take(stream) }
        table.unary(SchedulerService.compare) { request, context, reply in compare(request, context.peer, reply) }
        table.stream(SchedulerService.work, worker)
        return table
    }

    // MARK: Creates

    /// A create that can be stored.
    private struct Creation {
        let reminder: Reminder
        let position: SeriesPosition?
        let idempotency: IdempotencyRecord?
        let pendingLimit: Int?

        var write: StoreWrite {
            .create(reminder, position: position, idempotency: idempotency, pendingLimit: pendingLimit)
        }
    }

    private func creation(_ request: Proto.CreateRequest) throws(CallError) -> Creation {
        do {
            guard let wire = request.reminder else { throw InvalidRequest("a create without a reminder") }
            let reminder = try Reminder(wire, authorization: request.authorization, seal: seal)
            _ = try reminder.schedule.series()
            loop.zoneMarks.note(reminder.schedule, in: reminder.id.shard)
            return Creation(
                reminder: reminder, position: SeriesPosition(request.position), idempotency: try record(request.idempotency),
                pendingLimit: request.pendingLimit == 0 ? nil : Int(request.pendingLimit))
        } catch {
            throw Self.callError(error)
        }
    }

    func seal(_ credential: Secret, for id: ReminderID) throws -> [UInt8] {
        try loop.sealer.seal(Array(credential.value.utf8), for: id.bytes)
    }

    private func record(_ wire: Proto.Idempotency?) throws(InvalidRequest) -> IdempotencyRecord? {
        guard let wire else { return nil }
        guard wire.key.count == 32, wire.request.count == 32, wire.answer.count <= RequestBounds.maxIdempotencyAnswerBytes
        else { throw InvalidRequest("an idempotency record with fields out of bounds") }
        return IdempotencyRecord(
            key: wire.key, request: wire.request, answer: wire.answer, createdAt: SystemClock.now)
    }

    private func create(_ request: Proto.CreateRequest, _ reply: Responder<Proto.CreateReply>) {
        if let refusal = loop.createRefusal { return reply(.failure(CallError(.resourceExhausted, refusal))) }
        let creation: Creation
        do throws(CallError) { creation = try self.creation(request) } catch { return reply(.failure(error)) }
        loop.creating([creation.reminder.id])
        loop.store.submit([creation.write]) { result in
            switch result {
            case .success(let results):
                loop.storeProbe.wrote()
                reply(created(creation, results.first))
            case .failure(let error):
                failed([creation], error)
                reply(.failure(Self.callError(error)))
            }
        }
    }

    private func createMany(_ request: Proto.CreateManyRequest, _ reply: Responder<Proto.CreateManyReply>) {
        if let refusal = loop.createRefusal { return reply(.failure(CallError(.resourceExhausted, refusal))) }
        guard request.creates.count <= RequestBounds.maxItems else {
            return reply(.failure(CallError(.invalidArgument, "more than \(RequestBounds.maxItems) creates in one call")))
        }
        let creations = request.creates.map { request in
            Result { () throws(CallError) in try creation(request) }
        }
        let stored = creations.compactMap { try? $0.get() }
        loop.creating(stored.lazy.map(\.reminder.id))
        loop.store.submit(stored.map(\.write)) { result in
            switch result {
            case .success(let results):
                loop.storeProbe.wrote()
                reply(.success(Proto.CreateManyReply(replies: replies(creations, results))))
            case .failure(let error):
                failed(stored, error)
                reply(.failure(Self.callError(error)))
            }
        }
    }

    private func replies(_ creations: [Result<Creation, CallError>], _ results: [StoreWriteResult]) -> [Proto.CreateReply] {
        var results = results.makeIterator()
        return creations.map { creation in
            do throws(CallError) {
                let creation = try creation.get()
                return try created(creation, results.next()).get()
            } catch {
                return Proto.CreateReply(result: .refused, reason: error.message)
            }
        }
    }

    private func created(_ creation: Creation, _ result: StoreWriteResult?) -> Result<Proto.CreateReply, CallError> {
        if case .done? = result, let position = creation.position {
            loop.handle(.created(DueEntry(creation.reminder, at: position)))
        } else {
            loop.createEnded(creation.reminder.id)
        }
        switch result {
        case .done:
            loop.totals.created &+= 1
            return .success(Proto.CreateReply(result: .created))
        // The same create came before and its answer was lost on the way: it is one reminder.
        case .exists: return .success(Proto.CreateReply(result: .created))
        case .replayed(let answer): return .success(Proto.CreateReply(result: .replayed, answer: answer))
        case .tooManyPending(let count):
            return .success(Proto.CreateReply(result: .tooManyPending, pending: UInt32(clamping: count)))
        case .idempotencyConflict: return .success(Proto.CreateReply(result: .conflict))
        default: return .failure(CallError(.internal, "the store answered another question"))
        }
    }

    /// Creates of which the store says that it could not carry them out, but may have.
    private func failed(_ creations: [Creation], _ error: StoreError) {
        let mayBeStored =
            switch error {
            case .overloaded, .closed: false
            case .unavailable, .inUse, .unusable: true
            }
        for creation in creations {
            if mayBeStored, let position = creation.position {
                loop.handle(.mayBeStored(DueEntry(creation.reminder, at: position)))
            } else {
                loop.createEnded(creation.reminder.id)
            }
        }
    }

    // MARK: Shared shapes

    func id<R>(_ bytes: [UInt8], _ reply: Responder<R>) -> ReminderID? {
        do throws(InvalidRequest) { return try ReminderID(wire: bytes) } catch {
            reply(.failure(error.callError))
            return nil
        }
    }

    static func callError(_ error: any Error) -> CallError {
        switch error {
        case let error as CallError: error
        case let error as InvalidRequest: error.callError
        case let error as ScheduleError: CallError(.invalidArgument, "\(error)")
        case let error as StoreError: callError(error)
        default: CallError(.internal, "\(error)")
        }
    }

    private static func callError(_ error: StoreError) -> CallError {
        switch error {
        case .unavailable, .inUse, .closed: CallError(.unavailable, "\(error)")
        case .overloaded: CallError(.resourceExhausted, "\(error)")
        case .unusable: CallError(.dataLoss, "\(error)")
        }
    }
}

extension Asker {
    /// Whoever made a call.
    init(_ context: CallContext) {
        let presence = context.waiting()
        self.init { !presence.isGone }
    }
}
