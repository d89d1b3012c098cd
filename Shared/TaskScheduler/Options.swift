public import TaskDomain

extension TaskScheduler {
    /// How occurrences are to be dealt with, beyond when they are due. Printing it shows nothing of the credential.
    ///
    /// The fields of the handling are fields of the options, too: `options.queue = "mail"`.
    @dynamicMemberLookup
    public struct Options: Sendable {
        public var handling: Handling
        /// A credential that the task is given, as an `Authorization` header has it; kept sealed and never shown.
        public var authorization: String? {
            get { credential?.value }
            set { credential = newValue.map(Secret.init(_:)) }
        }
        /// The reminder's id; `nil`: a new one. Asking again with the same id, after ``TaskSchedulerError/unavailable(_:)``
        /// or after a crash, leaves one reminder: the first that was stored. Over HTTP the gateway draws the reminder's id, and this one is
        /// the request's `Idempotency-Key`: asking again within 24 hours leaves one, whose id is answered.
        public var id: ReminderID?
        private var credential: Secret?

        /// - Parameters: those of ``Handling``, whose ``Handling/Limits`` bound them; then the credential and the id.
        public init(
            queue: String = Handling.standard.queue, priority: Int = Handling.standard.priority,
            misfirePolicy: MisfirePolicy = Handling.standard.misfirePolicy, maxAttempts: Int? = Handling.standard.maxAttempts,
            jitterSeconds: Int = Handling.standard.jitterSeconds, expiresAfterSeconds: Int? = Handling.standard.expiresAfterSeconds,
            authorization: String? = nil, id: ReminderID? = nil
        ) {
            handling = Handling(
                queue: queue, priority: priority, misfirePolicy: misfirePolicy, maxAttempts: maxAttempts, jitterSeconds: jitterSeconds,
                expiresAfterSeconds: expiresAfterSeconds)
            self.id = id
            credential = authorization.map(Secret.init(_:))
        }

        /// A task's own.
        public init(handling: Handling) { self.handling = handling }

        public subscript<Value>(dynamicMember field: WritableKeyPath<Handling, Value>) -> Value {
            get { handling[keyPath: field] }
            set { handling[keyPath: field] = newValue }
        }
    }
}
