public import TaskDomain
public import TaskRecurrence

/// A schedule that cannot be computed with.
public struct ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
}

extension Schedule {
    /// The schedule's occurrences.
    public func series() throws(ScheduleError) -> Series {
        let zone: Zone
        do throws(ZoneError) { zone = try Zone(identifier: timezone) } catch {
            throw ScheduleError(description: "\(error)")
        }
        let pattern: RecurrencePattern?
        do throws(RuleError) { pattern = try rule.map { (text) throws(RuleError) in try RecurrencePattern(parsing: text) } } catch {
            throw ScheduleError(description: "\(error)")
        }
        return Series(
            start: start.count, pattern: pattern, rdates: rdates.map(\.count), exdates: exdates.map(\.count), until: until?.count, zone: zone)
    }
}

extension SeriesPosition {
    /// Where a series stands, as it is stored.
    public init(_ cursor: Cursor) { self.init(scheduledAt: UnixSeconds(cursor.instant), index: cursor.index) }
}
