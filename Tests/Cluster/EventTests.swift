import Foundation
import Testing

extension ClusterSuite {
    /// Occurrences and events as operators see them, over real processes.
    @Suite("what operators see", .serialized)
    struct Events {
        /// A process that listens to events and keeps them in its log.
        private static func listen(_ cluster: Cluster, _ name: String, _ url: String) throws -> ServiceProcess {
            let process = ServiceProcess(name, at: URL(filePath: "/usr/bin/env"), folder: cluster.folder)
            try process.start(arguments: ["curl", "-sN", "--max-time", "120", url])
            return process
        }

        private static func events(_ name: String, in process: ServiceProcess) -> [String] {
            let parts: [String] = process.logged.components(separatedBy: "event: \(name)\n")
            return Array(parts[1...])
        }

        @Test("occurrences are listed where they stand, from ready to dead, and are counted so")
        func occurrences() throws {
            let cluster = try Cluster()
            let connection = try HTTPConnection(cluster.api)
            func list(_ state: String) throws -> [[String: Any]] {
                try connection.get("/occurrences?state=\(state)").json["occurrences"] as? [[String: Any]] ?? []
            }
            func counts() throws -> [String: Any] { try connection.get("/overview").json["counts"] as? [String: Any] ?? [:] }
            let asked = try connection.post("/tasks", #"{"task":"nobody.has"}"#)
            let unserved = try #require(asked.json["id"] as? String, "\(asked.body)")
            try Cluster.wait("it is ready") { try list("ready").map { $0["reminder_id"] as? String } == [unserved] }
            #expect(try counts()["unserved"] as? Int == 1)
            try cluster.behave(#"{"status":503,"retry_after":"600"}"#)
            let failing = try #require(try cluster.create(Cluster.reminder(at: Cluster.now - 1)).json["id"] as? String)
            try Cluster.wait("it is to be tried again") { try list("retrying").map { $0["reminder_id"] as? String } == [failing] }
            let retry = try #require(try list("retrying").first)
            #expect(retry["attempts_made"] as? Int ?? 0 >= 1 && retry["next_try_ms"] as? Int64 ?? 0 > 0 && retry["state"] as? String == "retrying")
            try cluster.behave(#"{"status":422}"#)
            _ = try cluster.create(Cluster.reminder(at: Cluster.now - 1, title: "rejected"))
            try Cluster.wait("one is dead") { try !list("dead").isEmpty }
            #expect(try counts()["dead"] as? Int ?? 0 >= 1)
            let queue = try connection.get("/queues/default").json
            #expect(queue["dead"] as? Int ?? 0 >= 1)
        }

        @Test("events begin with how everything stands, tell what changes, that the scheduler is away and back, and end with the gateway")
        func events() throws {
            let cluster = try Cluster()
            let ops = try cluster.gateway.address(saidWith: "ops listening")
            let listeners = [
                try Self.listen(cluster, "api-events", "http://\(cluster.api)/events"),
                try Self.listen(cluster, "page-events", "http://\(ops)/dashboard/api/events"),
            ]
            for listener in listeners { try Cluster.wait("everything is told") { !Self.events("snapshot", in: listener).isEmpty } }
            let created = try cluster.create(Cluster.reminder(at: Cluster.now - 1))
            try cluster.waitUntilCompleted(try #require(created.json["id"] as? String))
            for listener in listeners {
                try Cluster.wait("the delivery shows") { Self.events("change", in: listener).contains { $0.contains(#""finished":1"#) } }
                #expect(Self.events("away", in: listener).isEmpty)
            }
            cluster.scheduler.kill()
            for listener in listeners { try Cluster.wait("it is said to be away") { Self.events("away", in: listener).count == 1 } }
            try cluster.scheduler.start()
            for listener in listeners { try Cluster.wait("everything is told anew") { Self.events("snapshot", in: listener).count == 2 } }

            let begun = ContinuousClock.now
            #expect(try cluster.gateway.stop() == 0)
            #expect(ContinuousClock.now - begun < .seconds(10))
            for listener in listeners { #expect(Self.events("end", in: listener).first?.contains("stopping") == true) }
        }
    }
}
