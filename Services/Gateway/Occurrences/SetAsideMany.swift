import TaskJSON
import TaskMessages

/// What callers can do with many occurrences that wait for a person, by one request.
///
/// A request goes through them from the latest on, for a bounded time, and its answer says how far it came: the next one goes on
/// from there. So it gets through any number of entries, be they other callers', or such as have come meanwhile.
extension SetAside {
    var many: [Operation] { kind == .dead ? [replayAll, discardAll] : [release] }

    private static let goesOn =
        "It goes from the latest on. What it could not do within one request, `more` says; send the same again then, with `next_cursor` "
        + "as `cursor`. Each occurrence counts as a request of the key's rate: where none are left it stops, and goes on in a second."

    // MARK: Dead letters

    private var replayAll: Operation {
        all(
            .replay, "/dead-letters/replay", "replayDeadLetters", summary: "Try all dead letters again that match.",
            counted: "replayed", as: "ReplayedMany", "how many are due now"
        )
        .explained("An object without filters means all. " + Self.goesOn).having(.operates)
        .example("classroom", "all of one classroom", ["classroom_id": "classroom-1"])
    }

    private var discardAll: Operation {
        all(
            .discard, "/dead-letters/discard", "discardDeadLetters", summary: "Give up all dead letters that match.",
            counted: "discarded", as: "DiscardedMany", "how many were given up"
        )
        .explained("An object without filters means all. Their attempts stay in the history. " + Self.goesOn)
        .example("person", "all of one person", ["created_by": "teacher-1"])
    }

    /// An operation on all dead letters that match. Its answer says under the name `count` how many that were.
    private func all(
        _ action: Proto.ChangeOccurrencesRequest.Action, _ path: PathTemplate, _ name: String, summary: String, counted count: String,
        as schema: String, _ meaning: String
    ) -> Operation {
        Operation(.post, path, name, summary: summary, body: OccurrenceSelection.type) { (exchange, selection) async throws(Problem) -> Answer in
            let wanted = filter(selection.filter, exchange)
            var walk = BulkWalk(from: selection.cursor, exchange.allowance)
            while let limit = walk.next() {
                let request = Proto.ChangeOccurrencesRequest(action: action, filter: wanted, limit: limit, cursor: walk.cursor)
                let reply = try await scheduler.call(SchedulerService.changeOccurrences, request, uncertain: Self.uncertain)
                walk.passed(changed: Int(reply.changed), items: Int(reply.changed), next: reply.cursor)
            }
            return walk.answer([count: .integer(Int64(walk.changed))])
        }
        .answering(.ok, meaning, .ref(schema))
    }

    // MARK: Held occurrences

    private var release: Operation {
        Operation(
            .post, "/held/release", "releaseHeld", summary: "Give all held reminders of a person a new credential.",
            body: ReleaseBody.type, handle: release
        )
        .explained(
            "Every reminder that this person made and that is held gets the new `auth_header` and goes on. Of what a series missed its "
                + "`misfire_policy` says what is fired; one time is fired now. " + Self.goesOn)
        .having(.operates).answering(.ok, "how many are due now", .ref("ReleasedMany"))
        .example("teacher", "all of one teacher", ["created_by": "teacher-1", "auth_header": "Bearer eyJhbGciOi.new"])
    }

    private func release(_ exchange: Exchange, _ body: ReleaseBody) async throws(Problem) -> Answer {
        let wanted = filter(Proto.OccurrenceFilter(createdBy: body.createdBy), exchange)
        var walk = BulkWalk(from: body.cursor, exchange.allowance), released = 0
        while let limit = walk.next() {
            let page = try await scheduler.call(
                SchedulerService.listOccurrences,
                Proto.ListOccurrencesRequest(filter: wanted, cursor: walk.cursor, limit: limit))
            var seen: Set<[UInt8]> = []
            let references = page.occurrences.map(\.id).filter { seen.insert($0).inserted }.map { id in
                Proto.ReminderRef(id: id, caller: exchange.caller.scope)
            }
            var changes: [Proto.Change] = []
            if !references.isEmpty {
                changes = try await scheduler.change(
                    Proto.ChangeRequest(
                        action: .update, reminders: references, authorization: body.authHeader,
                        atMs: exchange.now.count))
            }
            released += changes.reduce(0) { $0 + Int($1.released) }
            walk.passed(changed: changes.count { $0.result == .done }, items: page.occurrences.count, next: page.cursor)
        }
        return walk.answer(["released": .integer(Int64(released)), "reminders": .integer(Int64(walk.changed))])
    }
}

/// The way of one request through what is set aside, a page of the scheduler's at a time.
private struct BulkWalk {
    /// Occurrences of one call.
    private static let page = 1_000

    private let allowance: Allowance?
    /// Taken of the allowance for the call under way, with the one that came with the request.
    private var taken = 0
    private var hasBegun = false
    private(set) var cursor: [UInt8]
    private(set) var changed = 0
    private var isAtEnd = false
    private let until = ContinuousClock.now + Bounds.bulkTime

    /// - Parameters:
    ///   - cursor: of the answer before; empty: from the latest on.
    ///   - allowance: of the caller; `nil`: any number.
    init(from cursor: [UInt8], _ allowance: Allowance?) {
        self.cursor = cursor
        self.allowance = allowance
    }

    /// How many occurrences the next call may change; `nil`: this request has done what it may.
    mutating func next() -> UInt32? {
        guard !isAtEnd, changed < Bounds.bulkChanges, .now < until else { return nil }
        let admitted = hasBegun ? 0 : 1
        hasBegun = true
        taken = admitted + (allowance?.take(upTo: Self.page - admitted) ?? Self.page - admitted)
        return taken > 0 ? UInt32(taken) : nil
    }

    /// - Parameters:
    ///   - count: what was changed.
    ///   - items: occurrences that count towards the caller's rate.
    mutating func passed(changed count: Int, items: Int, next: [UInt8]) {
        allowance?.giveBack(items: max(0, taken - max(1, items)))
        changed += count
        cursor = next
        isAtEnd = next.isEmpty
    }

    /// - Parameter counts: what was done.
    func answer(_ counts: JSONObject) -> Answer {
        var object: JSONObject = ["message": "success"]
        for member in counts.members { object[member.name] = member.value }
        object["more"] = .bool(!isAtEnd)
        object["next_cursor"] = Cursor.json(cursor)
        return Answer(.ok, .object(object))
    }
}
