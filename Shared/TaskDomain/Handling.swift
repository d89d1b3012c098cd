/// The treatment of a reminder's occurrences. What a caller does not say has the defaults of the initialiser.
///
/// A field that is added here is added in the files that `Tests/README.md` lists, and nowhere else.
public struct Handling: Sendable, Hashable {
    /// The queue whose workers run it, a name as ``TaskName`` allows it.
    public var queue: String
    /// 0 … 9, higher first.
    public var priority: Int
    public var misfirePolicy: MisfirePolicy
    /// The most missed occurrences of one gap that ``MisfirePolicy/fireAll`` fires, the latest.
    public var catchUpLimit: Int
    /// How long one occurrence is tried, from the end of its first try on; then it becomes a dead letter. 0: it is tried once.
    public var retryForSeconds: Int
    /// Attempts at one occurrence that end it earlier, at least 1; `nil`: as many as its time allows.
    public var maxAttempts: Int?
    /// Each occurrence falls due up to so long after its scheduled time, see ``Reminder/due(of:)``.
    public var jitterSeconds: Int
    /// An occurrence that was not delivered so long after its scheduled time becomes a dead letter; `nil`: never.
    public var expiresAfterSeconds: Int?

    /// The handling of a reminder of which nothing else is said.
    public static let standard = Handling()
    /// Its queue.
    public static let defaultQueue = "default"

    public init(
        queue: String = defaultQueue, priority: Int = 5, misfirePolicy: MisfirePolicy = .fireOnce, catchUpLimit: Int = 100,
        retryForSeconds: Int = 86_400, maxAttempts: Int? = nil, jitterSeconds: Int = 0, expiresAfterSeconds: Int? = nil
    ) {
        self.queue = queue
        self.priority = priority
        self.misfirePolicy = misfirePolicy
        self.catchUpLimit = catchUpLimit
        self.retryForSeconds = retryForSeconds
        self.maxAttempts = maxAttempts
        self.jitterSeconds = jitterSeconds
        self.expiresAfterSeconds = expiresAfterSeconds
    }
}

// MARK: What callers may ask for

extension Handling {
    /// The bounds of the numbers, `Int64` as those of JSON and of messages.
    public enum Limits {
        public static let priority: ClosedRange<Int64> = 0...9
        public static let catchUp: ClosedRange<Int64> = 1...10_000
        /// Thirty days.
        public static let retryForSeconds: ClosedRange<Int64> = 0...2_592_000
        public static let maxAttempts: ClosedRange<Int64> = 1...100
        /// A day.
        public static let jitterSeconds: ClosedRange<Int64> = 0...86_400
        /// Ten years.
        public static let expiresAfterSeconds: ClosedRange<Int64> = 1...315_360_000
    }

    /// A field that is out of its bounds.
    public struct Fault: Sendable, Hashable {
        /// The property's name.
        public let field: String
        /// Completes "`field` …".
        public let words: String
    }

    /// The fields that are not as ``Limits`` and ``TaskName`` want them, each for itself; empty for a sound handling.
    public var faults: [Fault] {
        var faults: [Fault] = []
        func check(_ field: String, _ value: Int, _ limits: ClosedRange<Int64>) {
            guard !limits.contains(Int64(value)) else { return }
            faults.append(Fault(field: field, words: "must be \(limits.lowerBound) to \(limits.upperBound); it was \(value)"))
        }
        if !TaskName.isValid(queue) {
            let shown = String(queue.unicodeScalars.prefix(TaskName.length.upperBound))
            faults.append(Fault(field: "queue", words: "must be \(TaskName.rule); it was \"\(shown)\""))
        }
        check("priority", priority, Limits.priority)
        check("catchUpLimit", catchUpLimit, Limits.catchUp)
        check("retryForSeconds", retryForSeconds, Limits.retryForSeconds)
        if let maxAttempts { check("maxAttempts", maxAttempts, Limits.maxAttempts) }
        check("jitterSeconds", jitterSeconds, Limits.jitterSeconds)
        if let expiresAfterSeconds { check("expiresAfterSeconds", expiresAfterSeconds, Limits.expiresAfterSeconds) }
        return faults
    }

    /// A jitter that does not go with the rest of the reminder.
    public enum JitterFault: Sendable, Hashable {
        /// It is not less than these seconds, after which an occurrence expires: one could be over before it is due.
        case reachesExpiry(Int)
        /// It is not less than these seconds between two occurrences: one could be due before the one before it.
        case reachesNextOccurrence(Int64)

        /// Completes "the jitter …".
        /// - Parameter expiry: the name by which the caller knows ``Handling/expiresAfterSeconds``.
        public func words(expiry: String) -> String {
            switch self {
            case .reachesExpiry(let seconds): "must be less than \(expiry), \(seconds)"
            case .reachesNextOccurrence(let seconds): "must be less than the \(seconds) s between two occurrences"
            }
        }
    }

    /// The occurrences, from the first, whose distances are looked at.
    public static let occurrencesCompared = 100

    /// - Parameter times: the first ``occurrencesCompared`` occurrences, unix seconds, ascending; asked for only where it matters.
    public func jitterFaults(among times: () -> [Int64]) -> [JitterFault] {
        guard jitterSeconds > 0 else { return [] }
        var faults: [JitterFault] = []
        if let expiresAfterSeconds, jitterSeconds >= expiresAfterSeconds { faults.append(.reachesExpiry(expiresAfterSeconds)) }
        let times = times()
        if let least = zip(times, times.dropFirst()).map({ $1 - $0 }).min(), jitterSeconds >= least {
            faults.append(.reachesNextOccurrence(least))
        }
        return faults
    }
}
