import TaskDomain

/// Counts what callers that have a bound have pending: reminders that are not finished, be they scheduled or paused.
///
/// Such a caller gets a number with its first create under a bound. From then on its reminders carry that in `reminders.quota`, whose
/// index has only unfinished ones, so that no count looks at more than one above the bound. In memory is how many there are at most: only
/// near the bound is it counted. Other callers' reminders have no number, and cost nothing.
final class PendingCounts {
    /// Reminders of before the first bound that one create gives their number.
    static let markedAtOnce = 1_000

    private struct Known {
        /// At least as many as there are.
        var count: Int
        /// It was exact when so many had been finished.
        var finished: UInt64
    }

    private let list: Statement, introduce: Statement, setMarked: Statement
    private let unmarked: Statement, mark: Statement, count: Statement
    private var numbers: [String: Int64] = [:]
    /// Up to which definition the reminders of before have their number, while not all of them have.
    private var marked: [Int64: Int64] = [:]
    private var known: [Int64: Known] = [:]
    private var finished: UInt64 = 0

    init(_ connection: Connection) throws(SQLiteFailure) {
        list = try connection.prepare("SELECT number, caller, marked_through FROM quotas")
        introduce = try connection.prepare("INSERT INTO quotas (number, caller, marked_through) VALUES (?1, ?2, 0)")
        setMarked = try connection.prepare("UPDATE quotas SET marked_through = ?2 WHERE number = ?1")
        unmarked = try connection.prepare(
            """
            SELECT number, id FROM definitions INDEXED BY definitions_caller
            WHERE caller = ?1 AND caller <> '' AND number > ?2 ORDER BY number LIMIT \(Self.markedAtOnce)
            """)
        mark = try connection.prepare("UPDATE reminders SET quota = ?3 WHERE shard = ?1 AND id = ?2 AND quota IS NULL")
        count = try connection.prepare(
            """
            SELECT count(*) FROM (SELECT 1 FROM reminders INDEXED BY reminders_quota
                WHERE quota = ?1 AND quota IS NOT NULL AND finished_ms IS NULL LIMIT ?2)
            """)
        try reload()
    }

    /// Reads what is on disk: when the database was opened, and when a transaction was rolled back.
    func reload() throws(SQLiteFailure) {
        (numbers, marked, known) = ([:], [:], [:])
        while try list.step() {
            guard let caller = list.text(1) else { continue }
            numbers[caller] = list.integer(0)
            if let through = list.optionalInteger(2) { marked[list.integer(0)] = through }
        }
    }

    /// What a caller's new reminder is counted under; `nil` for one that never had a bound.
    func number(of caller: String) -> Int64? { numbers.isEmpty ? nil : numbers[caller] }

    /// Makes sure that a caller's reminders are counted.
    /// - Returns: how many it has pending, where it may have no more; at most one above the limit.
    func full(_ caller: String, limit: Int, _ intake: Intake) throws(SQLiteFailure) -> Int? {
        let number = if let known = numbers[caller] { known } else { try introduce(caller, intake) }
        try markEarlier(caller, number)
        if let known = known[number] {
            if known.count < limit { return nil }
            if known.finished == finished, known.count == limit { return limit }
        }
        let stored = try stored(number, limit: limit) + intake.pending(of: number)
        guard stored <= limit else { return limit + 1 }
        known[number] = Known(count: stored, finished: finished)
        return stored < limit ? nil : limit
    }

    /// A reminder was made that is pending.
    func added(_ number: Int64) { known[number]?.count += 1 }

    /// One or more have been finished, of whomever.
    func someFinished() { finished &+= 1 }

    /// One that had been finished is pending again, of whomever.
    func oneRevived() { known = [:] }

    private func introduce(_ caller: String, _ intake: Intake) throws(SQLiteFailure) -> Int64 {
        // Those of before are found where they are filed.
        try intake.file()
        let number = (numbers.values.max() ?? 0) + 1
        introduce.bind(1, number)
        introduce.bind(2, caller)
        try introduce.run()
        numbers[caller] = number
        marked[number] = 0
        return number
    }

    /// Gives some of the reminders of before the first bound their number.
    private func markEarlier(_ caller: String, _ number: Int64) throws(SQLiteFailure) {
        guard let through = marked[number] else { return }
        unmarked.bind(1, caller)
        unmarked.bind(2, through)
        var found: [(number: Int64, id: ReminderID?)] = []
        while try unmarked.step() { found.append((unmarked.integer(0), unmarked.id(1))) }
        for case let (_, id?) in found {
            mark.bindKey(id)
            mark.bind(3, number)
            try mark.run()
        }
        let isDone = found.count < Self.markedAtOnce
        marked[number] = isDone ? nil : found.last?.number
        setMarked.bind(1, number)
        setMarked.bind(2, marked[number])
        try setMarked.run()
        known[number] = nil
    }

    private func stored(_ number: Int64, limit: Int) throws(SQLiteFailure) -> Int {
        count.bind(1, number)
        count.bind(2, limit + 1)
        defer { count.reset() }
        return try count.step() ? Int(count.integer(0)) : 0
    }
}
