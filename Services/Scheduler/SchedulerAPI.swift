import Domain
import Messages
import SchedulerCore
import Sealing
import Storage
import Wire

/// What gateways ask, method by method. Nothing is answered with success before it is on stable storage.
struct SchedulerAPI: Sendable {
    static let maxAttemptsListed = 1_000

    let loop: SchedulerLoop

    /// The methods of the wire, laid out.
    func table(worker: @escaping @Sendable (MessageStream<Proto.WorkerMessage, Proto.SchedulerMessage>) -> Void)
        -> ServiceTable
    {
        var table = ServiceTable([SchedulerService.descriptor])
        table.unary(SchedulerService.create) { request, _, reply in create(request, reply) }
        table.unary(SchedulerService.get) { request, _, reply in get(request, reply) }
        table.unary(SchedulerService.cancel) { request, _, reply in cancel(request, reply) }
        table.unary(SchedulerService.attempts) { request, _, reply in attempts(request, reply) }
        table.unary(SchedulerService.replaceAuthorization) { request, _, reply in replaceAuthorization(request, reply) }
        table.stream(SchedulerService.work, worker)
        return table
    }

    // MARK: Changes

    private func create(_ request: Proto.CreateRequest, _ reply: Responder<Proto.CreateReply>) {
        let reminder: Reminder, idempotency: IdempotencyRecord?
        do {
            guard let wire = request.reminder else { throw InvalidRequest("a create without a reminder") }
            reminder = try Reminder(wire, authorization: request.authorization) { credential, id in
                try loop.sealer.seal(Array(credential.utf8), for: id.bytes)
            }
            _ = try reminder.schedule.series()
            idempotency = try record(request.idempotency)
        } catch let error as InvalidRequest {
            return reply(.failure(error.callError))
        } catch let error as ScheduleError {
            return reply(.failure(CallError(.invalidArgument, "\(error)")))
        } catch {
            return reply(.failure(CallError(.internal, "\(error)")))
        }
        let position = SeriesPosition(request.position)
        loop.store.submit([.create(reminder, position: position, idempotency: idempotency)]) { result in
            loop.mailbox.send { created(reminder, position, result, reply) }
        }
    }

    private func record(_ wire: Proto.Idempotency?) throws(InvalidRequest) -> IdempotencyRecord? {
        guard let wire else { return nil }
        guard wire.key.count == 32, wire.request.count == 32, wire.answer.count <= RequestBounds.maxIdempotencyAnswerBytes
        else { throw InvalidRequest("an idempotency record with fields out of bounds") }
        return IdempotencyRecord(
            key: wire.key, request: wire.request, answer: wire.answer, createdAtMilliseconds: WallClock.milliseconds)
    }

    private func created(
        _ reminder: Reminder, _ position: SeriesPosition?, _ result: Result<[StoreWriteResult], StoreError>,
        _ reply: Responder<Proto.CreateReply>
    ) {
        reply(
            answer(result) { outcome in
                switch outcome {
                case .done:
                    if let position { loop.handle(.created(DueEntry(reminder, at: position))) }
                    return .success(Proto.CreateReply(result: .created))
                // The same create came before and its answer was lost on the way: it is one reminder.
                case .exists: return .success(Proto.CreateReply(result: .created))
                case .replayed(let answer): return .success(Proto.CreateReply(result: .replayed, answer: answer))
                case .idempotencyConflict: return .success(Proto.CreateReply(result: .conflict))
                default: return nil
                }
            })
    }

    private func cancel(_ request: Proto.ReminderRef, _ reply: Responder<Proto.CancelReply>) {
        guard let id = id(request.id, reply) else { return }
        loop.store.submit([.cancel(id, atMilliseconds: WallClock.milliseconds)]) { result in
            loop.mailbox.send {
                reply(
                    answer(result) { outcome in
                        switch outcome {
                        case .done:
                            loop.handle(.cancelled(id))
                            return .success(Proto.CancelReply(result: .cancelled))
                        case .notFound: return .success(Proto.CancelReply(result: .notFound))
                        case .alreadyFinished(let state):
                            return .success(Proto.CancelReply(result: .alreadyFinished, state: UInt32(state.rawValue)))
                        default: return nil
                        }
                    })
            }
        }
    }

    private func replaceAuthorization(
        _ request: Proto.ReplaceAuthorizationRequest, _ reply: Responder<Proto.ReplaceAuthorizationReply>
    ) {
        guard let id = id(request.id, reply) else { return }
        guard !request.authorization.isEmpty, request.authorization.utf8.count <= RequestBounds.maxAuthorizationBytes else {
            return reply(.failure(CallError(.invalidArgument, "the new credential is empty or too long")))
        }
        let sealed: [UInt8]
        do {
            sealed = try loop.sealer.seal(Array(request.authorization.utf8), for: id.bytes)
        } catch {
            return reply(.failure(CallError(.internal, "\(error)")))
        }
        let write = StoreWrite.replaceAuthorization(id, sealed: sealed, atMilliseconds: WallClock.milliseconds)
        loop.store.submit([write]) { result in
            loop.mailbox.send {
                reply(
                    answer(result) { outcome in
                        switch outcome {
                        case .authorizationReplaced(let reminder, let released):
                            loop.handle(.authorizationReplaced(reminder, released: released))
                            let count = UInt32(clamping: released.count)
                            return .success(Proto.ReplaceAuthorizationReply(found: true, released: count))
                        case .notFound: return .success(Proto.ReplaceAuthorizationReply(found: false))
                        default: return nil
                        }
                    })
            }
        }
    }

    // MARK: Questions

    private func get(_ request: Proto.ReminderRef, _ reply: Responder<Proto.ReminderReply>) {
        guard let id = id(request.id, reply) else { return }
        loop.store.reminder(id) { result in
            loop.mailbox.send {
                switch result {
                case .success(nil): reply(.success(Proto.ReminderReply(found: false)))
                case .success(let summary?): reply(.success(Self.wire(summary)))
                case .failure(let error): reply(.failure(Self.callError(error)))
                }
            }
        }
    }

    private static func wire(_ summary: ReminderSummary) -> Proto.ReminderReply {
        Proto.ReminderReply(
            found: true, reminder: summary.reminder.wire, state: UInt32(summary.state.rawValue),
            position: summary.position?.wire, delivered: summary.delivered, retrying: Int64(summary.retrying),
            held: Int64(summary.held), dead: Int64(summary.dead), updatedAtMs: summary.updatedAtMilliseconds)
    }

    private func attempts(_ request: Proto.AttemptsRequest, _ reply: Responder<Proto.AttemptsReply>) {
        guard let id = id(request.id, reply) else { return }
        let limit = min(max(1, Int(request.limit)), Self.maxAttemptsListed)
        loop.store.attempts(of: id, limit: limit) { result in
            loop.mailbox.send {
                switch result {
                case .success(nil): reply(.success(Proto.AttemptsReply(found: false)))
                case .success(let attempts?):
                    reply(.success(Proto.AttemptsReply(found: true, attempts: attempts.map(\.wire))))
                case .failure(let error): reply(.failure(Self.callError(error)))
                }
            }
        }
    }

    // MARK: Shared shapes

    private func id<R>(_ bytes: [UInt8], _ reply: Responder<R>) -> ReminderID? {
        do throws(InvalidRequest) { return try ReminderID(wire: bytes) } catch {
            reply(.failure(error.callError))
            return nil
        }
    }

    /// The answer to a request that was one write; `nil` from `read` means a result that the write cannot have.
    private func answer<R>(
        _ result: Result<[StoreWriteResult], StoreError>, _ read: (StoreWriteResult) -> Result<R, CallError>?
    ) -> Result<R, CallError> {
        switch result {
        case .failure(let error): .failure(Self.callError(error))
        case .success(let results):
            results.first.flatMap(read) ?? .failure(CallError(.internal, "the store answered another question"))
        }
    }

    private static func callError(_ error: StoreError) -> CallError {
        switch error {
        case .unavailable, .closed: CallError(.unavailable, "\(error)")
        case .unusable: CallError(.dataLoss, "\(error)")
        }
    }
}
