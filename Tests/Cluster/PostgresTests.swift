import Foundation
import StoreTestKit
import Testing

/// The same services with their reminders in a PostgreSQL database.
extension ClusterSuite {
    @Suite("with PostgreSQL", .serialized)
    struct Postgres {
        private static func cluster(_ server: PostgresServer) throws -> Cluster {
            let settings = ["SEAL_KEY_FILE": server.folder + "/keys", "SEAL_KEY_CREATE": "true"]
            return try Cluster(own: ["scheduler": settings], store: server.connectionString(of: PostgresServer.database))
        }

        /// Each is tried until it is accepted: while the store cannot take it, the answer is 503.
        private static func create(_ count: Int, at start: Int64, _ cluster: Cluster) throws -> [String] {
            var ids: [String] = []
            let deadline = ContinuousClock.now + .seconds(60)
            while ids.count < count, ContinuousClock.now < deadline {
                guard let answer = try? HTTPConnection(cluster.api).post("/remind_me", Cluster.reminder(at: start)) else { continue }
                guard answer.status == 201, let id = answer.json["id"] as? String else {
                    #expect(answer.status == 503 || answer.status == 504, "\(answer.body)")
                    usleep(50_000)
                    continue
                }
                ids.append(id)
            }
            #expect(ids.count == count)
            return ids
        }

        @Test("what was accepted is delivered through a crash of the scheduler, and through one of the database", .timeLimit(.minutes(3)))
        func crashes() throws {
            let server = try PostgresServer()
            defer { server.kill() }
            let cluster = try Self.cluster(server)
            let due = Cluster.now + 4
            var accepted = try Self.create(20, at: due, cluster)
            cluster.scheduler.kill()
            try cluster.scheduler.start()
            accepted += try Self.create(20, at: due, cluster)
            server.kill()
            try server.start()
            accepted += try Self.create(20, at: Cluster.now + 1, cluster)
            // One whose answer was lost may be there, too.
            try Cluster.wait("all to be delivered", within: 60) { try cluster.summary().keys >= accepted.count }
            #expect(try cluster.summary().early == 0)
            let connection = try HTTPConnection(cluster.api)
            for id in accepted {
                try Cluster.wait("\(id) to be completed") { try connection.get("/reminders/\(id)").json["state"] as? String == "completed" }
            }
            // Nothing of the database's own is said of a credential.
            #expect(!cluster.scheduler.logged.contains(Cluster.credential))
        }

        @Test("a database that stands still is waited for, and work goes on by itself", .timeLimit(.minutes(3)))
        func standstill() throws {
            let server = try PostgresServer()
            defer { server.kill() }
            let cluster = try Self.cluster(server)
            let before = try Self.create(5, at: Cluster.now + 2, cluster)
            server.stop()
            let answer = try? HTTPConnection(cluster.api).post("/remind_me", Cluster.reminder(at: Cluster.now + 1))
            #expect(answer.map { $0.status == 503 || $0.status == 504 } ?? true)
            server.goOn()
            let after = try Self.create(5, at: Cluster.now + 1, cluster)
            try Cluster.wait("all to be delivered", within: 60) { try cluster.summary().keys >= before.count + after.count }
            #expect(try cluster.summary().early == 0)
        }
    }
}
