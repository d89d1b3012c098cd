import Foundation
import StoreTestKit
import Testing

/// The same services with their reminders in a PostgreSQL database.
extension ClusterSuite {
    @Suite("with PostgreSQL", .serialized)
    struct Postgres {
        private static func cluster(_ server: PostgresServer, _ distribution: String = "none", hasStandby: Bool = false) throws -> Cluster {
            let settings = ["SEAL_KEY_FILE": server.folder + "/keys", "SEAL_KEY_CREATE": "true", "SCHEDULER_STORE_DISTRIBUTION": distribution]
            return try Cluster(own: ["scheduler": settings], store: server.connectionString(of: PostgresServer.database), hasStandby: hasStandby)
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

        @Test(
            "what was accepted is delivered through a crash of the scheduler, and through one of the database", .timeLimit(.minutes(3)),
            arguments: ["none", "by-shard"])
        func crashes(distribution: String) throws {
            let server = try PostgresServer()
            defer { server.kill() }
            let cluster = try Self.cluster(server, distribution)
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

        /// How a scheduler is lost.
        enum Loss: String, CaseIterable {
            case killed, standsStill, stopped
        }

        @Test("a scheduler that stands by takes over from one that is lost, which then stands by in its turn", .timeLimit(.minutes(3)), arguments: Loss.allCases)
        func takeOver(loss: Loss) throws {
            let server = try PostgresServer()
            defer { server.kill() }
            let cluster = try Self.cluster(server, hasStandby: true)
            let first = cluster.scheduler, second = try #require(cluster.standby)
            let ready = try HTTPConnection(try second.address(saidWith: "ops listening")).get("/readyz")
            #expect(ready.status == 200 && ready.body.contains("another scheduler has the database"), "\(ready.body)")
            var accepted = try Self.create(20, at: Cluster.now + 4, cluster)
            switch loss {
            case .killed: first.kill()
            case .standsStill: first.suspend()
            case .stopped: #expect(try first.stop() == 0)
            }
            accepted += try Self.create(20, at: Cluster.now + 1, cluster)
            try Cluster.wait("all to be delivered", within: 60) { try cluster.summary().keys >= accepted.count }
            #expect(second.logged.contains("taking the database over"))
            #expect(try cluster.summary().early == 0)
            if loss == .standsStill {
                // What it has in memory is the other's by now.
                first.goOn()
                #expect(try first.end() == 1)
                #expect(first.logged.contains("another scheduler has taken the database over"), "\(first.logged.suffix(2_000))")
            }
            try first.start()
            try Cluster.wait("the first to stand by") { first.logged.contains("standing by") }
            let last = try Self.create(20, at: Cluster.now + 1, cluster)
            #expect(try second.stop() == 0)
            try Cluster.wait("all to be delivered", within: 60) { try cluster.summary().keys >= accepted.count + last.count }
            let connection = try HTTPConnection(cluster.api)
            for id in accepted + last {
                try Cluster.wait("\(id) to be completed") { try connection.get("/reminders/\(id)").json["state"] as? String == "completed" }
            }
            // Also where one stood still with what was due in its memory.
            let summary = try cluster.summary()
            #expect(summary.early == 0 && (loss == .killed || summary.delivered_twice == 0))
            // While it stands by nothing keeps it from ending.
            try second.start()
            try Cluster.wait("the second to stand by") { second.logged.contains("standing by") }
            #expect(try second.stop() == 0)
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

        @Test("reminders that were accepted with SQLite are delivered from PostgreSQL once they were copied", .timeLimit(.minutes(3)))
        func moved() throws {
            let server = try PostgresServer()
            defer { server.kill() }
            let cluster = try Cluster()
            let from = "sqlite:" + cluster.folder.appending(path: "store.db").path, to = server.connectionString(of: PostgresServer.database)
            var environment = cluster.scheduler.environment
            /// - Returns: the exit code.
            func copy(_ from: String, _ to: String) throws -> (status: Int32, line: String) {
                let program = ServiceProcess("copy", executable: "scheduler", environment: environment, folder: cluster.folder)
                try program.start(arguments: ["--copy-store", from, to])
                try Cluster.wait("the copy to end", within: 60) { !program.isRunning }
                return (try program.stop(), program.logged)
            }
            // Each is refused in one line that says what to do.
            let running = try copy(from, to)
            #expect(running.status == 1 && running.line.contains("in use by another scheduler") && running.line.split(separator: "\n").count == 1)
            let accepted = try Self.create(300, at: Cluster.now + 6, cluster)
            #expect(try cluster.scheduler.stop() == 0)
            #expect(try copy(from, "postgres://a:b@c/d").line.contains("an address of PostgreSQL with a password in it"))
            let keyless = try copy(from, to)
            #expect(keyless.status == 1 && keyless.line.contains("Set SEAL_KEY_FILE to the file that holds them"), "\(keyless.line)")
            environment["SEAL_KEY_FILE"] = cluster.folder.appending(path: "store.db.key").path
            let copied = try copy(from, to)
            #expect(copied.status == 0 && copied.line.contains("300 reminders"), "\(copied.line)")
            #expect(!copied.line.contains(Cluster.credential))

            cluster.scheduler.set("SEAL_KEY_FILE", cluster.folder.appending(path: "store.db.key").path)
            cluster.scheduler.set("SCHEDULER_STORE", to)
            try cluster.scheduler.start()
            try Cluster.wait("all to be delivered", within: 60) { try cluster.summary().keys >= accepted.count }
            #expect(try cluster.summary().early == 0)
            // And back, to a file of its own.
            #expect(try cluster.scheduler.stop() == 0)
            let back = try copy(to, "sqlite:" + cluster.folder.appending(path: "back.db").path)
            #expect(back.status == 0 && back.line.contains("300 reminders, 0 occurrences, 300 attempts"), "\(back.line)")
        }
    }
}
