import TaskDomain

/// Pages of what each shard has in an order of its own.
extension ListQueries {
    /// What is read of one shard, some rows at a time.
    private struct Strip {
        let shard: Shard
        /// Where reading goes on; `nil`: at the beginning.
        var after: ListCursor?
        /// Those that were read, the first last.
        var rows: [(place: ListCursor, matches: Bool)] = []
        var isAtEnd = false
        /// Rows to read next: twice as many each time, so that a long walk does not come back for each few.
        var size: Int
    }

    /// Each shard has its own order; they are merged as they are read. One statement reads them all, a strip of each in turn: as many as
    /// there are shards would be slow to prepare, and large.
    func merge(
        _ sql: String, _ conditions: ScanConditions, after: ListCursor?, _ walk: Walk, _ order: ListCursor.Order, in shards: [Shard],
        isEarlier: (ListCursor, ListCursor) -> Bool
    ) throws(SQLiteFailure) -> Found {
        let statement = try statement(sql)
        defer { statement.reset() }
        func read(_ strip: inout Strip) throws(SQLiteFailure) {
            conditions.bind(to: statement, cursor: [.integer(Int64(strip.shard.number))] + Self.start(order, after: strip.after))
            while strip.rows.count < strip.size {
                guard try statement.step() else {
                    strip.isAtEnd = true
                    break
                }
                guard let id = statement.id(1) else { continue }
                let second = order == .nextTry ? statement.time(3) : UnixSeconds(0)
                let place = ListCursor(order, major: statement.integer(0), key: OccurrenceKey(reminder: id, scheduledAt: second))
                strip.rows.append((place, statement.integer(2) != 0))
            }
            statement.reset()
            strip.after = strip.rows.last?.place ?? strip.after
            strip.size *= 2
            strip.rows.reverse()
        }
        // Those that have something, by their first row, the earliest last.
        var strips: [Strip] = []
        func isBehind(_ a: Strip, _ b: Strip) -> Bool {
            guard let one = a.rows.last, let other = b.rows.last else { return false }
            return isEarlier(other.place, one.place)
        }
        for shard in shards {
            var strip = Strip(shard: shard, after: after, size: walk.limit / shards.count + 2)
            try read(&strip)
            if !strip.rows.isEmpty { strips.append(strip) }
        }
        strips.sort(by: isBehind)
        var walk = walk
        while var strip = strips.popLast() {
            guard let row = strip.rows.popLast(), walk.take(row.place, matches: row.matches) else { break }
            if strip.rows.isEmpty, !strip.isAtEnd { try read(&strip) }
            guard !strip.rows.isEmpty else { continue }
            var low = 0, high = strips.count
            while low < high {
                let middle = (low + high) / 2
                if isBehind(strips[middle], strip) { low = middle + 1 } else { high = middle }
            }
            strips.insert(strip, at: low)
        }
        return walk.found
    }

    /// What a scan of one shard begins behind.
    private static func start(_ order: ListCursor.Order, after: ListCursor?) -> [ScanValue] {
        switch order {
        case .newestFirst: [.id(after?.key.reminder ?? ReminderID(high: .max, low: .max))]
        case .nextTry: [.integer(after?.major ?? .min), .id(after?.key.reminder), .integer(after?.key.scheduledAt.count ?? .min)]
        case .byDueTime, .latestSetAside, .longestFirst: [.integer(after?.major ?? .min), .id(after?.key.reminder)]
        }
    }
}
