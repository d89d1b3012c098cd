import Foundation
import Testing

extension ClusterSuite {
    @Suite("goes on delivering on a disk that is nearly full", .serialized)
    struct Disk {
        @Test("below the reserve a create is refused with the reason, and what was accepted is delivered", .timeLimit(.minutes(3)))
        func reserve() throws {
            let cluster = try Cluster()
            let id = try #require(try cluster.create(Cluster.reminder(at: Cluster.now + 8)).json["id"] as? String)
            try cluster.scheduler.stop()
            // More than any disk has.
            cluster.scheduler.set("SCHEDULER_DISK_RESERVE", "1048576GiB")
            try cluster.scheduler.start()
            let ops = try cluster.scheduler.address(saidWith: "ops listening")
            try Cluster.wait("it to see how full the disk is") {
                (try? HTTPConnection(ops).get("/readyz")).map { $0.status == 200 && $0.body.contains("SCHEDULER_DISK_RESERVE") } ?? false
            }
            #expect(try HTTPConnection(ops).get("/metrics").body.contains("\nscheduler_refuses_creates 1"))
            try cluster.waitUntilReady(cluster.gateway)
            let connection = try HTTPConnection(cluster.api)
            let refused = try connection.post("/remind_me", Cluster.reminder(at: Cluster.now + 60))
            #expect(refused.status == 503 && refused.body.contains("SCHEDULER_DISK_RESERVE"), "\(refused.body)")
            let batch = try connection.post("/reminders/batch", "{\"create\":[\(Cluster.reminder(at: Cluster.now + 60))]}")
            #expect(batch.status == 503)
            try cluster.waitUntilCompleted(id, within: 60)
        }
    }
}
