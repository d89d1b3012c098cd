import Foundation
import Synchronization
import Testing

/// A backup is taken of a scheduler that works, and a scheduler goes on from it.
extension ClusterSuite {
    @Suite("backs up and restores", .serialized)
    struct Backups {
        @Test("what was accepted before a backup began is there after a crash and a restore, with its credential", .timeLimit(.minutes(3)))
        func restore() throws {
            let cluster = try Cluster()
            let later = Cluster.now + 86_400
            // Callers that go on and on; each notes what was accepted.
            let accepted = Mutex<[String]>([]), isOver = Mutex(false), callers = DispatchGroup(), address = cluster.api
            for _ in 0..<4 {
                callers.enter()
                Thread.detachNewThread {
                    defer { callers.leave() }
                    guard let connection = try? HTTPConnection(address) else { return }
                    while !isOver.withLock({ $0 }) {
                        let answer = try? connection.post("/remind_me", Cluster.reminder(at: later))
                        guard let answer, answer.status == 201, let id = answer.json["id"] as? String else { return }
                        accepted.withLock { $0.append(id) }
                    }
                }
            }
            try Cluster.wait("some to be accepted") { accepted.withLock { $0.count } >= 500 }
            let due = try cluster.create(Cluster.reminder(at: Cluster.now + 3_600)).json["id"] as? String ?? ""
            let before = accepted.withLock { $0 } + [due]
            let backup = cluster.folder.appending(path: "backup.db").path
            let program = ServiceProcess("backup", executable: "scheduler", environment: cluster.scheduler.environment, folder: cluster.folder)
            try program.start(arguments: ["--backup", backup])
            try Cluster.wait("the backup to be made", within: 60) { !program.isRunning }
            #expect(try program.stop() == 0, "\(program.logged)")
            #expect(program.logged.contains("\(backup): ") && program.logged.contains("checked"))
            // Callers were served through all of it.
            let during = accepted.withLock { $0.count }
            try Cluster.wait("callers to go on") { accepted.withLock { $0.count } > during }
            isOver.withLock { $0 = true }
            callers.wait()

            // Again to the same file: refused in one line, and nothing is touched.
            try program.start(arguments: ["--backup", backup])
            #expect(try program.stop() == 1)
            #expect(program.logged.split(separator: "\n").count == 1 && program.logged.contains("there is a file of that name"))

            // The machine is gone, but for the backup and the key.
            cluster.scheduler.kill()
            let store = cluster.folder.appending(path: "store.db").path
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: store + suffix) }
            try FileManager.default.moveItem(atPath: backup, toPath: store)
            try cluster.scheduler.start()
            try cluster.waitUntilReady(cluster.scheduler)
            try cluster.waitUntilReady(cluster.gateway)
            let connection = try HTTPConnection(cluster.api)
            for id in before { #expect(try connection.get("/reminders/\(id)").status == 200, "\(id) is lost") }
            // What is sealed in it can be opened with the key that it names.
            #expect(try connection.post("/reminders/\(due)/run", "").status == 200)
            try Cluster.wait("it to be delivered") { try cluster.summary().delivered >= 1 }
            let note = try String(contentsOfFile: backup + ".key-id", encoding: .utf8).split(separator: "\n")
            #expect(note.count == 2 && (note.last?.split(separator: " ").first?.count == 8))
            try cluster.expectNoCredentialOnDisk()
        }
    }
}
