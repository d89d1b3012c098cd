import Domain
import Messages
import Recurrence

/// The times at which a stored reminder falls due next.
enum Upcoming {
    /// - Parameter now: only times after it, unix seconds.
    static func times(of reply: Proto.ReminderReply, count: Int, after now: Int64) throws(Problem) -> [Int64] {
        guard let position = reply.position, position.index > 0, reply.state == UInt32(ReminderState.scheduled.rawValue),
            let schedule = reply.reminder?.schedule
        else { return [] }
        let series = try series(schedule)
        // From the stored position on, so that a COUNT is not counted again from the start.
        let here = Cursor(instant: position.scheduledAt, index: position.index)
        var next = position.scheduledAt > now ? here : series.cursor(after: now, from: here)
        var times: [Int64] = []
        while let cursor = next, times.count < count {
            times.append(cursor.instant)
            next = series.next(after: cursor)
        }
        return times
    }

    private static func series(_ schedule: Proto.Schedule) throws(Problem) -> Series {
        do {
            let rules = schedule.rule.isEmpty ? [] : [try Rule(parsing: schedule.rule)]
            return Series(
                start: schedule.start, rules: rules, rdates: schedule.rdates, exdates: schedule.exdates,
                until: schedule.hasUntil ? schedule.until : nil, zone: try Zone(identifier: schedule.timezone))
        } catch {
            throw Problem(.internalServerError, "the stored schedule cannot be read: \(error)")
        }
    }
}
