import TaskDomain

/// The bounds of time that the engine answers for.
enum Horizon {
    /// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z in unix seconds.
    static let instants = Int(CivilTime.seconds.lowerBound)...Int(CivilTime.seconds.upperBound)
    /// The last day on any wall clock, two days past the last instant.
    static let lastDay = Int(CivilTime.days.upperBound) + DayNumber.unixEpoch + 2
    /// No answer: later than everything.
    static let never = Int.max
}
