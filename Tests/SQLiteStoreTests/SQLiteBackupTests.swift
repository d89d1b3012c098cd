import CSQLite
import Foundation
import Storage
import StoreTestKit
import Synchronization
import TaskDomain
import Testing

@testable import SQLiteStore

@Suite("Backups")
struct SQLiteBackupTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private var path: String { folder.path + "/store.db" }
    private var target: String { folder.path + "/backup.db" }

    private func open(_ path: String? = nil, _ limits: SQLiteLimits = SQLiteLimits()) throws(StoreError) -> SQLiteStore {
        try SQLiteStore(path: path ?? self.path, limits: limits) { [faults = folder.faults] in faults.add($0) }
    }

    @discardableResult
    private func backUp(
        to target: String? = nil, progress: (_ copied: Int64, _ total: Int64) -> Void = { _, _ in }
    ) throws(StoreError) -> SQLiteBackup.Summary {
        try SQLiteBackup(of: path, to: target ?? self.target).run(credentialPrefix: 2, progress: progress)
    }

    private var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } }

    @Test("a backup holds all that was confirmed before it began, filed or not, while the store is written to")
    func whileWriting() async throws {
        let store = try open()
        var before: [Reminder] = []
        for _ in 0..<300 {
            let reminder = Sample.reminder(arguments: Array(repeating: 7, count: 4_000))
            try await store.write(Sample.create(reminder))
            before.append(reminder)
        }
        // Commits go on through all of it: at each look at its progress some more are made.
        let during = Mutex<[ReminderID]>([])
        var looks: [Int64] = []
        let summary = try backUp { copied, _ in
            looks.append(copied)
            let done = DispatchSemaphore(value: 0), reminder = Sample.reminder()
            store.submit([Sample.create(reminder)]) { result in
                if case .success = result { during.withLock { $0.append(reminder.id) } }
                done.signal()
            }
            done.wait()
        }
        #expect(summary.reminders == 300 && summary.credentials == [[9, 9]: 300] && looks.last == summary.bytes)
        #expect(during.withLock { $0.count } == looks.count && !looks.isEmpty)
        await store.close()

        #expect(try folder.mode("backup.db") == 0o600)
        #expect(try !names.contains { $0.hasPrefix("backup.db") && $0 != "backup.db" })
        let restored = try open(target)
        for reminder in before { #expect(try await restored.summary(reminder.id)?.reminder.isSame(as: reminder) == true) }
        for id in during.withLock({ $0 }) { #expect(try await restored.summary(id) == nil) }
        // And it goes on as a store.
        #expect(try await restored.write(.cancel(before[0].id, at: 0)).map(\.name) == ["done"])
        await restored.close()
        #expect(folder.faults.all == [])
    }

    @Test("nothing of the store is changed or locked by it, whether a scheduler uses it or not")
    func unlocked() async throws {
        let store = try open()
        try await store.write(Sample.create(Sample.reminder()))
        try backUp(to: folder.path + "/one.db")
        try await store.write(Sample.create(Sample.reminder()))
        await store.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try backUp(to: folder.path + "/two.db").reminders == 2)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        try await open().close()
    }

    @Test("a file of that name is never replaced")
    func exists() async throws {
        try await open().close()
        try "mine".write(toFile: target, atomically: false, encoding: .utf8)
        let error = #expect(throws: StoreError.self) { try backUp() }
        #expect(error?.description.contains("\(target): there is a file of that name") == true)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "mine")
        // Also where it came into being meanwhile.
        let other = folder.path + "/other.db"
        let late = #expect(throws: StoreError.self) {
            try backUp(to: other) { _, _ in try? "mine".write(toFile: other, atomically: false, encoding: .utf8) }
        }
        #expect(late?.description.contains("\(other): cannot get its name") == true)
        #expect(try String(contentsOfFile: other, encoding: .utf8) == "mine")
        #expect(try names == ["backup.db", "other.db", "store.db", "store.db.lock"])
    }

    @Test("what cannot be backed up, or has nowhere to go, is said in one line, and leaves nothing behind")
    func refusals() async throws {
        func line(_ source: String, _ target: String) -> String {
            do {
                _ = try SQLiteBackup(of: source, to: target).run(credentialPrefix: 2) { _, _ in }
                return "done"
            } catch { return error.description }
        }
        try await open().close()
        let empty = folder.path + "/empty.db", foreign = folder.path + "/foreign.db", newer = folder.path + "/newer.db"
        _ = FileManager.default.createFile(atPath: empty, contents: nil)
        _ = FileManager.default.createFile(atPath: foreign, contents: nil)
        try tamper("CREATE TABLE t (x)", in: foreign)
        try await open(newer).close()
        try tamper("UPDATE schema_version SET version = 1000", in: newer)
        #expect(line(folder.path + "/none.db", target).contains("none.db: there is no such store"))
        #expect(line(empty, target).contains("empty.db: an empty database"))
        #expect(line(foreign, target).contains("foreign.db: a database of another program"))
        #expect(line(newer, target).contains("newer.db: its schema has version 1000"))
        #expect(line(path, folder.path + "/none/backup.db").contains("none/backup.db: cannot be made (No such file or directory)"))
        for found in [line(empty, target), line(foreign, target)] { #expect(!found.contains("\n")) }
        #expect(try !names.contains { $0.hasPrefix("backup") })
    }

    @Test("a store that is damaged is not copied as if it were whole")
    func damaged() async throws {
        let store = try open()
        for _ in 0..<200 { try await store.write(Sample.create(Sample.reminder(arguments: Array(repeating: 7, count: 2_000)))) }
        await store.close()
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        for page in 20..<60 {
            try handle.seek(toOffset: UInt64(page * 4_096))
            try handle.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
        }
        try handle.close()
        let error = #expect(throws: StoreError.self) { try backUp() }
        #expect(error?.description.contains("\(path): the database is damaged") == true, "\(error?.description ?? "")")
        #expect(try names == ["store.db", "store.db.lock"])
    }
}
