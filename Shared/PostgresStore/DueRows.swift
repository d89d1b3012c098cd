import Storage
import TaskDomain

/// What is due next: the two sources (positions, rows of their own), merged in the order of `DueKey`.
struct DueRows {
    private static let position = "r.id, r.due_ms, r.next_at, r.next_index, \(DefinitionRow.selected)"
    private static let occurrence = """
        o.reminder, o.due_ms, o.scheduled_at, o.manual, o.attempts, o.losses, o.tried_since_ms, \(DefinitionRow.selected)
        """
    private static let definitionOfReminder = "LEFT JOIN definitions d ON d.shard = r.shard AND d.id = r.id"
    private static let reminderOfOccurrence = """
        LEFT JOIN reminders r ON r.shard = o.shard AND r.id = o.reminder LEFT JOIN definitions d ON d.shard = o.shard AND d.id = o.reminder
        """

    /// Positions and occurrences with rows, each at most as many as are asked for.
    static func queries(_ request: DueRequest) -> [Query] {
        let after = request.after, limit = Int64(request.limit)
        let from: [Parameter] = [
            .shard(request.shard), .int(after?.dueAt.count ?? .min), .id(after?.occurrence.reminder ?? ReminderID(high: 0, low: 0)),
            .time(request.through),
        ]
        return [
            // The query begins at the reminder of `after`, whose position may be `after` itself or before it.
            Query(
                """
                SELECT \(position) FROM reminders r \(definitionOfReminder)
                WHERE r.state = 0 AND r.due_ms IS NOT NULL AND r.shard = $1
                    AND (r.due_ms, r.id) >= ($2::bigint, $3::uuid) AND r.due_ms <= $4::bigint
                ORDER BY r.due_ms, r.id LIMIT $5::bigint
                """, from + [.int(limit < .max ? limit + 1 : limit)]),
            Query(
                """
                SELECT \(occurrence) FROM occurrences o \(reminderOfOccurrence)
                WHERE o.state = 0 AND o.shard = $1 AND (o.manual = 1 OR r.state IS DISTINCT FROM 1)
                    AND (o.due_ms, o.reminder, o.scheduled_at) \(after == nil ? ">=" : ">") ($2::bigint, $3::uuid, $5::bigint)
                    AND o.due_ms <= $4::bigint
                ORDER BY o.due_ms, o.reminder, o.scheduled_at LIMIT $6::bigint
                """, from + [.int(after?.occurrence.scheduledAt.count ?? .min), .int(limit)]),
        ]
    }

    /// The entries of these keys that are pending still, positions and occurrences with rows.
    static func queries(of keys: [OccurrenceKey], _ scope: StoreScope) -> [Query] {
        let given = "FROM \(scope.given(OccurrenceRow.key))", parameters = OccurrenceRow.parameters(keys, scope)
        return [
            Query(
                """
                SELECT \(position) \(given) JOIN reminders r ON \(scope.isGiven("r")) AND r.id = u.reminder AND r.next_at = u.scheduled_at
                \(definitionOfReminder) WHERE r.state = 0 AND r.due_ms IS NOT NULL
                """, parameters),
            Query(
                """
                SELECT \(occurrence) \(given) JOIN occurrences o ON \(scope.isGiven("o")) AND o.reminder = u.reminder AND o.scheduled_at = u.scheduled_at
                \(reminderOfOccurrence) WHERE o.state = 0 AND (o.manual = 1 OR r.state IS DISTINCT FROM 1)
                """, parameters),
        ]
    }

    let onDamage: (ReminderID, String) -> Void

    func merged(_ request: DueRequest, _ positions: Rows, _ occurrences: Rows) -> DuePage {
        let first = self.positions(positions).filter { found in request.after.map { found.due > $0 } ?? true }
        let second = self.occurrences(occurrences)
        var page = DuePage(), next = (0, 0)
        func take(_ found: Found) {
            if let entry = found.entry { page.entries.append(entry) }
            page.end = found.due
        }
        // As many as were asked for, of both: what there is after that was not asked for.
        while next.0 + next.1 < request.limit, next.0 < first.count || next.1 < second.count {
            if next.1 == second.count || next.0 < first.count && first[next.0].due < second[next.1].due {
                take(first[next.0])
                next.0 += 1
            } else {
                take(second[next.1])
                next.1 += 1
            }
        }
        let isFull = next.0 + next.1 >= request.limit
        if isFull, next.0 < first.count, first[next.0].due == page.end { take(first[next.0]) }
        if !isFull { page.end = nil }
        return page
    }

    /// What a row came to; without an entry where it is damaged.
    struct Found {
        var due: DueKey
        var entry: DueEntry?
    }

    func positions(_ rows: Rows) -> [Found] {
        entries(rows, definition: 4) { row, due, reminder in
            DueEntry(due: due, reminder: reminder, tries: .none, positionIndex: rows.int(row, 3))
        }
    }

    func occurrences(_ rows: Rows) -> [Found] {
        entries(rows, definition: 7) { row, due, reminder in
            DueEntry(
                due: due, reminder: reminder, tries: OccurrenceRow.tries(rows, row, from: 4), positionIndex: nil, isManual: rows.int(row, 3) != 0)
        }
    }

    private func entries(_ rows: Rows, definition: Int, _ make: (Int, DueKey, Reminder) -> DueEntry) -> [Found] {
        rows.indices.compactMap { row in
            guard let id = rows.id(row, 0) else { return nil }
            let due = DueKey(dueAt: rows.time(row, 1), occurrence: OccurrenceKey(reminder: id, scheduledAt: rows.time(row, 2)))
            do throws(DefinitionRow.Damage) {
                return Found(due: due, entry: make(row, due, try DefinitionRow.decode(rows, row, from: definition, expecting: id)))
            } catch {
                onDamage(id, error.reason)
                return Found(due: due)
            }
        }
    }
}
