import TaskDomain
import TaskMessages
import TaskRecurrence

/// The times at which a stored reminder falls due next.
enum Upcoming {
    /// - Parameter now: only times after it.
    static func times(of stored: StoredReminder, count: Int, after now: UnixSeconds) throws(Problem) -> [UnixSeconds] {
        guard let position = stored.reply.position, position.index > 0, stored.state == .scheduled else { return [] }
        let after = max(now.count, position.scheduledAt.subtractingReportingOverflow(1).partialValue)
        return try series(stored.schedule).first(count, after: after).map { UnixSeconds($0) }
    }

    static func series(_ schedule: Proto.Schedule) throws(Problem) -> Series {
        do {
            let pattern = schedule.rule.isEmpty ? nil : try RecurrencePattern(parsing: schedule.rule)
            return Series(
                start: schedule.start, pattern: pattern, rdates: schedule.rdates, exdates: schedule.exdates,
                until: schedule.until, zone: try Zone(identifier: schedule.timezone))
        } catch {
            throw Problem(.internalServerError, "the stored schedule cannot be read: \(error)")
        }
    }
}
