import Foundation
import Testing

/// A key is put in the place of another while the cluster runs.
extension ClusterSuite {
    @Suite("changes the key of credentials", .serialized)
    struct Keys {
        @Test("what was sealed before is delivered after the old key is gone", .timeLimit(.minutes(3)))
        func rotation() throws {
            let cluster = try Cluster()
            let file = cluster.folder.appending(path: "store.db.key")
            let id = try #require(try cluster.create(Cluster.reminder(at: Cluster.now + 86_400)).json["id"] as? String)
            let old = try String(contentsOf: file, encoding: .utf8)
            func write(_ keys: String) throws {
                try Data(keys.utf8).write(to: file, options: .atomic)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            }
            let new = Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString() + "\n"
            try write(new + old)
            let program = ServiceProcess("reseal", executable: "scheduler", environment: cluster.scheduler.environment, folder: cluster.folder)
            try program.start(arguments: ["--reseal"])
            try Cluster.wait("it to be sealed with the new key", within: 90) { !program.isRunning }
            #expect(try program.stop() == 0, "\(program.logged)")
            #expect(program.logged.contains("no longer used"), "\(program.logged)")

            try write(new)
            try cluster.scheduler.stop()
            try cluster.scheduler.start()
            try cluster.waitUntilReady(cluster.scheduler)
            try cluster.waitUntilReady(cluster.gateway)
            #expect(try HTTPConnection(cluster.api).post("/reminders/\(id)/run", "").status == 200)
            try Cluster.wait("it to be delivered") { try cluster.summary().delivered >= 1 }
            try cluster.expectNoCredentialOnDisk()
        }
    }
}
