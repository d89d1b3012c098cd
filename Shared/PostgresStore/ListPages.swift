import Storage
import TaskDomain

/// What a page of a list consists of: the places of its items, and where the next page begins.
struct FoundPage {
    var places: [ListCursor] = []
    var next: ListCursor?
}

extension ListScan {
    /// Candidates that are read at once, at first and at most.
    private static let chunk = (64, 2_048)

    private struct Candidate {
        let place: ListCursor
        let isOne: Bool
        /// Where each is searched by itself.
        let shard: Int
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
        guard reach == .each else {
            let found = candidates(try connection.run(queries(after: last, limit: size))[0])
            return (found, found.count < size)
        }
        let each = Self.ofEachShard(size)
        var found: [Candidate] = []
        for rows in try connection.run(queries(after: last, limit: each)) { found += candidates(rows) }
        found.sort { isBefore($0.place, $1.place) }
        // Behind its last there may be more of a shard, before those of others that come later.
        var counts = [Int](repeating: 0, count: Shard.count)
        let end = found.firstIndex { candidate in
            counts[candidate.shard] += 1
            return counts[candidate.shard] == each
        }
        return (end.map { Array(found[...$0]) } ?? found, end == nil)
    }

    /// Candidates that are read of each shard, so that there are hardly ever fewer than so many before the last of any: of few that are drawn
    /// at random the third of one shard comes after about as many as ``chunk`` begins with, and of many its share has to be doubled.
    private static func ofEachShard(_ size: Int) -> Int { 3 + 2 * size / Shard.count }

    private func candidates(_ rows: Rows) -> [Candidate] {
        rows.indices.compactMap { row in
            rows.id(row, 1).map { id in
                let key = OccurrenceKey(reminder: id, scheduledAt: rows.time(row, 2))
                let shard = reach == .each ? Int(rows.int(row, 4)) : 0
                return Candidate(place: ListCursor(order, major: rows.int(row, 0), key: key), isOne: rows.int(row, 3) != 0, shard: shard)
            }
        }
    }

    private func isBefore(_ one: ListCursor, _ other: ListCursor) -> Bool {
        isUpwards ? (one.major, one.key) < (other.major, other.key) : (one.major, one.key) > (other.major, other.key)
    }
}
