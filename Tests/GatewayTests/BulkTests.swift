import NIOConcurrencyHelpers
import TaskDomain
import TaskJSON
import TaskMessages
import Testing

@testable import gateway

@Suite("Changes of all that match", .timeLimit(.minutes(1)))
struct BulkTests {
    /// The cursor behind page number `page`.
    private static func cursor(_ page: Int64) -> [UInt8] { ListCursor(.latestSetAside, major: page).bytes }

    private static func page(_ cursor: [UInt8]) -> Int64 { ListCursor(bytes: cursor)?.major ?? 0 }

    @Test("pages without anything of the caller's are passed, and the rest is found behind them", arguments: ["replay", "discard"])
    func foreign(action: String) async throws {
        try await withGateway { gateway, peer in
            peer.state.withLockedValue {
                $0.changeOccurrences = { request in
                    let page = Self.page(request.cursor)
                    guard request.action == (action == "replay" ? .replay : .discard), request.filter?.classroomId == "c" else { return .init() }
                    return Proto.ChangeOccurrencesReply(changed: page == 7 ? 3 : 0, cursor: page == 9 ? [] : Self.cursor(page + 1))
                }
            }
            let answer = try await gateway.post("/dead-letters/\(action)", ["classroom_id": "c"])
            let count = action == "replay" ? "replayed" : "discarded"
            #expect(answer.json?[count] == 3 && answer.json?["more"] == false && answer.json?["next_cursor"] == .null, "\(answer.text)")
        }
    }

    @Test("a request that has done its most says where the next goes on")
    func bounded() async throws {
        try await withGateway { gateway, peer in
            let last: Int64 = 149
            peer.state.withLockedValue {
                $0.changeOccurrences = { request in
                    let page = Self.page(request.cursor)
                    return Proto.ChangeOccurrencesReply(changed: 1_000, cursor: page == last ? [] : Self.cursor(page + 1))
                }
            }
            let first = try await gateway.post("/dead-letters/replay", [:])
            #expect(first.json?["more"] == true)
            guard case .integer(let done)? = first.json?["replayed"], case .string(let cursor)? = first.json?["next_cursor"] else {
                Issue.record("\(first.text)")
                return
            }
            #expect(done <= 100_000 && done == 1_000 * Self.page(Cursor.bytes(cursor) ?? []))
            var total = done, next: JSONValue = .string(cursor)
            while case .string = next {
                let answer = try await gateway.post("/dead-letters/replay", ["cursor": next])
                guard case .integer(let done)? = answer.json?["replayed"] else { break }
                total += done
                next = answer.json?["next_cursor"] ?? .null
            }
            #expect(total == 1_000 * (last + 1))
        }
    }

    @Test("a release goes through pages that hold nothing of the person's, and names each reminder once a page")
    func release() async throws {
        try await withGateway { gateway, peer in
            var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
            let id = ReminderID(at: UnixSeconds(now).milliseconds, using: &random).bytes
            peer.state.withLockedValue {
                $0.creates = [Proto.CreateRequest(reminder: Proto.Reminder(id: id, misfirePolicy: .fireOnce))]
                $0.listOccurrences = { request in
                    let page = Self.page(request.cursor)
                    let occurrence = Proto.Occurrence(id: id, scheduledAt: 5)
                    return Proto.ListOccurrencesReply(
                        occurrences: page == 12 ? [occurrence, occurrence] : [], cursor: page == 13 ? [] : Self.cursor(page + 1))
                }
            }
            let answer = try await gateway.post("/held/release", ["created_by": "u", "auth_header": "Bearer fresh-credential"])
            #expect(answer.json == ["message": "success", "released": 3, "reminders": 1, "more": false, "next_cursor": .null])
            #expect(peer.state.withLockedValue { $0.authorizations } == ["Bearer fresh-credential"])
        }
    }

    @Test("a cursor of another list, or none at all, is refused", arguments: ["", "!", "AAAA", Base64.urlText(ListCursor(.newestFirst, major: 1).bytes)])
    func cursors(text: String) async throws {
        try await withGateway { gateway, _ in
            for path in ["/dead-letters/replay", "/dead-letters/discard"] {
                #expect(expectProblem(try await gateway.post(path, ["cursor": .string(text)]), 422) == ["/cursor"])
            }
            let release = try await gateway.post("/held/release", ["created_by": "u", "auth_header": "Bearer fresh", "cursor": .string(text)])
            #expect(expectProblem(release, 422) == ["/cursor"])
        }
    }
}
