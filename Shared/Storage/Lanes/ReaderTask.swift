import TaskDomain

/// What the reading thread carries out.
package enum ReaderTask: Sendable {
    case reminder(ReminderID, @Sendable (Result<ReminderSummary?, StoreError>) -> Void)
    case attempts(ReminderID, limit: Int, @Sendable (Result<[Attempt]?, StoreError>) -> Void)
    case attemptsAt(OccurrenceKey, limit: Int, @Sendable (Result<[Attempt], StoreError>) -> Void)
    case list(
        ReminderFilter, after: ListCursor?, limit: Int,
        @Sendable (Result<ListPage<ReminderSummary>, StoreError>) -> Void)
    case occurrences(
        OccurrenceFilter, after: ListCursor?, limit: Int,
        @Sendable (Result<ListPage<SetAsideOccurrence>, StoreError>) -> Void)
    case tallies([String], @Sendable (Result<OccurrenceTallies, StoreError>) -> Void)
    case queues(@Sendable (Result<[QueueSettings], StoreError>) -> Void)
    case series(Set<String>, of: Set<Shard>, after: Int64, limit: Int, @Sendable (Result<SeriesPage, StoreError>) -> Void)
    /// A task for which there was no room.
    indirect case refused(ReaderTask, StoreError)
    case close(@Sendable () -> Void)
}

extension ReaderTask {
    /// Whether it counts among those that wait.
    package var hasPlace: Bool {
        switch self {
        case .reminder, .attempts, .attemptsAt, .list, .occurrences, .tallies, .queues, .series: true
        case .refused, .close: false
        }
    }

    /// Whether it looks only where new reminders are once they are filed.
    package var wantsFiled: Bool {
        switch self {
        case .list, .series: true
        default: false
        }
    }

    package func refuse(_ error: StoreError, _ complete: Completions) {
        switch self {
        case .reminder(_, let completion): complete(completion, .failure(error))
        case .attempts(_, _, let completion): complete(completion, .failure(error))
        case .attemptsAt(_, _, let completion): complete(completion, .failure(error))
        case .list(_, _, _, let completion): complete(completion, .failure(error))
        case .occurrences(_, _, _, let completion): complete(completion, .failure(error))
        case .tallies(_, let completion): complete(completion, .failure(error))
        case .queues(let completion): complete(completion, .failure(error))
        case .series(_, _, _, _, let completion): complete(completion, .failure(error))
        case .refused(let task, _): task.refuse(error, complete)
        case .close(let completion): completion()
        }
    }
}
