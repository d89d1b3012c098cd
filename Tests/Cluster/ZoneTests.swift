import Foundation
import Testing

/// A folder of zone data of a test's own.
private struct ZoneFolder {
    let url: URL

    init(in folder: URL, _ name: String, version: String) throws {
        url = folder.appending(path: name)
        try FileManager.default.createDirectory(at: url.appending(path: "Made"), withIntermediateDirectories: true)
        try Data("# version \(version)\n".utf8).write(to: url.appending(path: "tzdata.zi"))
    }

    /// Writes `Made/Place` as TZif, two hours east of UTC, and from `change` (unix s) on one.
    func write(changedAt change: Int64? = nil) throws {
        func bytes(_ value: Int64, _ count: Int) -> [UInt8] { (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        func header(times: Int, types: Int) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
                + [0, 0, 0, times, types, 4].flatMap { bytes(Int64($0), 4) }
        }
        func type(_ offset: Int64) -> [UInt8] { bytes(offset, 4) + [0, 0] }
        let name = Array("ABC\0".utf8)
        var file = header(times: 0, types: 1) + type(7_200) + name
        if let change {
            file += header(times: 1, types: 2) + bytes(change, 8) + [1] + type(7_200) + type(3_600) + name + Array("\n<+01>-1\n".utf8)
        } else {
            file += header(times: 0, types: 1) + type(7_200) + name + Array("\n<+02>-2\n".utf8)
        }
        try Data(file).write(to: url.appending(path: "Made/Place"), options: .atomic)
    }
}

extension ClusterSuite {
    @Suite("with zone data that changes", .serialized)
    struct Zones {
        @Test("a daily series is not fired again on the local date on which it was, and comes at its local time from then on")
        func moved() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "zones-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let old = try ZoneFolder(in: folder, "old", version: "2026a")
            try old.write()
            let cluster = try Cluster(environment: ["TZDIR": old.url.path])
            let day: Int64 = 86_400, due = Cluster.now + 10
            func place(_ title: String, _ more: String) throws -> String {
                let body = Cluster.reminder(
                    at: due - day, title: title, rule: #""FREQ=DAILY""#, more: #","timezone":"Made/Place","misfire_policy":"skip""# + more)
                return try #require(try cluster.create(body).json["id"] as? String)
            }
            let id = try place("runs", ""), paused = try place("paused", "")
            _ = try HTTPConnection(cluster.api).post("/reminders/\(paused)/pause", "{}")
            func next(_ id: String) throws -> Int64? { try cluster.reminder(id)["next_fire_at"] as? Int64 }
            try Cluster.wait("today's notification") { try cluster.summary().delivered == 1 }
            try Cluster.wait("tomorrow's to be next") { try next(id) == due + day }

            try cluster.scheduler.stop()
            // In the night the clock was set back by an hour, as one now knows.
            try old.write(changedAt: due - day / 2)
            try cluster.scheduler.start()
            try cluster.waitUntilReady(cluster.gateway)
            try Cluster.wait("tomorrow's to be next, by the new clock") { try next(id) == due + day + 3_600 }
            try Cluster.wait("it to be said") {
                cluster.scheduler.logged.contains("\"moved\":\"") && cluster.scheduler.logged.contains("worked out by the new zone data")
            }
            #expect(try cluster.summary().delivered == 1)
            let metrics = try HTTPConnection(try cluster.scheduler.address(saidWith: "ops listening")).get("/metrics").body
            #expect(metrics.contains("scheduler_zone_moves_total 1\n") || metrics.contains("scheduler_zone_moves_total 2\n"))

            // Nothing is new the next time.
            try cluster.scheduler.stop()
            try cluster.scheduler.start()
            try cluster.waitUntilReady(cluster.gateway)
            #expect(try next(id) == due + day + 3_600)
            #expect(!cluster.scheduler.logged.contains("zone data"))
        }

        @Test("the gateway and the scheduler each say when their data is another, and are ready all the same")
        func difference() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "zones-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let old = try ZoneFolder(in: folder, "old", version: "2026a"), new = try ZoneFolder(in: folder, "new", version: "2026b")
            let cluster = try Cluster(environment: ["TZDIR": old.url.path])
            func ready(_ service: ServiceProcess) throws -> HTTPConnection.Answer {
                try HTTPConnection(try service.address(saidWith: "ops listening")).get("/readyz")
            }
            #expect(try !ready(cluster.gateway).body.contains("tzdata") && !ready(cluster.scheduler).body.contains("tzdata"))
            try cluster.gateway.stop()
            cluster.gateway.set("TZDIR", new.url.path)
            try cluster.gateway.start()
            for (service, own, other) in [(cluster.gateway, "2026b", "2026a"), (cluster.scheduler, "2026a", "2026b")] {
                try Cluster.wait("\(service.name) to say so") {
                    let answer = try ready(service)
                    return answer.status == 200 && answer.body.contains("tzdata: this service has \(own) ") && answer.body.contains(" \(other) ")
                }
            }
        }
    }
}
