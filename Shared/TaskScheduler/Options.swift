public import Domain
import Tasks

extension TaskScheduler {
    /// How occurrences are to be dealt with, beyond when they are due. Printing it shows nothing of the credential.
    public struct Options: Sendable {
        /// The queue whose workers run it.
        public var queue: String
        /// 0 … 9, higher first.
        public var priority: Int
        /// What becomes of a series' occurrences that could not be fired in time.
        public var misfirePolicy: MisfirePolicy
        /// Tries at one occurrence before it becomes a dead letter, 1 … 100.
        public var maxAttempts: Int
        /// Each occurrence is spread over so long, 0 … 86,400.
        public var jitterSeconds: Int
        /// An occurrence that was not done so long after its time becomes a dead letter, up to ten years; `nil`: never.
        public var expiresAfterSeconds: Int?
        /// A credential that the task is given, as an `Authorization` header has it; kept sealed and never shown.
        public var authorization: String? {
            get { credential?.value }
            set { credential = newValue.map(Credential.init) }
        }
        /// The reminder's id; `nil`: a new one. Asking again with the same id, after ``TaskSchedulerError/unavailable(_:)``
        /// or after a crash, leaves one reminder: the first that was stored.
        public var id: ReminderID?
        private var credential: Credential?

        public init(
            queue: String = "default", priority: Int = 5, misfirePolicy: MisfirePolicy = .fireOnce, maxAttempts: Int = 12,
            jitterSeconds: Int = 0, expiresAfterSeconds: Int? = nil, authorization: String? = nil, id: ReminderID? = nil
        ) {
            self.queue = queue
            self.priority = priority
            self.misfirePolicy = misfirePolicy
            self.maxAttempts = maxAttempts
            self.jitterSeconds = jitterSeconds
            self.expiresAfterSeconds = expiresAfterSeconds
            self.id = id
            credential = authorization.map(Credential.init)
        }
    }
}
