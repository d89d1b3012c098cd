import Foundation
import NIOPosix
import PostgresStore
import SchedulerCore
import Sealing
import Storage
import StoreTestKit
import TaskDomain
import TaskRecurrence
import TaskWire
import Testing

@testable import scheduler

/// Schedulers one after the other with strands of one database, and with zone data that changes in between.
@Suite("Zone data that is other than that of a strand's former owner", .timeLimit(.minutes(2)))
struct ZoneWatchTests {
    private static let day: Int64 = 86_400
    private static let one = PostgresStore.strands[0], other = PostgresStore.strands[5]

    private let server: PostgresServer, database: String
    /// What the server's data belongs to.
    private let kept: StoreTestKit.Folder
    private let folder: Folder
    private let zone = "Made/Watched-\(UUID().uuidString)"
    /// The second occurrence of a daily series.
    private let start = SystemClock.now.second + 2 * Self.day

    init() throws {
        (server, kept, database) = try PostgresServer.fresh()
        folder = try Folder()
        _ = try Sealer.makeKeyFile(at: "\(folder.path)/key")
    }

    /// Two hours east of UTC; or one, from the day before the second occurrence on.
    private func use(isChanged: Bool) {
        ZoneData.make(zone, offset: 7_200, changes: isChanged ? [(at: (start - Self.day / 2).count, offset: 3_600)] : [])
    }

    private func digest() throws -> UInt64 { try Zone(identifier: zone).digest }

    private struct Scheduler {
        let store: PostgresStore
        let loop: SchedulerLoop
        let watch: ZoneWatch
        let group: MultiThreadedEventLoopGroup

        func taken(_ strands: [[Shard]]) async throws -> [TakenShards] {
            var taken: [TakenShards] = []
            for strand in strands { taken.append(try await answer { store.take(strand, passed: 0, completion: $0) }) }
            return taken
        }

        func position(of id: ReminderID) async throws -> UnixSeconds? { try await store.summary(id)?.position?.scheduledAt }

        func stop() async throws {
            await loop.drain()
            await store.close()
            try await group.shutdownGracefully()
        }
    }

    private func scheduler(_ strands: [Shard]...) async throws -> Scheduler {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1), eventLoop = group.next()
        let completed = Mailbox<@Sendable () -> Void>(eventLoop: eventLoop) { for complete in $0 { complete() } }
        let store = try PostgresStore(try server.address(of: database), deliver: completed.send) { Issue.record("the store reports: \($0)") }
        let loop = SchedulerLoop(
            configuration: CoreConfiguration(), store: store, sealer: try Sealer(keyFile: "\(folder.path)/key"), eventLoop: eventLoop,
            logger: quiet, onStoreHealth: { _ in })
        let scheduler = Scheduler(store: store, loop: loop, watch: ZoneWatch(loop, logger: quiet), group: group)
        try await loop.start(scheduler.taken(strands), queues: [])
        return scheduler
    }

    /// A daily series in the zone, in each of the strands, by the data of now.
    private func create(_ strands: [Shard]..., by scheduler: Scheduler) async throws -> [ReminderID] {
        var ids: [ReminderID] = []
        for strand in strands {
            let sample = Sample.reminder(Sample.id(shard: strand[2]))
            let reminder = Reminder(
                id: sample.id, schedule: Schedule(start: start - Self.day, rule: "FREQ=DAILY", timezone: zone), handling: sample.handling,
                payload: sample.payload, createdAt: sample.createdAt, sealedAuthorization: [])
            try await scheduler.loop.eventLoop.submit { scheduler.loop.zoneMarks.note(reminder.schedule, in: reminder.id.shard) }.get()
            try await scheduler.store.write(.create(reminder, position: SeriesPosition(scheduledAt: start, index: 2), idempotency: nil))
            ids.append(reminder.id)
        }
        return ids
    }

    private func wait(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !condition() {
            try #require(.now < deadline, "\(what) does not come")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("what comes next is worked out anew when the strand is taken, at the start or later, and in no strand before")
    func taken() async throws {
        defer { ZoneData.forget(zone) }
        use(isChanged: false)
        let former = try await scheduler(Self.one, Self.other), ids = try await create(Self.one, Self.other, by: former)
        try await former.stop()
        use(isChanged: true)
        let next = try await scheduler(Self.one), run = Task { try await next.watch.run() }
        try await wait("the first strand's move") { try await next.position(of: ids[0]) == start + 3_600 }
        #expect(try await next.position(of: ids[1]) == start)
        try await next.loop.take(next.taken([Self.other]), queues: [])
        try await wait("the other's") { try await next.position(of: ids[1]) == start + 3_600 }
        run.cancel()
        try? await run.value
        try await next.stop()
        // Whoever has them next by the same data finds nothing to do.
        let last = try await scheduler(), new = ZoneMark(zone: zone, digest: try digest())
        #expect(try await last.taken([Self.one, Self.other]).map(\.zones) == [[new], [new]])
        try await last.stop()
    }

    @Test("what comes next in a strand that goes is left to its next owner")
    func released() async throws {
        defer { ZoneData.forget(zone) }
        use(isChanged: false)
        let former = try await scheduler(Self.one, Self.other), ids = try await create(Self.one, Self.other, by: former)
        let old = ZoneMark(zone: zone, digest: try digest())
        try await former.stop()
        use(isChanged: true)
        let next = try await scheduler(Self.one, Self.other), new = ZoneMark(zone: zone, digest: try digest())
        try await next.loop.eventLoop.submit { next.loop.handle(.release(Self.one[0])) }.get()
        try await next.watch.renew()
        #expect(try await next.position(of: ids[0]) == start)
        #expect(try await next.position(of: ids[1]) == start + 3_600)
        try await next.stop()
        let last = try await scheduler()
        #expect(try await last.taken([Self.one, Self.other]).map(\.zones) == [[old], [new]])
        try await last.stop()
    }
}
