public import TaskDomain

extension TaskScheduler {
    /// Lists reminders, the newest first; with `dueAfter` or `dueBefore` scheduled ones, in the order in which they fall due. Pages are
    /// asked for while it is iterated over, which throws ``TaskSchedulerError``.
    ///
    /// ```swift
    /// for try await reminder in scheduler.list(state: .scheduled, task: Greet.name) { print(reminder.id) }
    /// ```
    ///
    /// Over HTTP it has what the key may see, over the wire everything. What comes or goes meanwhile moves nothing: no reminder is listed twice.
    ///
    /// - Parameters: only those that are in this state, are of this classroom, were made by this person, are in this queue, are of this
    ///   task, have this text in their description (upper or lower case), fall due then or later, fall due before.
    public func list(
        state: ReminderState? = nil, classroomID: String? = nil, createdBy: String? = nil, queue: String? = nil, task: String? = nil,
        description: String? = nil, dueAfter: (any TaskTime)? = nil, dueBefore: (any TaskTime)? = nil
    ) -> ReminderList {
        var filter = ReminderFilter()
        (filter.state, filter.classroomID, filter.createdBy, filter.queue) = (state, classroomID, createdBy, queue)
        (filter.task, filter.text) = (task, description)
        filter.dueAfter = dueAfter.map { UnixSeconds($0.unixSeconds(rounded: .up)) }
        filter.dueBefore = dueBefore.map { UnixSeconds($0.unixSeconds(rounded: .up)) }
        return ReminderList(scheduler: self, filter: filter)
    }
}

/// The reminders that ``TaskScheduler/list(state:classroomID:createdBy:queue:task:description:dueAfter:dueBefore:)`` finds.
public struct ReminderList: AsyncSequence, Sendable {
    public typealias Element = ScheduledReminder
    public typealias Failure = TaskSchedulerError

    /// Reminders that are asked for at once.
    static let page = 100

    fileprivate let scheduler: TaskScheduler
    fileprivate let filter: ReminderFilter

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(list: self) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let list: ReminderList
        private var page: ArraySlice<ScheduledReminder> = []
        /// `nil`: nothing has been asked for yet.
        private var cursor: [UInt8]?

        fileprivate init(list: ReminderList) { self.list = list }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(TaskSchedulerError) -> ScheduledReminder? {
            while page.isEmpty {
                if cursor == nil { try list.filter.check() }
                // A page may be empty and not the last: of many the few that match are looked for a page at a time.
                guard cursor?.isEmpty != true else { return nil }
                let next = try await list.scheduler.page(list.filter, after: cursor ?? [], limit: ReminderList.page)
                guard next.cursor.isEmpty || next.cursor != cursor else { throw .unavailable("its list does not go on") }
                (page, cursor) = (next.reminders[...], next.cursor)
            }
            return page.popFirst()
        }
    }
}

extension ReminderFilter {
    /// - Throws: ``TaskSchedulerError/invalid(_:)`` with all faults at once.
    fileprivate func check() throws(TaskSchedulerError) {
        var faults: [String] = []
        let length = 1...ReminderLimits.identifierLength.upperBound
        for (name, text) in [("classroomID", classroomID), ("createdBy", createdBy), ("description", text)] {
            guard let text, !ReminderLimits.fits(text, length) || text.utf8.contains(0) else { continue }
            faults.append("\(name) must have \(length.lowerBound) to \(length.upperBound) characters, and no U+0000")
        }
        for (name, text) in [("queue", queue), ("task", task)] {
            guard let text, !TaskName.isValid(text) else { continue }
            faults.append("\(name) must be \(TaskName.rule)")
        }
        for (name, time) in [("dueAfter", dueAfter), ("dueBefore", dueBefore)] {
            guard let time, !ReminderLimits.unixSeconds.contains(time.count) else { continue }
            faults.append("\(name) must be unix seconds of the years 1970 to 9999; \(UnixSeconds.guess(time.count) ?? "it was \(time)")")
        }
        guard faults.isEmpty else { throw .invalid(faults.joined(separator: "; ")) }
    }
}
