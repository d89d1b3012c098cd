import TaskDomain

/// Whether whoever asked a question still waits for its answer. What nobody waits for any more is not read.
public struct Asker: Sendable {
    /// From any thread; never true again after false.
    public let isWaiting: @Sendable () -> Bool

    public init(isWaiting: @escaping @Sendable () -> Bool) { self.isWaiting = isWaiting }

    /// One that waits as long as it takes.
    public static let patient = Asker { true }
}

/// The questions of one that waits as long as it takes.
extension Store {
    public func reminder(_ id: ReminderID, completion: @escaping @Sendable (Result<ReminderSummary?, StoreError>) -> Void) {
        reminder(id, for: .patient, completion: completion)
    }

    public func attempts(
        of id: ReminderID, limit: Int, completion: @escaping @Sendable (Result<[Attempt]?, StoreError>) -> Void
    ) { attempts(of: id, limit: limit, for: .patient, completion: completion) }

    public func attempts(
        at key: OccurrenceKey, limit: Int, completion: @escaping @Sendable (Result<[Attempt], StoreError>) -> Void
    ) { attempts(at: key, limit: limit, for: .patient, completion: completion) }

    public func list(
        _ filter: ReminderFilter, after: ListCursor?, limit: Int,
        completion: @escaping @Sendable (Result<ListPage<ReminderSummary>, StoreError>) -> Void
    ) { list(filter, after: after, limit: limit, for: .patient, completion: completion) }

    public func listOccurrences(
        _ filter: OccurrenceFilter, after: ListCursor?, limit: Int,
        completion: @escaping @Sendable (Result<ListPage<SetAsideOccurrence>, StoreError>) -> Void
    ) { listOccurrences(filter, after: after, limit: limit, for: .patient, completion: completion) }
}
