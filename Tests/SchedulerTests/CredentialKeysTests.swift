import Foundation
import NIOConcurrencyHelpers
import PostgresStore
import Sealing
import ServiceLifecycle
import SQLiteStore
import Storage
import StoreTestKit
import TaskDomain
import TaskOperations
import Testing

@testable import scheduler

@Suite("The keys of credentials")
struct CredentialKeysTests {
    let folder: Folder
    let path: String, file: String
    private let secret = Array("Bearer abcdefgh".utf8)

    init() throws {
        folder = try Folder()
        path = "\(folder.path)/store.db"
        file = "\(folder.path)/key"
        try write([1])
    }

    /// Keys of thirty-two equal bytes, the first seals.
    private func write(_ keys: [UInt8]) throws {
        let lines = keys.map { Data(repeating: $0, count: 32).base64EncodedString() }
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: file), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }

    /// Reminders with credentials that the newest key sealed.
    private func fill(_ store: any Store, _ count: Int, with sealer: Sealer) async throws -> [ReminderID] {
        var ids: [ReminderID] = []
        for _ in 0..<count {
            let id = Sample.id()
            try await store.write(Sample.create(Sample.reminder(id, sealed: try sealer.seal(secret, for: id.bytes))))
            ids.append(id)
        }
        return ids
    }

    private func census() throws -> [String: Int] {
        let counts = try CredentialCensus.take(of: path, prefix: Sealer.prefixBytes).credentials
        return Dictionary(counts.map { (Sealer.keyID(of: $0.key) ?? "unknown", $0.value) }, uniquingKeysWith: +)
    }

    private func reseal(_ lines: NIOLockedValueBox<[String]> = NIOLockedValueBox([])) async throws -> String {
        try await Reseal(path: path, keyFile: file).run { line in lines.withLockedValue { $0.append(line) } }
    }

    /// Runs the service until `condition` holds.
    private func withService(_ sealer: Sealer, _ store: any Store, until condition: @escaping @Sendable () async throws -> Bool) async throws {
        let service = CredentialKeys(sealer, store: store, logger: quiet, interval: .milliseconds(5))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            let deadline = ContinuousClock.now + .seconds(30)
            while try await !condition() {
                try #require(.now < deadline, "it does not come")
                try await Task.sleep(for: .milliseconds(5))
            }
            group.cancelAll()
        }
    }

    @Test("what is stored of a strand that is taken while it runs is sealed with the newest key as well", .timeLimit(.minutes(1)))
    func laterStrand() async throws {
        let (server, kept, database) = try PostgresServer.fresh(), sealer = try Sealer(keyFile: file)
        defer { withExtendedLifetime(kept) {} }
        let store = try PostgresStore(try server.address(of: database)) { Issue.record("\($0)") }, strands = PostgresStore.strands
        func take(_ strand: [Shard]) async throws { _ = try await answer { store.take(strand, passed: 0, completion: $0) } }
        let ids = [strands[0][0], strands[1][0]].map { Sample.id(shard: $0) }
        for strand in strands.prefix(2) { try await take(strand) }
        try write([2, 1])
        let newest = try Sealer(keyFile: file)
        for id in ids { try await store.write(Sample.create(Sample.reminder(id, sealed: try sealer.seal(secret, for: id.bytes)))) }
        await store.close()
        let next = try PostgresStore(try server.address(of: database)) { Issue.record("\($0)") }
        @Sendable func isNew(_ id: ReminderID) async throws -> Bool {
            try await next.summary(id)?.reminder.sealedAuthorization.starts(with: newest.prefix) ?? false
        }
        _ = try await answer { next.take(strands[0], passed: 0, completion: $0) }
        let isTaken = NIOLockedValueBox(false)
        try await withService(newest, next) {
            if isTaken.withLockedValue({ $0 }) { return try await isNew(ids[1]) }
            // Nothing is left to be done before the other comes.
            guard try await isNew(ids[0]), try server.run("SELECT min(is_done) FROM sealing", in: database) == "1" else { return false }
            _ = try await answer { next.take(strands[1], passed: 0, completion: $0) }
            isTaken.withLockedValue { $0 = true }
            return false
        }
        await next.close()
    }

    @Test("a key that comes to the front of the file is used from then on, and everything stored is sealed with it", .timeLimit(.minutes(1)))
    func rotation() async throws {
        let store = try SQLiteStore(path: path) { Issue.record("\($0)") }
        let sealer = try Sealer(keyFile: file)
        let ids = try await fill(store, 1_200, with: sealer)
        try write([2, 1])
        let newest = try #require(try Sealer(keyFile: file).keyIDs.first)
        try await withService(sealer, store) { try census() == [newest: 1_200] }
        #expect(sealer.keyIDs.first == newest)
        // With that key alone each is as it was.
        try write([2])
        let alone = try Sealer(keyFile: file)
        for id in ids.prefix(20) + ids.suffix(20) {
            let sealed = try #require(try await store.summary(id)?.reminder.sealedAuthorization)
            #expect(try alone.open(sealed, for: id.bytes) == secret)
        }
        await store.close()
    }

    @Test("a file that cannot be read leaves the keys as they were, until it is mended", .timeLimit(.minutes(1)))
    func badFile() async throws {
        let store = try SQLiteStore(path: path) { Issue.record("\($0)") }
        let sealer = try Sealer(keyFile: file), before = sealer.keyIDs
        try Data("sesame".utf8).write(to: URL(filePath: file))
        let turns = NIOLockedValueBox(0)
        try await withService(sealer, store) {
            turns.withLockedValue { $0 += 1 }
            return turns.withLockedValue { $0 } > 20
        }
        #expect(sealer.keyIDs == before)
        try write([2, 1])
        try await withService(sealer, store) { sealer.keyIDs.count == 2 }
        await store.close()
    }

    @Test("a file that is set is made where that is asked for, but not in the place of a key that was used")
    func made() throws {
        let store = StoreLocation.sqlite(path: path), set = Setting("SEAL_KEY_FILE", "\(folder.path)/keys")
        let missing = #expect(throws: ConfigurationError.self) { try Sealer.open(set, isMade: false, store: store, quiet) }
        #expect(missing?.description.contains("cannot be opened") == true)
        // What is stored was sealed with another: a new one would open nothing of it.
        let foreign = #expect(throws: ConfigurationError.self) {
            try Sealer.open(set, isMade: true, store: store, sealedWith: try Sealer(keyFile: file).prefix, quiet)
        }
        #expect(foreign?.description.contains("what is stored was sealed with the key ") ?? false)
        #expect(!FileManager.default.fileExists(atPath: set.value))
        let made = try Sealer.open(set, isMade: true, store: store, quiet)
        #expect(try Sealer.open(set, isMade: true, store: store, quiet).keyIDs == made.keyIDs)
        try FileManager.default.removeItem(atPath: set.value)
        _ = try Sealer.open(nil, isMade: true, store: store, quiet)
        let moved = #expect(throws: ConfigurationError.self) { try Sealer.open(set, isMade: true, store: store, quiet) }
        #expect(moved?.description.contains("Move \(path).key there") == true)
        #expect(!FileManager.default.fileExists(atPath: set.value))
    }

    @Test("keys among which that of what is stored is not are refused, as those of another database")
    func foreign() async throws {
        let store = try SQLiteStore(path: path) { Issue.record("\($0)") }, old = try Sealer(keyFile: file)
        try write([2])
        let other = try Sealer(keyFile: file), name = Setting("SCHEDULER_STORE", StoreLocation.sqlite(path: path))
        let open = OpenStore(store: store, sealedWith: old.prefix)
        try old.requireKey(of: open, in: name)
        try other.requireKey(of: OpenStore(store: store, sealedWith: nil), in: name)
        let refusal = #expect(throws: StartError.self) { try other.requireKey(of: open, in: name) }
        #expect(refusal?.description.contains("sealed with the key \(old.keyIDs[0]), which is not in \(file) (\(other.keyIDs[0]))") ?? false)
        await store.close()
    }

    @Test("--reseal without a scheduler does it, and names the keys that are no longer used")
    func offline() async throws {
        let store = try SQLiteStore(path: path) { Issue.record("\($0)") }
        let old = try Sealer(keyFile: file)
        _ = try await fill(store, 7, with: old)
        await store.close()
        #expect(try await reseal() == "7 stored credentials, all sealed with the key \(old.keyIDs[0])")
        try write([2, 1])
        let newest = try Sealer(keyFile: file).keyIDs[0]
        let end = "7 stored credentials, all sealed with the key \(newest); no longer used, so take them out of \(file): \(old.keyIDs[0])"
        #expect(try await reseal() == end)
        #expect(try census() == [newest: 7])
        // Again: there is nothing to do.
        #expect(try await reseal() == end)
    }

    @Test("--reseal beside a scheduler waits until that one has done it", .timeLimit(.minutes(1)))
    func beside() async throws {
        let store = try SQLiteStore(path: path) { Issue.record("\($0)") }
        let sealer = try Sealer(keyFile: file)
        _ = try await fill(store, 5, with: sealer)
        try write([2, 1])
        let lines = NIOLockedValueBox<[String]>([])
        async let end = reseal(lines)
        let deadline = ContinuousClock.now + .seconds(30)
        while lines.withLockedValue({ $0.isEmpty }) {
            try #require(.now < deadline, "it does not wait")
            try await Task.sleep(for: .milliseconds(5))
        }
        try await withService(sealer, store) { lines.withLockedValue { $0.count } > 1 }
        #expect(try await end.hasPrefix("5 stored credentials, all sealed with the key \(sealer.keyIDs[0]); no longer used"))
        #expect(lines.withLockedValue { $0 } == ["a scheduler uses the store, and seals them: 5 left", "0 left"])
        await store.close()
    }

    @Test("--reseal says what no key opens, and which key is missing")
    func missing() async throws {
        let store = try SQLiteStore(path: path) { Issue.record("\($0)") }
        let old = try Sealer(keyFile: file)
        _ = try await fill(store, 2, with: old)
        try write([2])
        _ = try await fill(store, 3, with: try Sealer(keyFile: file))
        await store.close()
        let error = try await #require(throws: StartError.self) { try await reseal() }
        #expect("\(error)".contains("2 with \(old.keyIDs[0])") && "\(error)".contains("Put that key back"))
        let none = await #expect(throws: StartError.self) { try await Reseal(path: path + "x", keyFile: file).run { _ in } }
        #expect(none.map { "\($0)".contains("there is no such store") } == true)
    }
}
