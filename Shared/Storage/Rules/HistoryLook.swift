import TaskDomain

/// The pace at which all histories are looked through for attempts that are too many: a bounded number of reminders at a time, and all
/// of them again some time after the last look began.
package struct HistoryLook<Place> {
    /// Where the look is; `nil`: there is none now.
    package var place: Place?
    private var beganAt: UnixMilliseconds?

    package init() {}

    /// Begins another look where the last one was long ago. A clock that was set back begins one, too.
    package mutating func begin(_ request: Pruning, at first: Place) {
        guard place == nil else { return }
        if let beganAt, request.now >= beganAt, request.now - beganAt < HistoryPace.interval(request) { return }
        place = first
        beganAt = request.now
    }

    /// How long the look has been going on; `nil`: there is none.
    package func behindMilliseconds(_ request: Pruning) -> Int64? {
        guard place != nil, let beganAt else { return nil }
        return max(0, request.now - beganAt)
    }
}

/// The figures of a ``HistoryLook``.
package enum HistoryPace {
    /// Between the beginnings of two looks.
    private static let intervalMilliseconds: ClosedRange<Int64> = 60_000...600_000

    /// A tenth of the time for which attempts are kept, within the bounds, so that none outlasts it by much.
    package static func interval(_ request: Pruning) -> Int64 {
        let (kept, isForEver) = request.now.count.subtractingReportingOverflow(request.finishedBefore.count)
        return isForEver ? intervalMilliseconds.upperBound : max(intervalMilliseconds.lowerBound, min(kept / 10, intervalMilliseconds.upperBound))
    }

    /// Reminders that one call looks at.
    package static let remindersAtOnce = 250
    /// Attempts that began later than this after now were dated by a clock that was ahead. They are counted apart: however many they
    /// are, the latest of the others stay.
    package static let aheadMilliseconds: Int64 = 3_600_000
}
