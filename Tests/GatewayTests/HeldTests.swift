import TaskDomain
import TaskJSON
import TaskMessages
import Testing

@testable import gateway

@Suite("What is held", .timeLimit(.minutes(1)))
struct HeldTests {
    private static let rare = "RRULE:FREQ=DAILY", endless = "RRULE:FREQ=SECONDLY\nEXRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"

    private static func page(of count: Int, rule: String, since first: Int64) -> Proto.ListOccurrencesReply {
        var generator = SystemRandomNumberGenerator()
        let schedule = Proto.Schedule(start: first, rule: rule, timezone: "Europe/Berlin")
        return Proto.ListOccurrencesReply(
            occurrences: (0..<count).map { _ in
                Proto.Occurrence(
                    id: ReminderID(at: UnixSeconds(first).milliseconds, using: &generator).bytes, scheduledAt: first,
                    reminder: Proto.Reminder(schedule: schedule, misfirePolicy: .fireOnce))
            })
    }

    @Test("the items of a page share what is counted one by one of what they missed, so that no page takes longer than one item")
    func counted() async throws {
        try await withGateway { gateway, peer in
            let now = SystemClock.now.second.count
            for count in [1, 10, 500] {
                peer.state.withLockedValue { $0.listOccurrences = { _ in Self.page(of: count, rule: Self.endless, since: now - 100_000) } }
                let answer = try await gateway.send("GET", "/held?limit=500")
                guard case .array(let items)? = answer.json?["held"] else { return _ = Issue.record("\(answer.text)") }
                #expect(items.count == count)
                let most = Missed.countedAtMost / Int64(count)
                #expect(items.allSatisfy { $0["missed"]?["count"] == .integer(most) && $0["missed"]?["at_least"] == true })
            }
        }
    }

    @Test("what a series missed is counted to the latest one, be they few or many", arguments: [0, 1, 3, 4, 5, 400])
    func exact(missed: Int64) async throws {
        try await withGateway { gateway, peer in
            let day: Int64 = 86_400, first = SystemClock.now.second.count - missed * day - day / 2
            // In a zone whose days have 24 hours.
            var reply = Self.page(of: 1, rule: Self.rare, since: first)
            reply.occurrences[0].reminder?.schedule?.timezone = "UTC"
            peer.state.withLockedValue { [reply] in $0.listOccurrences = { _ in reply } }
            guard case .array(let items)? = try await gateway.send("GET", "/held").json?["held"], let item = items.first else {
                return _ = Issue.record("no answer")
            }
            #expect(item["missed"]?["count"] == .integer(missed + 1))
            #expect(item["missed"]?["at_least"] == false)
            #expect(item["missed"]?["first"] == .integer(first) && item["missed"]?["last"] == .integer(first + missed * day))
        }
    }
}
