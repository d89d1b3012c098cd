import Foundation
import PostgresStore
import Storage
import StoreTestKit
import Synchronization
import TaskDomain
import Testing

/// A socket, closed once no thread uses it: closed earlier, its number would be the next one's, which the thread that ends
/// last would shut down, or accept from.
private final class Socket: Sendable {
    let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// A socket between a store and its server, which can lose the answer to a commit together with its connection.
private final class Relay: Sendable {
    let folder = "/tmp/relay-\(UUID().uuidString.prefix(8))"
    private let server: String
    private let listener: Socket
    private let losing = Mutex(0)

    /// - Parameter server: the folder of the server's socket.
    init(to server: String) throws {
        self.server = server
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let listener = Socket(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        self.listener = listener
        guard SocketFolder.withAddress(folder, { bind(listener.descriptor, $0, $1) }) == 0, listen(listener.descriptor, 8) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener.descriptor, nil, nil)
                guard client >= 0 else { return }
                join(client)
            }
        }
    }

    /// Ends it; what is connected stays so.
    func close() {
        listener.shutDown()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The answers to the next commits are lost.
    func lose(_ count: Int) { losing.withLock { $0 = count } }

    private func join(_ client: Int32) {
        let upstream = Socket(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        let client = Socket(client)
        guard SocketFolder.withAddress(server, { connect(upstream.descriptor, $0, $1) }) == 0 else { return }
        Thread.detachNewThread { Self.pass(client, upstream) { _ in true } }
        Thread.detachNewThread { [self] in
            Self.pass(upstream, client) { bytes in
                // The server's word for a transaction that took effect.
                guard bytes.firstRange(of: Array("COMMIT\0".utf8)) != nil else { return true }
                return losing.withLock { count in
                    guard count > 0 else { return true }
                    count -= 1
                    return false
                }
            }
        }
    }

    /// - Parameter mayPass: `false`: what was read is lost, and the connection is.
    private static func pass(_ from: Socket, _ to: Socket, _ mayPass: (ArraySlice<UInt8>) -> Bool) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(from.descriptor, &bytes, bytes.count)
            guard count > 0, mayPass(bytes[..<count]) else { break }
            var sent = 0
            while sent < count {
                let written = bytes[sent..<count].withUnsafeBytes { send(to.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard written > 0 else { break }
                sent += written
            }
            guard sent == count else { break }
        }
        from.shutDown()
        to.shutDown()
    }
}

@Suite("A commit whose answer is lost with the connection")
struct LostAnswerTests {
    private let server: PostgresServer
    private let folder: Folder
    private let database: String

    init() throws { (server, folder, database) = try PostgresServer.fresh() }

    /// A store behind a relay, which loses answers when it is told to.
    private func open(_ distribution: PostgresDistribution = .none) throws -> (PostgresStore, Relay) {
        let relay = try Relay(to: server.folder)
        let address = try PostgresAddress("host=\(relay.folder) user=test dbname=\(database)")
        return (try PostgresStore(address, distribution: distribution) { [folder] in folder.faults.add($0) }, relay)
    }

    @Test("is asked about on another connection: what took effect counts as such, and nothing is carried out twice")
    func lost() async throws {
        let (store, relay) = try open()
        defer { relay.close() }
        let reminder = Sample.reminder(rule: "FREQ=MINUTELY")
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start)
        relay.lose(1)
        #expect(try await store.write(Sample.create(reminder)).map(\.name) == ["done"])
        #expect(try await store.write(Sample.create(reminder)).map(\.name) == ["exists"])
        relay.lose(1)
        let settled = try await store.write(
            .settle(
                key, Sample.attempt(key.scheduledAt, 1, .delivered), .delivered,
                move: PositionMove(from: key.scheduledAt, to: SeriesPosition(scheduledAt: key.scheduledAt + 60, index: 2))))
        #expect(settled.map(\.name) == ["done"])
        #expect(try await store.summary(reminder.id)?.delivered == 1)
        #expect(try await store.history(reminder.id)?.count == 1)
        // Several at once, each losing its answer or the next one's.
        for round in 0..<5 {
            relay.lose(2)
            let others = (0..<10).map { _ in Sample.reminder() }
            _ = try? await store.write(others.map { Sample.create($0) })
            relay.lose(0)
            let results = try await store.write(others.map { Sample.create($0) }).map(\.name)
            #expect(results == Array(repeating: results[0], count: 10), "round \(round): all of a transaction, or nothing")
        }
        #expect(folder.faults.all == [])
        await store.close()
    }

    @Test("is not asked about where it may be another node's: it may have taken effect, and the same writes may be repeated")
    func unknown() async throws {
        let (store, relay) = try open(.byShard)
        defer { relay.close() }
        let reminders = (0..<10).map { Sample.reminder(Sample.id(shard: Shard.all[$0 % Shard.count])) }
        relay.lose(1)
        let error = await #expect(throws: StoreError.self) { try await store.write(reminders.map { Sample.create($0) }) }
        #expect(error?.description.contains("whether it took effect is not known") ?? false)
        let results = try await store.write(reminders.map { Sample.create($0) }).map(\.name)
        #expect(results.contains("exists") && Set(results).isSubset(of: ["exists", "done"]))
        #expect(try server.run("SELECT count(*) FROM reminders", in: database) == "10")
        #expect(folder.faults.all == [])
        await store.close()
    }
}
