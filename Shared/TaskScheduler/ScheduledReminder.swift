public import ScheduledTasks
public import TaskDomain

/// A reminder as it is stored, without its credential, and where it stands.
public struct ScheduledReminder: Sendable, Hashable {
    public let id: ReminderID
    public let state: ReminderState
    /// The name of its task.
    public let task: String
    public let description: String
    /// What its task is called with; `nil`: a notification, whose content `GET /reminders/{id}` shows.
    public let arguments: TaskArguments?
    public let schedule: Schedule
    public let handling: Handling
    /// When it is due next; `nil` where nothing more is, and while it is paused or held.
    public let nextFireAt: UnixSeconds?
    public let occurrences: Occurrences
    /// Whether a live worker of its queue has its task.
    public let isServed: Bool
    public let createdAt: UnixSeconds

    /// Counts of its occurrences.
    public struct Occurrences: Sendable, Hashable {
        /// Done.
        public let delivered: Int64
        /// Failed, and to be tried again.
        public let retrying: Int64
        /// Held until another credential comes, as theirs was refused.
        public let held: Int64
        /// Given up: `GET /dead-letters` has them.
        public let dead: Int64
    }
}
