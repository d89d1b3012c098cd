/// What has been tried at one occurrence so far. A try of which nothing was ever sent is not among it.
public struct Tries: Sendable, Hashable {
    /// Tries whose end is known: an answer, none in time, a task that ended.
    public var attempts: Int
    /// Tries whose end is not known, as whoever made them went away: nobody can tell whether anything was done, and it is not the
    /// occurrence's fault.
    public var losses: Int
    /// When the first of them ended, by the scheduler's clock; `nil`: there was none.
    public var since: UnixMilliseconds?

    /// Nothing has been tried.
    public static let none = Tries()

    public init(attempts: Int = 0, losses: Int = 0, since: UnixMilliseconds? = nil) {
        self.attempts = attempts
        self.losses = losses
        self.since = since
    }

    /// The number of the try that comes next, from 1.
    public var next: Int { attempts + losses + 1 }

    /// These and one more attempt, which ended at `now`.
    public func adding(attemptAt now: UnixMilliseconds) -> Tries {
        Tries(attempts: attempts + 1, losses: losses, since: since ?? now)
    }

    /// These and one more loss, noticed at `now`.
    public func adding(lossAt now: UnixMilliseconds) -> Tries {
        Tries(attempts: attempts, losses: losses + 1, since: since ?? now)
    }
}
