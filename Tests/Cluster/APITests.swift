import Crypto
import Foundation
import Testing

extension ClusterSuite {
    /// What callers do to reminders, occurrences and queues, with the real services behind it.
    @Suite("the API", .serialized)
    struct API {
        private func id(_ answer: HTTPConnection.Answer) throws -> String { try #require(answer.json["id"] as? String, "\(answer.body)") }

        private func names(_ answer: HTTPConnection.Answer, _ list: String = "reminders") -> [String] {
            (answer.json[list] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
        }

        @Test("lists filter, page without gaps or repetitions, and find by due time")
        func lists() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), start = Cluster.now + 3_600
            var made: [String] = []
            for number in 0..<25 {
                let body = Cluster.reminder(
                    at: start + Int64(25 - number),
                    more: #","queue":"\#(number % 2 == 0 ? "even" : "odd")","description":"Exam number \#(number) 100%""#)
                made.append(try id(cluster.create(body)))
            }
            var seen: [String] = [], cursor = ""
            repeat {
                let page = try connection.get("/reminders?limit=7" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
                #expect(page.status == 200, "\(page.body)")
                seen += names(page)
                cursor = page.json["next_cursor"] as? String ?? ""
                // One that comes in between is newer than the page, so it shows on none that follows.
                if seen.count == 7 { _ = try cluster.create(Cluster.reminder(at: start)) }
            } while !cursor.isEmpty
            #expect(seen == made.reversed())
            #expect(names(try connection.get("/reminders?queue=odd&limit=500")).count == 12)
            #expect(names(try connection.get("/reminders?description=exam%20NUMBER%2024")) == [made[24]])
            #expect(names(try connection.get("/reminders?description=100%25&classroom_id=c&created_by=u&limit=500")).count == 25)
            #expect(names(try connection.get("/reminders?description=_")).isEmpty)
            let due = try connection.get("/reminders?due_after=\(start + 1)&due_before=\(start + 4)")
            #expect(names(due) == [made[24], made[23], made[22]])
            #expect(try connection.send("DELETE", "/reminders/\(made[3])", body: nil).status == 200)
            #expect(names(try connection.get("/reminders?state=cancelled")) == [made[3]])
            for query in ["limit=0", "limit=501", "state=gone", "cursor=abc", "surprise=1", "due_after=soon", "queue=a%20b"] {
                #expect(try connection.get("/reminders?" + query).status == 422, "\(query)")
            }
        }

        @Test("any part can be changed, takes effect for what comes next, and lost updates are noticed")
        func patch() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), start = Cluster.now + 3_600
            let id = try id(cluster.create(Cluster.reminder(at: start, rule: #""FREQ=DAILY""#)))
            let path = "/reminders/\(id)"
            let first = try #require(try connection.get(path).headers["etag"])
            let changed = try connection.send(
                "PATCH", path, body: #"{"priority":9,"rrule":{"freq":4},"notification_metadata":{"title":"new"}}"#, headers: ["If-Match": first])
            #expect(changed.status == 200, "\(changed.body)")
            #expect(changed.headers["etag"] != first)
            #expect(try connection.send("PATCH", path, body: #"{"priority":1}"#, headers: ["If-Match": first]).status == 412)
            let read = try connection.get(path)
            #expect(read.json["priority"] as? Int == 9 && read.json["rrule"] as? String == "FREQ=HOURLY")
            #expect((read.json["notification_metadata"] as? [String: Any])?["title"] as? String == "new")
            #expect((read.json["notification_metadata"] as? [String: Any])?["body"] as? String == "b")

            // Every fault at once, and nothing of it is stored.
            let bad = try connection.send(
                "PATCH", path, body: #"{"priority":10,"queue":"a b","surprise":1,"notification_metadata":{"title":null,"kind":"x"}}"#)
            #expect(bad.status == 422)
            let pointers = Set((bad.json["errors"] as? [[String: Any]] ?? []).compactMap { $0["pointer"] as? String })
            #expect(pointers == ["/priority", "/queue", "/surprise", "/notification_metadata/title", "/notification_metadata/kind"])
            #expect(try connection.get(path).headers["etag"] == read.headers["etag"])

            // From one time in an hour to now: it is delivered now, with the title and the credential as they are then.
            #expect(try connection.send("PATCH", path, body: #"{"rrule":null,"start_datetime":\#(Cluster.now)}"#).status == 200)
            try cluster.waitUntilCompleted(id)
            #expect(try cluster.summary().delivered == 1)
            #expect(try connection.send("PATCH", path, body: #"{"start_datetime":\#(start)}"#).status == 409)
        }

        @Test("a recurrence set is kept whole: it is shown, changed without being lost, and exactly its occurrences are delivered")
        func set() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), start = Cluster.now + 3
            func text(_ instant: Int64) -> String {
                let formatter = DateFormatter()
                (formatter.locale, formatter.timeZone) = (Locale(identifier: "en_US_POSIX"), TimeZone(identifier: "UTC"))
                formatter.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
                return formatter.string(from: Date(timeIntervalSince1970: TimeInterval(instant)))
            }
            let lines = [
                "DTSTART:\(text(start))", "RRULE:FREQ=SECOND", " LY;COUNT=6", "EXRULE:FREQ=SECONDLY;INTERVAL=2",
                "RDATE:\(text(start + 9)),\(text(start + 11))", "EXDATE:\(text(start + 11))", "EXDATE;VALUE=DATE:20200101", "",
            ]
            let rule = #""\#(lines.joined(separator: #"\r\n"#))""#
            let body = Cluster.reminder(at: start, rule: rule).replacing(#""start_datetime":\#(start),"#, with: "")
            let created = try cluster.create(body)
            #expect(created.json["upcoming"] as? [Int64] == [1, 3, 5, 9].map { start + $0 }, "\(created.body)")
            let id = try id(created), path = "/reminders/\(id)"
            let kept = "RRULE:FREQ=SECONDLY;COUNT=6\nEXRULE:FREQ=SECONDLY;INTERVAL=2\nEXDATE;VALUE=DATE:20200101"
            #expect(try connection.send("PATCH", path, body: #"{"priority":9}"#).status == 200)
            let read = try connection.get(path)
            #expect(read.json["rrule"] as? String == kept && read.json["start_datetime"] as? Int64 == start, "\(read.body)")
            #expect(read.json["timezone"] as? String == "UTC" && read.json["rdates"] as? [Int64] == [start + 9, start + 11])
            #expect(read.json["exdates"] as? [Int64] == [start + 11])
            try cluster.waitUntilCompleted(id)
            #expect(try cluster.deliveries().map(\.scheduled_at).sorted() == [1, 3, 5, 9].map { start + $0 })
            #expect(try cluster.summary().received_twice == 0 && cluster.summary().early == 0)
        }

        @Test("a series since 1950 goes on with its next time, and costs no walk through the years")
        func longAgo() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api)
            // 12 March 1950 in Berlin, and each second since then.
            let birthday = Cluster.reminder(at: -625_107_600, rule: #""FREQ=YEARLY""#, more: #","timezone":"Europe/Berlin","misfire_policy":"skip""#)
            let second = Cluster.reminder(at: -62_135_596_800, rule: #""FREQ=SECONDLY;INTERVAL=3600""#, more: #","misfire_policy":"skip""#)
            for (body, most) in [(birthday, 366 * 86_400), (second, 3_600)] {
                let created = try cluster.create(body.replacing(/"created_at":-\d+/, with: #""created_at":0"#)), id = try id(created)
                let next = try #require((created.json["upcoming"] as? [Int64])?.first, "\(created.body)")
                #expect(next > Cluster.now - 60 && next <= Cluster.now + Int64(most))
                try Cluster.wait("it to go on") { try connection.get("/reminders/\(id)").json["next_fire_at"] as? Int64 == next }
                #expect((try connection.get("/reminders/\(id)/upcoming?count=1").json["upcoming"] as? [Int64]) == [next])
                let first = (try connection.get("/reminders/\(id)/attempts").json["attempts"] as? [[String: Any]])?.first
                #expect(first?["outcome"] as? String == "misfired")
            }
            #expect(try cluster.summary().requests == 0)
        }

        @Test("what is paused is not fired, what is run now is, and a series goes on where it is resumed")
        func pause() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), start = Cluster.now + 2
            let series = try id(cluster.create(Cluster.reminder(at: start, rule: #""FREQ=SECONDLY""#)))
            let once = try id(cluster.create(Cluster.reminder(at: start)))
            for id in [series, once] { #expect(try connection.post("/reminders/\(id)/pause", "").status == 200) }
            // Also over a restart of the scheduler.
            cluster.scheduler.kill()
            try cluster.scheduler.start()
            try cluster.waitUntilReady(cluster.gateway)
            try Cluster.wait("the time to pass") { Cluster.now > start + 2 }
            #expect(try cluster.summary().requests == 0)

            let run = try connection.post("/reminders/\(series)/run", "")
            let scheduledAt = try #require(run.json["scheduled_at"] as? Int64, "\(run.body)")
            try Cluster.wait("it to be run") { try cluster.summary().delivered == 1 }
            #expect(try cluster.deliveries().map(\.key) == ["\(series):\(scheduledAt)"])

            for id in [series, once] { #expect(try connection.post("/reminders/\(id)/resume", "").status == 200) }
            let resumed = Cluster.now
            try cluster.waitUntilCompleted(once)
            try Cluster.wait("the series to go on") { try cluster.deliveries().count { $0.key.hasPrefix(series) } >= 3 }
            #expect(try connection.send("DELETE", "/reminders/\(series)", body: nil).status == 200)
            let times = try cluster.deliveries().filter { $0.key.hasPrefix(series) }.map(\.scheduled_at).sorted()
            #expect(times.dropFirst().allSatisfy { $0 >= resumed }, "\(times) before \(resumed)")
            #expect(try cluster.summary().received_twice == 0)
            #expect(try connection.post("/reminders/\(series)/resume", "").status == 409)
        }

        @Test("dead letters are listed, read, replayed one by one and by filter, and discarded")
        func deadLetters() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), now = Cluster.now
            try cluster.behave(#"{"status":422}"#)
            let ids = try cluster.create(6) { _ in Cluster.reminder(at: now) }
            for id in ids { try cluster.waitUntilCompleted(id) }
            #expect(Set(names(try connection.get("/dead-letters?classroom_id=c"), "dead_letters")) == Set(ids.map { "\($0):\(now)" }))
            let one = try connection.get("/dead-letters/\(ids[0]):\(now)")
            #expect(one.json["outcome"] as? String == "rejected" && one.json["status_code"] as? Int == 422)
            #expect((one.json["attempts"] as? [[String: Any]])?.count == 1)
            try cluster.behave(#"{"status":200}"#)
            #expect(try connection.post("/dead-letters/\(ids[0]):\(now)/replay", "").status == 200)
            try Cluster.wait("it to be delivered") { try cluster.summary().delivered == 1 }
            #expect(try connection.post("/dead-letters/\(ids[0]):\(now)/replay", "").status == 404)
            #expect(try connection.send("DELETE", "/dead-letters/\(ids[1]):\(now)", body: nil).status == 200)
            #expect(try connection.post("/dead-letters/replay", #"{"created_by":"nobody"}"#).json["replayed"] as? Int == 0)
            #expect(try connection.post("/dead-letters/replay", #"{"created_by":"u"}"#).json["replayed"] as? Int == 4)
            try Cluster.wait("all to be delivered") { try cluster.summary().delivered == 5 }
            #expect(names(try connection.get("/dead-letters"), "dead_letters").isEmpty)
            for id in ids { try cluster.waitUntilCompleted(id) }
            // The first refusal and the delivery: the same key both times.
            #expect(try cluster.summary().keys == 6 && cluster.summary().delivered_twice == 0)
        }

        @Test("held occurrences are released for a person at once, and by nothing of somebody else's")
        func held() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), now = Cluster.now
            try cluster.behave(#"{"status":401}"#)
            let ids = try cluster.create(5) { _ in Cluster.reminder(at: now) }
            try Cluster.wait("all to be held") { names(try connection.get("/held"), "held").count == 5 }
            try cluster.behave(#"{"status":200}"#)
            let other = try connection.post("/held/release", #"{"created_by":"other","auth_header":"Bearer fresh"}"#)
            #expect(other.json["released"] as? Int == 0, "\(other.body)")
            let answer = try connection.post("/held/release", #"{"created_by":"u","auth_header":"Bearer fresh"}"#)
            #expect(answer.json["released"] as? Int == 5 && answer.json["reminders"] as? Int == 5, "\(answer.body)")
            for id in ids { try cluster.waitUntilCompleted(id) }
            #expect(try cluster.summary().delivered == 5)
        }

        @Test("a batch is answered item by item, and what is repeated with its key is created once")
        func batch() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), start = Cluster.now + 3_600
            let old = try id(cluster.create(Cluster.reminder(at: start)))
            let good = (0..<998).map { _ in Cluster.reminder(at: start) }.joined(separator: ",")
            let body = #"{"create":[\#(good),{"surprise":1}],"cancel":["\#(old)"]}"#
            let first = try connection.post("/reminders/batch", body, headers: ["Idempotency-Key": "batch-1"])
            #expect(first.status == 200, "\(first.body.prefix(300))")
            let created = try #require(first.json["created"] as? [[String: Any]])
            #expect(created.map { $0["status"] as? Int } == Array(repeating: 201, count: 998) + [422])
            #expect((first.json["cancelled"] as? [[String: Any]])?.first?["state"] as? String == "cancelled")
            let again = try connection.post("/reminders/batch", body, headers: ["Idempotency-Key": "batch-1"])
            #expect((again.json["created"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == created.compactMap { $0["id"] as? String })
            let ids = created.compactMap { $0["id"] as? String }
            let cancel = #"{"cancel":[\#(ids.map { "\"\($0)\"" }.joined(separator: ","))]}"#
            let cancelled = try #require(try connection.post("/reminders/batch", cancel).json["cancelled"] as? [[String: Any]])
            #expect(cancelled.count == 998 && cancelled.allSatisfy { $0["status"] as? Int == 200 })
            #expect(try connection.post("/reminders/batch", #"{"create":[\#(good),{},{},{}]}"#).status == 422)
        }

        @Test("a paused queue waits and others go on; a rate spreads what is due")
        func queues() throws {
            let cluster = try Cluster(environment: ["WORKER_QUEUES": "default,slow"])
            let connection = try HTTPConnection(cluster.api), now = Cluster.now
            #expect(try connection.send("PATCH", "/queues/slow", body: #"{"paused":true}"#).status == 200)
            let slow = try cluster.create(6) { _ in Cluster.reminder(at: now, title: "slow", more: #","queue":"slow""#) }
            let fast = try cluster.create(6) { _ in Cluster.reminder(at: now) }
            for id in fast { try cluster.waitUntilCompleted(id) }
            #expect(try cluster.summary().delivered == 6)
            #expect(try connection.get("/queues/slow").json["ready"] as? Int == 6)
            cluster.scheduler.kill()
            try cluster.scheduler.start()
            try Cluster.wait("the queue to be there again") { (try? connection.get("/queues/slow").json["ready"] as? Int) == 6 }
            #expect(try connection.get("/queues/slow").json["paused"] as? Bool == true)
            let begun = Cluster.now
            #expect(
                try connection.send("PATCH", "/queues/slow", body: #"{"paused":false,"rate_limit":{"count":2,"per_seconds":1}}"#).status == 200)
            for id in slow { try cluster.waitUntilCompleted(id) }
            // Two at once, then one each half second.
            #expect(Cluster.now - begun >= 2)
            #expect(try cluster.summary().delivered == 12 && cluster.summary().received_twice == 0)
        }

        @Test("a task that no worker has waits, and is said to wait")
        func unserved() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api)
            let id = try id(connection.post("/tasks", #"{"task":"nobody.has","args":[1,null],"kwargs":{"a":{"b":2}}}"#))
            let read = try connection.get("/reminders/\(id)")
            #expect(read.json["served"] as? Bool == false && read.json["state"] as? String == "scheduled")
            #expect((read.json["args"] as? [Any])?.count == 2)
            let ops = try HTTPConnection(try cluster.scheduler.address(saidWith: "ops listening"))
            try Cluster.wait("the scheduler to say so") { try ops.get("/readyz").body.contains("default/nobody.has") }
            #expect(try ops.get("/readyz").status == 200)
            #expect(try connection.post("/tasks", #"{"task":"edvora.notification"}"#).status == 422)
        }

        @Test("workers are listed with what they are and have done, and one that was stopped is shown as gone")
        func workers() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api)
            let id = try id(cluster.create(Cluster.reminder(at: Cluster.now)))
            try cluster.waitUntilCompleted(id)
            func worker() throws -> [String: Any] {
                let workers = try #require(try connection.get("/workers").json["workers"] as? [[String: Any]])
                #expect(workers.count == 1)
                return try #require(workers.first)
            }
            let seen = try worker(), instance = try #require(seen["instance"] as? String)
            #expect(seen["state"] as? String == "attached" && seen["finished"] as? Int == 1 && seen["failed"] as? Int == 0)
            #expect((seen["host"] as? String)?.isEmpty == false && (seen["concurrency"] as? Int ?? 0) > 0)
            #expect(seen["queues"] as? [String] == ["default"])
            #expect((try connection.get("/workers/\(instance)").json["occurrences"] as? [Any])?.isEmpty == true)
            #expect(try cluster.workers[0].stop() == 0)
            try Cluster.wait("it is shown as gone") { try worker()["state"] as? String == "detached" }
        }

        @Test("an occurrence that runs is called off: taken out of the notifier before it leaves, its end, and its series goes on")
        func cancelOccurrence() throws {
            let cluster = try Cluster(own: ["notifier": ["NOTIFIER_CONNECTIONS": "1"]])
            let connection = try HTTPConnection(cluster.api)
            // One that takes long keeps the only connection, and the other waits for it.
            let due = Cluster.now
            try cluster.behave(#"{"delay_ms":3000}"#)
            _ = try cluster.create(Cluster.reminder(at: due, title: "first"))
            try Cluster.wait("it to run") { try running(connection).count == 1 }
            let id = try id(cluster.create(Cluster.reminder(at: due, title: "second", rule: #"{"freq":0,"count":2}"#)))
            try Cluster.wait("both to run") { try running(connection).count == 2 }
            let answer = try connection.post("/reminders/\(id)/occurrences/\(due)/cancel", "")
            #expect(answer.status == 200 && answer.json["result"] as? String == "cancelled", "\(answer.body)")
            #expect(try cluster.attempts(id).map { $0["outcome"] as? String } == ["cancelled"])
            #expect(try connection.get("/reminders/\(id)").json["state"] as? String == "scheduled")
            #expect(try connection.post("/reminders/\(id)/occurrences/\(due)/cancel", "").status == 404)
        }

        private func running(_ connection: HTTPConnection) throws -> [Any] {
            let workers = try #require(try connection.get("/workers").json["workers"] as? [[String: Any]])
            let instance = try #require(workers.first?["instance"] as? String)
            return try #require(try connection.get("/workers/\(instance)").json["occurrences"] as? [Any])
        }

        @Test("a worker does what it is told while it runs, and what it was told is over when it starts again")
        func workerControl() throws {
            let cluster = try Cluster(own: ["worker": ["WORKER_MAX_CONCURRENCY": "1000", "WORKER_CONCURRENCY": "16"]])
            let connection = try HTTPConnection(cluster.api)
            func workers() throws -> [[String: Any]] { try #require(try connection.get("/workers").json["workers"] as? [[String: Any]]) }
            let instance = try #require(try workers().first?["instance"] as? String), path = "/workers/\(instance)"
            func tell(_ answer: HTTPConnection.Answer) throws -> [String: Any] {
                #expect(answer.status == 200 && answer.json["message"] as? String == "success", "\(answer.body)")
                return try #require(answer.json["worker"] as? [String: Any])
            }
            let changed = try tell(
                connection.send("PATCH", path, body: #"{"concurrency":1000,"take_queues":["bulk"],"drop_queues":["default"]}"#))
            #expect(changed["concurrency"] as? Int == 1_000 && changed["queues"] as? [String] == ["bulk"])
            #expect(try connection.send("PATCH", path, body: #"{"concurrency":1001}"#).status == 422)
            #expect(try connection.send("PATCH", path, body: #"{"drop_queues":["bulk"]}"#).status == 422)
            // The queue that it has taken, and the one that nobody serves now.
            try cluster.waitUntilCompleted(id(cluster.create(Cluster.reminder(at: Cluster.now, more: #","queue":"bulk""#))))
            let waiting = try id(cluster.create(Cluster.reminder(at: Cluster.now)))
            #expect(try connection.get("/reminders/\(waiting)").json["served"] as? Bool == false)
            #expect(try tell(connection.post(path + "/drain", ""))["state"] as? String == "drained")
            _ = try tell(connection.send("PATCH", path, body: #"{"take_queues":["default"]}"#))
            #expect(try connection.get("/reminders/\(waiting)").json["state"] as? String == "scheduled")
            #expect(try tell(connection.post(path + "/resume", ""))["state"] as? String == "attached")
            try cluster.waitUntilCompleted(waiting)
            _ = try tell(connection.post(path + "/shut-down", ""))
            try Cluster.wait("it ends") { !cluster.workers[0].isRunning }
            #expect(try cluster.workers[0].stop() == 0)
            try Cluster.wait("it is shown as gone") { try workers().first?["state"] as? String == "detached" }
            #expect(try connection.post(path + "/drain", "").status == 409)
            try cluster.workers[0].start()
            try Cluster.wait("it is back as it was started") {
                try workers().contains { $0["state"] as? String == "attached" && $0["concurrency"] as? Int == 16 && $0["queues"] as? [String] == ["default"] }
            }
        }

        @Test("any task can be asked for: a worker runs it, and what it refuses is a dead letter")
        func tasks() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api)
            let good = try id(connection.post("/tasks", #"{"task":"worker.log","kwargs":{"message":"hello from a test"}}"#))
            try cluster.waitUntilCompleted(good)
            try Cluster.wait("the line to be logged") { cluster.workers[0].logged.contains("hello from a test") }
            #expect(try cluster.attempts(good).first?["outcome"] as? String == "delivered")
            let bad = try id(connection.post("/tasks", #"{"task":"worker.log","kwargs":{"massage":"oops"}}"#))
            try cluster.waitUntilCompleted(bad)
            let letters = try connection.get("/dead-letters?task=worker.log").json["dead_letters"] as? [[String: Any]]
            #expect(letters?.first?["detail"] as? String == "argument message is missing")
            // A change of its arguments, and a second chance.
            let letter = try #require(letters?.first?["id"] as? String)
            #expect(try connection.send("PATCH", "/reminders/\(bad)", body: #"{"kwargs":{"message":"mended"}}"#).status == 200)
            #expect(try connection.post("/dead-letters/\(letter)/replay", "").status == 200)
            try Cluster.wait("it to be logged") { cluster.workers[0].logged.contains("mended") }
        }

        @Test("an occurrence that nobody delivered in time is a dead letter, expired, and its series goes on")
        func expiry() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), now = Cluster.now
            try cluster.behave(#"{"status":503}"#)
            let id = try id(cluster.create(Cluster.reminder(at: now, more: #","expires_after_seconds":2"#)))
            try cluster.waitUntilCompleted(id)
            let letter = try connection.get("/dead-letters/\(id):\(now)")
            #expect(letter.json["outcome"] as? String == "expired", "\(letter.body)")
        }

        @Test("a caller sees and changes its own reminders, an admin all, and nobody else gets in")
        func callers() throws {
            let file = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: file) }
            func line(_ name: String, _ more: String = "") -> String {
                "\(name) " + SHA256.hash(data: Data("key-of-\(name)".utf8)).map { String(format: "%02x", $0) }.joined() + more + "\n"
            }
            try (line("ann") + line("bob") + line("root", " admin") + line("slow", " rate=1")).write(to: file, atomically: true, encoding: .utf8)
            let cluster = try Cluster(environment: ["GATEWAY_API_KEYS_FILE": file.path])
            let connection = try HTTPConnection(cluster.api), start = Cluster.now + 3_600
            func key(_ name: String) -> [String: String] { ["Authorization": "Bearer key-of-\(name)"] }
            let body = Cluster.reminder(at: start)
            let refused = try connection.post("/remind_me", body)
            #expect(refused.status == 401 && refused.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
            #expect(try connection.post("/remind_me", body, headers: key("eve")).status == 401)
            let mine = try id(connection.post("/remind_me", body, headers: key("ann")))
            let path = "/reminders/\(mine)"
            for (name, status) in [("ann", 200), ("bob", 404), ("root", 200)] {
                #expect(try connection.send("GET", path, body: nil, headers: key(name)).status == status)
                #expect(try connection.send("GET", path + "/attempts", body: nil, headers: key(name)).status == status)
                #expect(try connection.send("GET", path + "/upcoming", body: nil, headers: key(name)).status == status)
                #expect(try connection.send("PATCH", path, body: #"{"priority":1}"#, headers: key(name)).status == status)
                #expect(try connection.send("PATCH", path, body: #"{"auth_header":"Bearer z"}"#, headers: key(name)).status == status)
                for action in ["pause", "resume", "run"] {
                    #expect(try connection.post(path + "/" + action, "", headers: key(name)).status == status, "\(name) \(action)")
                }
                let listed = names(try connection.send("GET", "/reminders", body: nil, headers: key(name)))
                #expect(listed == (status == 200 ? [mine] : []))
            }
            #expect(try connection.send("PATCH", "/queues/default", body: #"{"paused":true}"#, headers: key("ann")).status == 403)
            let cancel = #"{"cancel":["\#(mine)"]}"#
            #expect(((try connection.post("/reminders/batch", cancel, headers: key("bob"))).json["cancelled"] as? [[String: Any]])?.first?["status"] as? Int == 404)
            #expect(try connection.send("DELETE", path, body: nil, headers: key("bob")).status == 404)
            #expect(try connection.send("DELETE", path, body: nil, headers: key("ann")).status == 200)
            // Its rate: one a second.
            let answers = try (0..<3).map { _ in try connection.send("GET", "/reminders", body: nil, headers: key("slow")) }
            #expect(answers.contains { $0.status == 429 && $0.headers["retry-after"] == "1" })
            for path in ["/", "/docs", "/openapi.json"] { #expect(try connection.get(path).status == 200) }
            // A key that is taken out of the file is none any more, at once.
            try (line("ann") + line("root", " admin")).write(to: file, atomically: true, encoding: .utf8)
            #expect(try connection.send("GET", "/reminders", body: nil, headers: key("bob")).status == 401)
            #expect(try connection.send("GET", "/reminders", body: nil, headers: key("ann")).status == 200)
        }

        @Test("however many queues callers make up, all are listed in pages, one is read alone, and one can be paused")
        func manyQueues() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api), batches = 3
            var all: Set<String> = ["default"]
            for batch in 0..<batches {
                let names = (0..<1_000).map { "q\(batch)-\($0)" }
                let items = names.map { #"{"task":"nobody.has","queue":"\#($0)","start_datetime":0}"# }.joined(separator: ",")
                #expect(try connection.post("/reminders/batch", "{\"create\":[\(items)]}").status == 200)
                all.formUnion(names)
            }
            try Cluster.wait("the last to be due") { try connection.get("/queues/q\(batches - 1)-999").json["ready"] as? Int == 1 }
            var listed: [String] = [], cursor = ""
            repeat {
                let page = try connection.get("/queues?limit=500\(cursor)").json
                listed += (page["queues"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
                cursor = (page["next_cursor"] as? String).map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(Set(listed) == all && listed == listed.sorted() && listed.count == all.count)
            let paused = try connection.send("PATCH", "/queues/q0-7", body: #"{"paused":true}"#)
            #expect(paused.status == 200 && paused.json["ready"] as? Int == 1, "\(paused.body)")
        }

        @Test("jitter spreads what is due at one second, never early, and the same after a restart")
        func jitter() throws {
            let cluster = try Cluster()
            let start = Cluster.now + 2
            let ids = try cluster.create(40) { _ in Cluster.reminder(at: start, more: #","jitter_seconds":3"#) }
            for id in ids { try cluster.waitUntilCompleted(id) }
            let deliveries = try cluster.deliveries()
            #expect(deliveries.count == 40 && deliveries.allSatisfy { $0.received_at_ms >= start * 1_000 })
            #expect(Set(deliveries.map { $0.received_at_ms / 500 }).count >= 4, "all at once")
            #expect(try cluster.summary().early == 0)
        }
    }
}
