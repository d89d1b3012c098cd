import Storage
import TaskDomain

/// What a page of a list consists of: the places of its items, and where the next page begins.
struct FoundPage {
    var places: [ListCursor] = []
    var next: ListCursor?
}

extension ListScan {
    /// Candidates that are read at once, at first and at most; and of each shard, where each is asked by itself, at least.
    private static let chunk = (64, 2_048), ofEachShard = 8

    private struct Candidate {
        let place: ListCursor
        let isOne: Bool
    }

    /// Walks from the cursor on, until the page is full or enough have been looked at.
    func page(after: ListCursor?, limit: Int, on connection: Connection) throws(PostgresFailure) -> FoundPage {
        var found = FoundPage(), last = after, examined = 0, size = max(Self.chunk.0, min(limit + 1, Self.chunk.1))
        while true {
            let (candidates, isEnd) = try candidates(after: last, about: size, connection)
            for candidate in candidates {
                // There is more behind a page that is full, or a walk that was long enough.
                if found.places.count >= limit || examined >= maxExamined {
                    found.next = last
                    return found
                }
                examined += 1
                last = candidate.place
                if candidate.isOne { found.places.append(candidate.place) }
            }
            if isEnd { return found }
            size = min(size * 2, Self.chunk.1)
        }
    }

    /// The next candidates, and whether there are no more.
    private func candidates(
        after last: ListCursor?, about size: Int, _ connection: Connection
    ) throws(PostgresFailure) -> (candidates: [Candidate], isEnd: Bool) {
        guard let shards, shards.count > 1 else {
            let rows = try connection.run([query(after: last, limit: size, in: shards?.first)])[0]
            return (candidates(rows), rows.count < size)
        }
        // As the shards have about as many each, twice its part is seldom too little of one.
        let each = max(Self.ofEachShard, 2 * size / shards.count)
        var found: [Candidate] = [], end: ListCursor?
        for rows in try connection.run(shards.map { query(after: last, limit: each, in: $0) }) {
            let some = candidates(rows)
            found += some
            // Behind its last there may be more of this shard, before those of others that come later.
            if rows.count == each, let last = some.last?.place, end.map({ isBefore(last, $0) }) ?? true { end = last }
        }
        found.sort { isBefore($0.place, $1.place) }
        if let end { found = Array(found.prefix { !isBefore(end, $0.place) }) }
        return (found, end == nil)
    }

    private func candidates(_ rows: Rows) -> [Candidate] {
        rows.indices.compactMap { row in
            rows.id(row, 1).map { id in
                let key = OccurrenceKey(reminder: id, scheduledAt: rows.time(row, 2))
                return Candidate(place: ListCursor(order, major: rows.int(row, 0), key: key), isOne: rows.int(row, 3) != 0)
            }
        }
    }

    private func isBefore(_ one: ListCursor, _ other: ListCursor) -> Bool {
        isUpwards ? (one.major, one.key) < (other.major, other.key) : (one.major, one.key) > (other.major, other.key)
    }
}
