extension Duration {
    /// Whole milliseconds, rounded towards zero; the most or least that 64 bits hold where they do not hold these.
    public var wholeMilliseconds: Int64 { whole(unitsPerSecond: 1_000, attosecondsPerUnit: 1_000_000_000_000_000) }

    /// The same in microseconds.
    public var wholeMicroseconds: Int64 { whole(unitsPerSecond: 1_000_000, attosecondsPerUnit: 1_000_000_000_000) }

    /// The same in nanoseconds.
    public var wholeNanoseconds: Int64 { whole(unitsPerSecond: 1_000_000_000, attosecondsPerUnit: 1_000_000_000) }

    private func whole(unitsPerSecond: Int64, attosecondsPerUnit: Int64) -> Int64 {
        let (seconds, attoseconds) = components
        let (units, isTooMuch) = seconds.multipliedReportingOverflow(by: unitsPerSecond)
        let (sum, overflow) = units.addingReportingOverflow(attoseconds / attosecondsPerUnit)
        return isTooMuch || overflow ? (seconds < 0 ? .min : .max) : sum
    }
}
