import Foundation
import Testing

extension ClusterSuite {
    @Suite("answers over HTTP", .serialized)
    struct HTTP {
        @Test("whatever is wrong with a request is answered as problem+json, and nothing is stored")
        func problems() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api)
            let good = Cluster.reminder(at: Cluster.now + 3_600)
            func expect(_ status: Int, _ answer: HTTPConnection.Answer, _ what: String) {
                #expect(answer.status == status, "\(what): \(answer.body)")
                #expect(answer.headers["content-type"] == "application/problem+json", "\(what)")
                #expect(answer.json["status"] as? Int == status, "\(what)")
                #expect(answer.json["title"] as? String != nil && answer.json["detail"] as? String != nil, "\(what)")
            }
            expect(400, try connection.post("/remind_me", "{"), "cut off")
            expect(400, try connection.post("/remind_me", String(repeating: "[", count: 60_000)), "nested")
            expect(400, try connection.post("/remind_me", #"{"a":1,"a":2}"#), "a name twice")
            expect(422, try connection.post("/remind_me", "[]"), "not an object")
            expect(422, try connection.post("/remind_me", #"{"surprise":1}"#), "unknown field")
            expect(413, try connection.post("/remind_me", String(repeating: " ", count: 65_537)), "too large")
            expect(404, try connection.get("/nowhere"), "no such path")
            expect(404, try connection.get("/reminders/not-an-id"), "no such id")
            expect(404, try connection.get("/reminders/01932c07-209c-7123-8abc-0123456789ab"), "no such reminder")
            expect(404, try connection.send("DELETE", "/reminders/01932c07-209c-7123-8abc-0123456789ab", body: nil), "nothing to cancel")
            expect(405, try connection.send("PUT", "/remind_me", body: good), "another method")
            expect(400, try connection.post("/remind_me", good, headers: ["Idempotency-Key": "two words"]), "a bad key")
            expect(422, try connection.get("/reminders/01932c07-209c-7123-8abc-0123456789ab/upcoming?count=0"), "a bad query")
            let metrics = try HTTPConnection(try cluster.gateway.address(saidWith: "ops listening")).get("/metrics").body
            #expect(metrics.contains("gateway_requests_total"))
            #expect(try cluster.summary().requests == 0)
        }

        @Test("a body of exactly 64 KiB is read, one byte more is not")
        func bodyBound() throws {
            let cluster = try Cluster()
            let body = Cluster.reminder(at: Cluster.now + 3_600)
            let padded = body + String(repeating: " ", count: 65_536 - body.utf8.count)
            #expect(try HTTPConnection(cluster.api).post("/remind_me", padded).status == 201)
            #expect(try HTTPConnection(cluster.api).post("/remind_me", padded + " ").status == 413)
        }

        @Test("a create can be read, previewed, listed and cancelled")
        func reading() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), start = Cluster.now + 3_600
            let id = try #require(
                try cluster.create(
                    Cluster.reminder(at: start, rule: "\"FREQ=DAILY\"", more: #","queue":"mail","priority":7,"description":"for a test""#)
                ).json["id"] as? String)
            let read = try connection.get("/reminders/\(id)")
            #expect(read.json["state"] as? String == "scheduled")
            #expect(read.json["queue"] as? String == "mail")
            #expect(read.json["priority"] as? Int == 7)
            #expect(read.json["rrule"] as? String == "FREQ=DAILY")
            #expect(read.json["next_fire_at"] as? Int64 == start)
            #expect(!read.body.contains("auth_header"))
            #expect(try connection.get("/reminders/\(id)/upcoming?count=3").json["upcoming"] as? [Int64] == (0..<3).map { start + $0 * 86_400 })
            #expect((try connection.get("/reminders/\(id)/attempts").json["attempts"] as? [Any])?.isEmpty == true)
            let preview = try connection.post("/preview", #"{"rrule":"FREQ=DAILY;COUNT=2","start_datetime":\#(start)}"#)
            #expect(preview.json["upcoming"] as? [Int64] == [start, start + 86_400])
            #expect(try connection.send("DELETE", "/reminders/\(id)", body: nil).status == 200)
            // A repetition gets the same answer.
            #expect(try connection.send("DELETE", "/reminders/\(id)", body: nil).status == 200)
            #expect(try connection.get("/reminders/\(id)").json["state"] as? String == "cancelled")
        }

        @Test("a bad setting ends the start with one line that names it, what it was and what it may be", arguments: [
            ("gateway", "GATEWAY_LISTEN", "nowhere"), ("scheduler", "SCHEDULER_STORE", "mysql://x"), ("worker", "WORKER_CONCURRENCY", "0"),
            ("notifier", "EDVORA_BASE_URL", "ftp://x"), ("gateway", "LOG_LEVEL", "loud"), ("scheduler", "SCHEDULER_LISTEN", "0.0.0.0:0"),
        ])
        func badSetting(service: String, name: String, value: String) throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "setting-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let environment = ["EDVORA_BASE_URL": "http://127.0.0.1:1"].merging([name: value]) { $1 }
            let process = ServiceProcess(service, executable: service, environment: environment, folder: folder)
            try process.start()
            try Cluster.wait("\(service) to end") { !process.isRunning }
            #expect(try process.stop() == 64)
            #expect(process.logged.split(separator: "\n").count == 1, "\(process.logged)")
            #expect(process.logged.contains(value))
        }
    }
}
