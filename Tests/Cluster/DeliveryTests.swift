import Foundation
import Testing

/// Processes are many and cores are few: a suite has one cluster at a time, and as many suites run as there are cores, since a test
/// keeps its thread while it waits.
@Suite("the cluster")
struct ClusterSuite {}

extension ClusterSuite {
    @Suite("delivers what it was asked for", .serialized)
    struct Deliveries {
        @Test("a reminder goes in over HTTP and comes out at the backend at its time, to the letter of the contract")
        func first() throws {
            let cluster = try Cluster()
            let due = Cluster.now + 2
            let answer = try cluster.create(Cluster.reminder(at: due))
            let id = try #require(answer.json["id"] as? String)
            #expect(answer.headers["location"] == "/reminders/\(id)")
            #expect(answer.json["message"] as? String == "success")
            #expect(answer.json["state"] as? String == "scheduled")
            #expect(answer.json["next_fire_at"] as? Int64 == due)
            #expect(answer.json["upcoming"] as? [Int64] == [due])
            try cluster.waitUntilCompleted(id)
            let delivery = try #require(try cluster.deliveries().first)
            #expect(delivery.key == "\(id):\(due)")
            #expect(delivery.received_at_ms >= due * 1_000)
            #expect(delivery.status == 200)
            let summary = try cluster.summary()
            #expect(summary.requests == 1)
            #expect(summary.malformed == 0)
            let attempts = try cluster.attempts(id)
            #expect(attempts.count == 1)
            #expect(attempts[0]["outcome"] as? String == "delivered")
            #expect(attempts[0]["status_code"] as? Int == 200)
            try cluster.expectNoCredentialOnDisk()
        }

        @Test("a series of five seconds is five deliveries, each once, none early")
        func series() throws {
            let cluster = try Cluster()
            let due = Cluster.now + 2
            let answer = try cluster.create(Cluster.reminder(at: due, rule: "\"FREQ=SECONDLY;COUNT=5\""))
            #expect(answer.json["upcoming"] as? [Int64] == (0..<5).map { due + $0 })
            try cluster.waitUntilCompleted(try #require(answer.json["id"] as? String))
            #expect(try cluster.deliveries().map(\.scheduled_at) == (0..<5).map { due + $0 })
            let summary = try cluster.summary()
            #expect(summary.early == 0)
            #expect(summary.received_twice == 0)
        }

        @Test("a weekly rule follows its zone's wall clock, as text and in the predecessor's object form")
        func weekly() throws {
            let cluster = try Cluster()
            // Monday 22 March 2027, 09:00 in Berlin; the clocks go forward on the 28th.
            let start: Int64 = 1_805_702_400
            let expected = [start, start + 2 * 86_400, start + 7 * 86_400 - 3_600, start + 9 * 86_400 - 3_600]
            for rule in ["\"FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4\"", #"{"freq":2,"interval":1,"byweekday":[0,2],"count":4}"#] {
                let answer = try cluster.create(Cluster.reminder(at: start, rule: rule, more: #","timezone":"Europe/Berlin""#))
                #expect(answer.json["next_fire_at"] as? Int64 == start)
                #expect(answer.json["upcoming"] as? [Int64] == expected)
            }
        }

        @Test("a reminder in the past fires at once; one that is cancelled never")
        func pastAndCancelled() throws {
            let cluster = try Cluster()
            let past = try #require(try cluster.create(Cluster.reminder(at: Cluster.now - 3_600, title: "past")).json["id"] as? String)
            let doomed = try #require(try cluster.create(Cluster.reminder(at: Cluster.now + 2, title: "doomed")).json["id"] as? String)
            let cancelled = try HTTPConnection(cluster.api).send("DELETE", "/reminders/\(doomed)", body: nil)
            #expect((200..<300).contains(cancelled.status), "\(cancelled.body)")
            let later = try #require(try cluster.create(Cluster.reminder(at: Cluster.now + 3, title: "later")).json["id"] as? String)
            try cluster.waitUntilCompleted(past)
            try cluster.waitUntilCompleted(later)
            #expect(try cluster.reminder(doomed)["state"] as? String == "cancelled")
            #expect(try cluster.summary().keys == 2)
        }

        @Test("an Idempotency-Key makes one reminder of a request that is repeated, also over a restart")
        func idempotency() throws {
            let cluster = try Cluster()
            let body = Cluster.reminder(at: Cluster.now + 3_600)
            let connection = try HTTPConnection(cluster.api)
            let first = try connection.post("/remind_me", body, headers: ["Idempotency-Key": "k1"])
            #expect(first.status == 201)
            cluster.scheduler.kill()
            try cluster.scheduler.start()
            let again = try connection.post("/remind_me", body, headers: ["Idempotency-Key": "k1"])
            #expect(again.status == 201)
            #expect(again.body == first.body)
            let other = try connection.post("/remind_me", Cluster.reminder(at: 2_000_000_000), headers: ["Idempotency-Key": "k1"])
            #expect(other.status == 409)
            #expect(other.headers["content-type"]?.hasPrefix("application/problem+json") == true)
        }

        @Test("while no scheduler can commit, the answer is 503 with Retry-After, never a success")
        func unavailable() throws {
            let cluster = try Cluster()
            cluster.scheduler.kill()
            let connection = try HTTPConnection(cluster.api)
            let answer = try connection.post("/remind_me", Cluster.reminder(at: Cluster.now + 60))
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] != nil)
            try cluster.scheduler.start()
            try Cluster.wait("creates to succeed again") {
                try connection.post("/remind_me", Cluster.reminder(at: Cluster.now + 3_600)).status == 201
            }
        }
    }
}
