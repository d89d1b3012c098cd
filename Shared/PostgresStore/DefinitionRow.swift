import Storage
import TaskDomain

/// `Reminder`s as rows of `definitions`.
///
/// A column stands in three places: in the list, where it is put into an array, and where it is read, in the same order.
enum DefinitionRow {
    private static let columns: [Column] = [
        ("id", "uuid"), ("number", "bigint"), ("start_at", "bigint"), ("rule", "bytea"), ("timezone", "bytea"),
        ("until_at", "bigint"), ("rdates", "bytea"), ("exdates", "bytea"), ("queue", "bytea"), ("priority", "bigint"),
        ("misfire_policy", "bigint"), ("retry_for_s", "bigint"), ("max_attempts", "bigint"), ("jitter_s", "bigint"), ("expires_s", "bigint"),
        ("catch_up_limit", "bigint"), ("task", "bytea"), ("arguments", "bytea"), ("description", "bytea"), ("folded", "bytea"),
        ("classroom_id", "bytea"), ("created_by", "bytea"), ("created_ms", "bigint"), ("caller", "bytea"), ("sealed", "bytea"),
    ]

    private static let read = columns.map(\.name).filter { !["number", "folded"].contains($0) }

    /// Columns of ``selected``.
    static let columnCount = read.count

    /// What `decode` reads, for a query that calls the table `d`.
    static let selected = read.map { "d.\($0)" }.joined(separator: ", ")

    private static let insert = Insert("definitions", columns)

    /// - Parameter numbers: of series.
    static func insert(_ reminders: [Reminder], _ scope: StoreScope, _ numbers: SeriesNumbers) -> [Query] {
        insert.queries(reminders.map(\.id.shard), parameters(reminders, numbers), scope)
    }

    /// Replaces rows; a number that is there stays.
    static func update(_ reminders: [Reminder], _ scope: StoreScope, _ numbers: SeriesNumbers) -> Query {
        let changed = columns.dropFirst()
        return Query(
            """
            UPDATE definitions d SET (\(changed.map(\.name).joined(separator: ", ")))
                = (\(changed.map { $0.name == "number" ? "coalesce(d.number, u.number)" : "u.\($0.name)" }.joined(separator: ", ")))
            FROM \(scope.given(columns)) WHERE \(scope.isGiven("d")) AND d.id = u.id
            """, [scope.parameter(reminders.map(\.id.shard))] + parameters(reminders, numbers))
    }

    private static func parameters(_ reminders: [Reminder], _ numbers: SeriesNumbers) -> [Parameter] {
        func ints(_ value: (Reminder) -> Int64?) -> Parameter { .ints(reminders.map(value)) }
        func blobs(_ value: (Reminder) -> [UInt8]?) -> Parameter { .blobs(reminders.map(value)) }
        func texts(_ value: (Reminder) -> String?) -> Parameter { .blobs(reminders.map { value($0).map { Array($0.utf8) } }) }
        return [
            .ids(reminders.map(\.id)), ints { $0.schedule.isSingle ? nil : numbers.next(in: $0.id.shard) },
            ints(\.schedule.start.count), texts(\.schedule.rule), texts(\.schedule.timezone), ints { $0.schedule.until?.count },
            blobs { InstantBytes.encode($0.schedule.rdates) }, blobs { InstantBytes.encode($0.schedule.exdates) },
            texts(\.queue), ints { Int64($0.priority) }, ints { Int64($0.misfirePolicy.rawValue) }, ints { Int64($0.retryForSeconds) },
            ints { $0.maxAttempts.map(Int64.init) }, ints { Int64($0.jitterSeconds) }, ints { $0.expiresAfterSeconds.map(Int64.init) },
            ints { Int64($0.handling.catchUpLimit) },
            texts(\.task), blobs(\.arguments), texts(\.payload.description), blobs { folded($0.payload.description.utf8) },
            texts(\.classroomID), texts(\.createdBy), ints(\.createdAt.count), texts(\.caller), blobs(\.sealedAuthorization),
        ]
    }

    /// With small letters for A to Z; `nil` where that is the same.
    static func folded(_ description: some Collection<UInt8>) -> [UInt8]? {
        let small = fold(description)
        return small.elementsEqual(description) ? nil : small
    }

    /// With small letters for A to Z, and everything else as it is.
    static func fold(_ text: some Collection<UInt8>) -> [UInt8] { text.map { (65...90).contains($0) ? $0 | 32 : $0 } }

    /// Removes the credentials of reminders of which no occurrence is left.
    static func forgetCredentials(_ ids: [ReminderID], _ scope: StoreScope) -> Query {
        Query(
            """
            UPDATE definitions d SET sealed = '' FROM \(scope.given([("id", "uuid")]))
            WHERE \(scope.isGiven("d")) AND d.id = u.id AND length(d.sealed) > 0
                AND NOT EXISTS (SELECT 1 FROM occurrences o WHERE \(scope.isSame("o", as: "d")) AND o.reminder = d.id)
            """, [scope.parameter(ids.map(\.shard)), .ids(ids)])
    }

    // MARK: Reading

    /// Why a row cannot be understood.
    struct Damage: Error {
        let reason: String
    }

    /// Reads the columns of ``selected`` from number `first` on.
    static func decode(_ rows: Rows, _ row: Int, from first: Int, expecting id: ReminderID) throws(Damage) -> Reminder {
        var last = first - 1
        func next() -> Int {
            last += 1
            return last
        }
        func text(_ name: String) throws(Damage) -> String {
            guard let text = rows.text(row, next()) else { throw Damage(reason: "\(name) is not UTF-8 text") }
            return text
        }
        func optionalText(_ name: String) throws(Damage) -> String? {
            let column = next()
            if rows.isNull(row, column) { return nil }
            guard let text = rows.text(row, column) else { throw Damage(reason: "\(name) is not UTF-8 text") }
            return text
        }
        func bytes() -> [UInt8] { rows.bytes(row, next()) ?? [] }
        func count() -> Int { Int(clamping: rows.int(row, next())) }
        func optionalCount() -> Int? { rows.optionalInt(row, next()).map { Int(clamping: $0) } }
        guard rows.id(row, next()) == id else { throw Damage(reason: "no definition with its id") }
        let schedule = Schedule(
            start: rows.time(row, next()), rule: try optionalText("rule"), timezone: try text("timezone"),
            until: rows.optionalTime(row, next()), rdates: try instants(bytes(), "rdates"), exdates: try instants(bytes(), "exdates"))
        let queue = try text("queue"), priority = count(), policyNumber = count()
        guard let policy = UInt8(exactly: policyNumber).flatMap(MisfirePolicy.init) else {
            throw Damage(reason: "unknown misfire policy \(policyNumber)")
        }
        let retryFor = count(), maxAttempts = optionalCount(), jitter = count(), expires = optionalCount(), catchUp = count()
        let handling = Handling(
            queue: queue, priority: priority, misfirePolicy: policy, catchUpLimit: catchUp, retryForSeconds: retryFor,
            maxAttempts: maxAttempts, jitterSeconds: jitter, expiresAfterSeconds: expires)
        // As much as the decisions rely on.
        if let fault = handling.faults.first(where: { ["priority", "catchUpLimit"].contains($0.field) }) {
            throw Damage(reason: "\(fault.field) \(fault.words)")
        }
        let payload = Payload(
            task: try text("task"), arguments: bytes(), description: try text("description"), classroomID: try text("classroom_id"),
            createdBy: try text("created_by"))
        return Reminder(
            id: id, schedule: schedule, handling: handling, payload: payload, createdAt: rows.time(row, next()), caller: try text("caller"),
            sealedAuthorization: bytes())
    }

    /// Takes the place of a reminder that cannot be understood, with the queue that it is counted in, where that can be.
    static func standIn(_ rows: Rows, _ row: Int, from first: Int, for id: ReminderID, caller: String) -> Reminder {
        let queue = read.firstIndex(of: "queue").flatMap { rows.text(row, first + $0) } ?? ""
        return Reminder(
            id: id, schedule: Schedule(start: .distantPast), handling: Handling(queue: queue),
            payload: Payload(task: "", arguments: [], description: "", classroomID: "", createdBy: ""), createdAt: .distantPast, caller: caller,
            sealedAuthorization: [])
    }

    private static func instants(_ bytes: [UInt8], _ name: String) throws(Damage) -> [UnixSeconds] {
        guard let instants = InstantBytes.decode(bytes) else { throw Damage(reason: "\(name) has \(bytes.count) bytes, expected a multiple of 8") }
        return instants
    }
}
