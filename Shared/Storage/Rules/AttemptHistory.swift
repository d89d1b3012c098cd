import TaskDomain

/// What is known of the attempts at one reminder's occurrences while writes to it are decided, and what these add.
///
/// A store that keeps all of it elsewhere need only tell what the writes at hand ask for: the attempts that they bring, and deliveries
/// at the seconds that they name.
public struct AttemptHistory: Sendable {
    /// By what an attempt is known within its reminder's history.
    public struct Identity: Hashable, Sendable {
        public let startedAt: UnixMilliseconds
        public let scheduledAt: UnixSeconds
        public let number: Int
        public let outcome: Outcome

        public init(startedAt: UnixMilliseconds, scheduledAt: UnixSeconds, number: Int, outcome: Outcome) {
            self.startedAt = startedAt
            self.scheduledAt = scheduledAt
            self.number = number
            self.outcome = outcome
        }

        public init(_ attempt: Attempt) {
            self.init(startedAt: attempt.startedAt, scheduledAt: attempt.scheduledAt, number: attempt.number, outcome: attempt.outcome)
        }
    }

    /// How far workers' clocks, by which attempts begin, may differ from one another and from the scheduler's, milliseconds.
    public static let clockToleranceMilliseconds: Int64 = 60_000

    /// Before which no attempt at an occurrence began.
    public static func earliestStart(of scheduledAt: UnixSeconds) -> UnixMilliseconds {
        scheduledAt.milliseconds - clockToleranceMilliseconds
    }

    /// Those that are known.
    public private(set) var attempts: Set<Identity> = []
    /// The latest start of a delivery, by scheduled time.
    public private(set) var deliveries: [UnixSeconds: UnixMilliseconds] = [:]
    /// What writes have added since ``forgetRecorded()``, in order.
    public private(set) var recorded: [Attempt] = []

    public init() {}

    /// Adds one that is stored already.
    public mutating func add(_ known: Identity) {
        guard attempts.insert(known).inserted, known.outcome == .delivered else { return }
        deliveries[known.scheduledAt] = max(deliveries[known.scheduledAt] ?? .distantPast, known.startedAt)
    }

    /// Adds one that is new.
    /// - Returns: `false` if it was there.
    @discardableResult
    public mutating func record(_ attempt: Attempt) -> Bool {
        let identity = Identity(attempt)
        guard !attempts.contains(identity) else { return false }
        add(identity)
        recorded.append(attempt)
        return true
    }

    /// Takes what was recorded as stored.
    public mutating func forgetRecorded() { recorded = [] }

    /// Whether a delivery of this occurrence that began at the same time is there, whatever its number.
    public func hasDelivery(begunWith attempt: Attempt) -> Bool {
        attempts.contains {
            $0.startedAt == attempt.startedAt && $0.scheduledAt == attempt.scheduledAt && $0.outcome == attempt.outcome
        }
    }

    /// Whether an occurrence was delivered, by attempts that began no earlier than clocks can differ.
    public func hasDelivery(at scheduledAt: UnixSeconds) -> Bool {
        deliveries[scheduledAt].map { $0 >= Self.earliestStart(of: scheduledAt) } ?? false
    }
}

extension Attempt {
    /// When it ended, by the clock by which it began.
    public var endedAt: UnixMilliseconds {
        let (end, overflow) = startedAt.count.addingReportingOverflow(durationMicroseconds / 1_000)
        return overflow ? startedAt : UnixMilliseconds(end)
    }

    /// `detail`, cut to its limit between two characters.
    public var boundedDetail: String {
        guard detail.utf8.count > Attempt.detailLimit else { return detail }
        var bytes = 0
        return String(
            detail.prefix { character in
                bytes += character.utf8.count
                return bytes <= Attempt.detailLimit
            })
    }

    /// Says in the history that a person called an occurrence off which no worker had, or had not ended.
    public static func cancelled(_ scheduledAt: UnixSeconds, number: Int, at: UnixMilliseconds, _ how: String) -> Attempt {
        Attempt(
            scheduledAt: scheduledAt, number: number, startedAt: at, durationMicroseconds: 0, outcome: .cancelled, statusCode: 0, detail: how)
    }

    /// Says in the history that a series went past an occurrence without firing it.
    static func misfire(_ scheduledAt: UnixSeconds, at: UnixMilliseconds, _ why: String) -> Attempt {
        Attempt(
            scheduledAt: scheduledAt, number: 1, startedAt: at, durationMicroseconds: 0, outcome: .misfired, statusCode: 0, detail: why)
    }
}
