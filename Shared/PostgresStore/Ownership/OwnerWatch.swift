import TaskDomain

/// Judges from outside whether the scheduler that has a database lives: by whether its beat changes, on this process' own clock. No clock is
/// compared with another's.
struct OwnerWatch {
    /// A beat that has been the same for so long is a dead one's, milliseconds.
    static let silenceMilliseconds: Int64 = 3_000
    /// Looks further apart than this say nothing of what was between them: it may be this process, or the server, that stood still, milliseconds.
    static let longestGapMilliseconds: Int64 = 1_000

    private struct Sign {
        let instance: String
        let beat: Int64
        /// When it was first seen.
        let since: MonotonicMilliseconds
        var seen: MonotonicMilliseconds
    }

    private var sign: Sign?

    /// A beat has been seen.
    /// - Parameter now: when the answer was there, which is after the beat had left. On a clock that goes on while the machine is suspended.
    /// - Returns: whether it has been the same for too long.
    mutating func sees(_ instance: String, beat: Int64, at now: MonotonicMilliseconds) -> Bool {
        guard var known = sign, known.instance == instance, known.beat == beat, now - known.seen <= Self.longestGapMilliseconds else {
            sign = Sign(instance: instance, beat: beat, since: now, seen: now)
            return false
        }
        known.seen = now
        sign = known
        return now - known.since >= Self.silenceMilliseconds
    }
}
