public import Domain
public import Recurrence

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
        var rules: [Rule] = []
        if let rule {
            do throws(RuleError) { rules = [try Rule(parsing: rule)] } catch {
                throw ScheduleError(description: "\(error)")
            }
        }
        return Series(start: start, rules: rules, rdates: rdates, exdates: exdates, until: until, zone: zone)
    }
}

extension SeriesPosition {
    init(_ cursor: Cursor) { self.init(scheduledAt: cursor.instant, index: cursor.index) }
}
