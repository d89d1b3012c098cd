import SchedulerCore
import Storage
import TaskDomain
import TaskMessages
import TaskWire

/// What became of one occurrence, and what its task returned.
extension SchedulerAPI {
    func result(_ request: Proto.ResultRequest, _ asker: Asker, _ reply: Responder<Proto.ResultReply>) {
        guard let id = id(request.id, reply) else { return }
        loop.store.reminder(id, for: asker) { result in
            switch result {
            case .success(let summary?) where request.caller.isEmpty || request.caller == summary.reminder.caller:
                let at = request.scheduledAt.map { UnixSeconds($0) } ?? summary.reminder.schedule.start
                let key = OccurrenceKey(reminder: id, scheduledAt: at)
                findRow(of: key, among: summary.rowStates, asker) { row in
                    // Last, so that an end which came between is seen.
                    loop.store.attempts(at: key, limit: 1, for: asker) { attempts in
                        reply(Self.answer(key, summary, row, attempts))
                    }
                }
            case .success: reply(.success(Proto.ResultReply(state: .notFound)))
            case .failure(let error): reply(.failure(Self.callError(error)))
            }
        }
    }

    /// Finds out where an occurrence stands that has a row of its own.
    private func findRow(
        of key: OccurrenceKey, among states: [OccurrenceState], _ asker: Asker,
        _ completion: @escaping @Sendable (Result<OccurrenceState?, StoreError>) -> Void
    ) {
        guard let state = states.first else { return completion(.success(nil)) }
        var filter = OccurrenceFilter(state: state)
        filter.key = key
        loop.store.listOccurrences(filter, after: nil, limit: 1, for: asker) { result in
            switch result {
            case .success(let page) where page.items.isEmpty: findRow(of: key, among: Array(states.dropFirst()), asker, completion)
            case .success: completion(.success(state))
            case .failure(let error): completion(.failure(error))
            }
        }
    }

    private static func answer(
        _ key: OccurrenceKey, _ summary: ReminderSummary, _ row: Result<OccurrenceState?, StoreError>, _ attempts: Result<[Attempt], StoreError>
    ) -> Result<Proto.ResultReply, CallError> {
        do throws(StoreError) {
            let latest = try attempts.get().first
            let state = state(of: key, summary, try row.get(), latest)
            return .success(Proto.ResultReply(state: state, attempt: latest?.wire, scheduledAt: key.scheduledAt.count))
        } catch {
            return .failure(callError(error))
        }
    }

    private static func state(
        of key: OccurrenceKey, _ summary: ReminderSummary, _ row: OccurrenceState?, _ latest: Attempt?
    ) -> Proto.ResultReply.State {
        let at = key.scheduledAt
        if row == .dead { return .dead }
        if let latest, latest.outcome.isFinal { return .done }
        if row != nil || summary.position?.scheduledAt == at { return .open }
        if latest?.outcome == .misfired { return .missed }
        if latest?.outcome == .cancelled { return .cancelled }
        let isOfSchedule = (try? summary.reminder.schedule.series())?.contains(at.count) ?? false
        if let position = summary.position, position.scheduledAt < at, isOfSchedule { return .open }
        if summary.state == .cancelled, isOfSchedule || latest != nil { return .cancelled }
        if let missed = summary.missed, isOfSchedule, missed.first <= at, at <= missed.last { return .missed }
        return latest == nil ? .notFound : .dead
    }
}

extension ReminderSummary {
    /// The states in which it has occurrences with rows of their own.
    fileprivate var rowStates: [OccurrenceState] {
        [(OccurrenceState.pending, retrying), (.held, held), (.dead, dead)].compactMap { state, count in count > 0 ? state : nil }
    }
}
