/// What has been tried at one occurrence so far. A try of which nothing was ever sent is not among it.
public struct Tries: Sendable, Hashable {
    /// Tries whose end is known: an answer, none in time, a task that ended.
    public var attempts: Int
    /// Tries whose end is not known, as whoever made them went away: nobody can tell whether anything was done, and it is not the
    /// occurrence's fault.
    public var losses: Int
    /// When the first of them ended, unix milliseconds of the scheduler's clock; `nil`: there was none.
    public var sinceMilliseconds: Int64?

    /// Nothing has been tried.
    public static let none = Tries()

    public init(attempts: Int = 0, losses: Int = 0, sinceMilliseconds: Int64? = nil) {
        self.attempts = attempts
        self.losses = losses
        self.sinceMilliseconds = sinceMilliseconds
    }

    /// The number of the try that comes next, from 1.
    public var next: Int { attempts + losses + 1 }

    /// These and one more attempt, which ended at `now`, unix milliseconds.
    public func adding(attemptAt now: Int64) -> Tries {
        Tries(attempts: attempts + 1, losses: losses, sinceMilliseconds: sinceMilliseconds ?? now)
    }

    /// These and one more loss, noticed at `now`, unix milliseconds.
    public func adding(lossAt now: Int64) -> Tries {
        Tries(attempts: attempts, losses: losses + 1, sinceMilliseconds: sinceMilliseconds ?? now)
    }
}
