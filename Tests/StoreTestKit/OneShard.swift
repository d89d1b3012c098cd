import PostgresStore

/// What Citus needs of a statement, so that it goes to one node: it names one shard, as `shard = $1`, wherever it reaches a table that has
/// one. Textual, and so strict: what it does not know, it takes for a fault.
package enum OneShard {
    /// What is wrong with a statement; `nil`: nothing. What makes the tables comes before they are distributed.
    package static func fault(_ sql: String) -> String? {
        if Schema.steps.contains(where: { $0.contains(sql) }) { return nil }
        let text = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        func fault(_ what: String) -> String { "\(what): \(text.prefix(400))" }
        if text.hasPrefix("/*") {
            let name = EveryShard.allCases.first { text.hasPrefix("/* every shard: \($0.rawValue) */ SELECT ") }
            return name == nil || text.contains(" FOR ") ? fault("it goes to every shard without being one of those that do") : nil
        }
        let levels = levels(text)
        for level in levels {
            let tables = tables(level.text)
            let isChange = ["INSERT ", "UPDATE ", "DELETE "].contains { level.text.hasPrefix($0) }
            if isChange, level.isWithin { return fault("it changes rows within another statement") }
            guard !tables.isEmpty else { continue }
            if level.text.hasPrefix("INSERT ") {
                guard let rows = values(level), rows.allSatisfy({ $0.hasPrefix("$1, ") }) else {
                    return fault("it does not insert values of one shard")
                }
                continue
            }
            guard level.text.ranges(of: #/\bshard = \$1(?!\d)/#.wordBoundaryKind(.simple)).count == 1 else {
                return fault("it does not name one shard for \(tables.joined(separator: ", "))")
            }
            // Of others it may only be said that they are in the same.
            let compared = level.text.matches(of: #/\bshard (=|<|>|<>|<=|>=|IN|BETWEEN|IS) (\S*)/#.wordBoundaryKind(.simple))
            let isSame = compared.allSatisfy { $0.1 == "=" && ($0.2 == "$1" || $0.2.hasSuffix(".shard")) }
            guard isSame, !level.groups.contains(where: { $0.text.hasPrefix("shard,") }) else { return fault("it compares shards otherwise") }
            guard level.text.ranges(of: #/FROM [a-z_]+(?: [a-z_]+)?,/#).isEmpty else { return fault("it lists tables without joining them") }
        }
        return nil
    }

    /// A query, with `()` in place of those within it.
    private struct Level {
        var text = ""
        var isWithin: Bool
        /// What is in parentheses, and how much of the text is before.
        var groups: [(before: Int, text: String)] = []
    }

    private static func levels(_ text: String) -> [Level] {
        var open = [Level(isWithin: false)], done: [Level] = []
        for character in text {
            switch character {
            case "(":
                open[open.count - 1].text += "("
                open.append(Level(isWithin: true))
            case ")" where open.count > 1:
                let level = open.removeLast()
                open[open.count - 1].groups.append((open[open.count - 1].text.count, level.text))
                open[open.count - 1].text += ")"
                done.append(level)
            default: open[open.count - 1].text.append(character)
            }
        }
        return done + open
    }

    /// The tables with a shard that it reaches.
    private static func tables(_ text: String) -> [String] {
        let named = text.matches(of: #/(?:FROM|JOIN|UPDATE|INTO|USING) ([a-z_]+)/#).map { String($0.1) }
        return Schema.sharded.filter(named.contains)
    }

    /// Of an `INSERT`; `nil`: it has none.
    private static func values(_ level: Level) -> [String]? {
        guard let begin = level.text.firstRange(of: " VALUES ") else { return nil }
        let from = level.text.distance(from: level.text.startIndex, to: begin.upperBound)
        let to = level.text.firstRange(of: " ON CONFLICT").map { level.text.distance(from: level.text.startIndex, to: $0.lowerBound) } ?? .max
        return level.groups.filter { $0.before > from && $0.before < to }.map(\.text)
    }
}
