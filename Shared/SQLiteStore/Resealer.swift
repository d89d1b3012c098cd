import Storage
import TaskDomain

/// Seals stored credentials anew, page by page in the order of the definitions, and keeps in the table `sealing` where it is.
///
/// That table has one row: the prefix that all are to have, how far the look has come (`through`, a definition's number; NULL once a
/// whole look has found nothing to do), and what this look has found: credentials sealed anew, and such that cannot be opened.
final class Resealer {
    private let place: Statement, begin: Statement, keep: Statement, page: Statement, last: Statement, replace: Statement

    init(_ connection: Connection) throws(SQLiteFailure) {
        place = try connection.prepare("SELECT prefix, through, resealed, unreadable FROM sealing WHERE number = 1")
        begin = try connection.prepare(
            "INSERT OR REPLACE INTO sealing (number, prefix, through, resealed, unreadable) VALUES (1, ?1, 0, 0, 0)")
        keep = try connection.prepare("UPDATE sealing SET through = ?1, resealed = ?2, unreadable = ?3 WHERE number = 1")
        page = try connection.prepare(
            """
            SELECT number, id, iif(length(authorization) = 0 OR substr(authorization, 1, ?3) = ?4, NULL, authorization)
            FROM definitions WHERE number > ?1 ORDER BY number LIMIT ?2
            """)
        last = try connection.prepare("SELECT max(number) FROM definitions")
        replace = try connection.prepare("UPDATE definitions SET authorization = ?2 WHERE number = ?1")
    }

    /// Looks at one page. Within a transaction, with everything filed.
    func reseal(_ request: Resealing) throws(SQLiteFailure) -> ResealProgress {
        var look = try self.look(for: request.prefix)
        guard let after = look.through else { return ResealProgress(unreadable: look.unreadable, isDone: true) }
        var resealed = 0
        let rows = try read(after: after, request)
        for row in rows {
            guard let sealed = row.sealed else { continue }
            if let anew = row.id.flatMap({ request.reseal($0, sealed) }) {
                replace.bind(1, row.number)
                replace.bind(2, anew)
                try replace.run()
                resealed += 1
            } else {
                look.unreadable += 1
            }
        }
        look.resealed += resealed
        let all = try last.value() ?? 0, isWhole = rows.count < max(1, request.rows)
        let through = rows.last?.number ?? after, unreadable = look.unreadable
        if !isWhole { look.through = through } else if look.resealed == 0 { look.through = nil } else { look = Look() }
        try keep(look)
        return ResealProgress(resealed: resealed, unreadable: unreadable, looked: through, all: all, isDone: look.through == nil)
    }

    private struct Look {
        var through: Int64? = 0
        var resealed = 0, unreadable = 0
    }

    /// Where the look for this prefix is; one for another is over.
    private func look(for prefix: [UInt8]) throws(SQLiteFailure) -> Look {
        if try place.step() {
            defer { place.reset() }
            if place.blob(0) == prefix {
                return Look(through: place.optionalInteger(1), resealed: Int(place.integer(2)), unreadable: Int(place.integer(3)))
            }
        }
        begin.bind(1, prefix)
        try begin.run()
        return Look()
    }

    private func keep(_ look: Look) throws(SQLiteFailure) {
        keep.bind(1, look.through)
        keep.bind(2, look.resealed)
        keep.bind(3, look.unreadable)
        try keep.run()
    }

    private func read(after: Int64, _ request: Resealing) throws(SQLiteFailure) -> [(number: Int64, id: ReminderID?, sealed: [UInt8]?)] {
        page.bind(1, after)
        page.bind(2, max(1, request.rows))
        page.bind(3, request.prefix.count)
        page.bind(4, request.prefix)
        var rows: [(number: Int64, id: ReminderID?, sealed: [UInt8]?)] = []
        while try page.step() { rows.append((page.integer(0), page.id(1), page.blob(2))) }
        return rows
    }
}
