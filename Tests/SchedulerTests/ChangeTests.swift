import NIOConcurrencyHelpers
import SQLiteStore
import Storage
import TaskDomain
import TaskMessages
import TaskWire
import Testing

@testable import scheduler

/// A database of which some reads of single reminders fail, that may do something before one, and whose writes may get stuck.
final class UncertainStore: Store {
    let store: any Store
    let failing: NIOLockedValueBox<ReminderID?> = NIOLockedValueBox(nil)
    let beforeRead: NIOLockedValueBox<(@Sendable (ReminderID) -> Void)?> = NIOLockedValueBox(nil)

    /// Writes that wait until they are let go; `nil`: none does.
    private let held = NIOLockedValueBox<[@Sendable () -> Void]?>(nil)

    init(_ store: any Store) { self.store = store }

    func holdWrites() { held.withLockedValue { $0 = [] } }

    func letWritesGo() {
        let writes = held.withLockedValue { held in
            defer { held = nil }
            return held ?? []
        }
        for write in writes { write() }
    }

    func reminder(
        _ id: ReminderID, for asker: Asker, completion: @escaping @Sendable (Result<ReminderSummary?, StoreError>) -> Void
    ) {
        guard failing.withLockedValue({ $0 }) != id else {
            // As late as any other answer.
            return store.reminder(id, for: asker) { _ in completion(.failure(.unavailable("an I/O error"))) }
        }
        let before = beforeRead.withLockedValue { $0 }
        store.reminder(id, for: asker) { result in
            before?(id)
            completion(result)
        }
    }

    /// Whether the answers to creates are lost, which are carried out.
    let losesCreates = NIOLockedValueBox(false)

    func submit(_ writes: [StoreWrite], completion: @escaping @Sendable (Result<[StoreWriteResult], StoreError>) -> Void) {
        if case .create = writes.first, losesCreates.withLockedValue({ $0 }) {
            return store.submit(writes) { _ in completion(.failure(.unavailable("the connection was lost in a commit"))) }
        }
        let isHeld = held.withLockedValue { held in
            held?.append { [store] in store.submit(writes, completion: completion) }
            return held != nil
        }
        if !isHeld { store.submit(writes, completion: completion) }
    }
    func reseal(_ request: Resealing, completion: @escaping @Sendable (Result<ResealProgress, StoreError>) -> Void) {
        store.reseal(request, completion: completion)
    }
    func load(
        shard: Shard, after: DueKey?, through: UnixMilliseconds, limit: Int,
        completion: @escaping @Sendable (Result<DuePage, StoreError>) -> Void
    ) { store.load(shard: shard, after: after, through: through, limit: limit, completion: completion) }
    func loadShelf(
        _ scope: ShelfScope, of shard: Shard, after: ShelfKey, limit: Int, completion: @escaping @Sendable (Result<ShelfPage, StoreError>) -> Void
    ) { store.loadShelf(scope, of: shard, after: after, limit: limit, completion: completion) }
    func attempts(
        of id: ReminderID, limit: Int, for asker: Asker, completion: @escaping @Sendable (Result<[Attempt]?, StoreError>) -> Void
    ) { store.attempts(of: id, limit: limit, for: asker, completion: completion) }
    func list(
        _ filter: ReminderFilter, after: ListCursor?, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<ListPage<ReminderSummary>, StoreError>) -> Void
    ) { store.list(filter, after: after, limit: limit, for: asker, completion: completion) }
    func listOccurrences(
        _ filter: OccurrenceFilter, after: ListCursor?, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<ListPage<SetAsideOccurrence>, StoreError>) -> Void
    ) { store.listOccurrences(filter, after: after, limit: limit, for: asker, completion: completion) }
    func attempts(
        at key: OccurrenceKey, limit: Int, for asker: Asker, completion: @escaping @Sendable (Result<[Attempt], StoreError>) -> Void
    ) { store.attempts(at: key, limit: limit, for: asker, completion: completion) }
    func tallies(
        of queues: [String], for asker: Asker, completion: @escaping @Sendable (Result<OccurrenceTallies, StoreError>) -> Void
    ) { store.tallies(of: queues, for: asker, completion: completion) }
    func queues(completion: @escaping @Sendable (Result<[QueueSettings], StoreError>) -> Void) { store.queues(completion: completion) }
    func prune(_ request: Pruning, completion: @escaping @Sendable (Result<PruneProgress, StoreError>) -> Void) {
        store.prune(request, completion: completion)
    }
    func space(completion: @escaping @Sendable (Result<StoreSpace, StoreError>) -> Void) { store.space(completion: completion) }
    func series(
        in zones: Set<String>, of shards: Set<Shard>, after: Int64, limit: Int, for asker: Asker,
        completion: @escaping @Sendable (Result<SeriesPage, StoreError>) -> Void
    ) { store.series(in: zones, of: shards, after: after, limit: limit, for: asker, completion: completion) }
    static let strands = SQLiteStore.strands
    func take(_ shards: [Shard], passed: Int, completion: @escaping @Sendable (Result<TakenShards, StoreError>) -> Void) {
        store.take(shards, passed: passed, completion: completion)
    }
    func close() async { await store.close() }
}

@Suite("Changes of reminders", .timeLimit(.minutes(3)))
struct ChangeTests {
    private static let hourly = SchedulerUnderTest.request(in: 3_600, rule: "FREQ=HOURLY")

    /// A scheduler, and the store that it has.
    private func uncertain() async throws -> (SchedulerUnderTest, UncertainStore) {
        let stores = NIOLockedValueBox<UncertainStore?>(nil)
        let scheduler = try await SchedulerUnderTest(in: Folder(), wrap: { store in
            let uncertain = UncertainStore(store)
            stores.withLockedValue { $0 = uncertain }
            return uncertain
        })
        let store = try #require(stores.withLockedValue { $0 })
        return (scheduler, store)
    }

    private func paused(_ scheduler: SchedulerUnderTest, _ count: Int) async throws -> [[UInt8]] {
        var ids: [[UInt8]] = []
        for _ in 0..<count { ids.append(try await scheduler.create(SchedulerUnderTest.request(in: 3_600, rule: "FREQ=HOURLY"))) }
        #expect(try await scheduler.change(.pause, ids).allSatisfy { $0.result == .done })
        return ids
    }

    @Test("a resume of many of which one cannot be read resumes none")
    func resumeIsWhole() async throws {
        let (scheduler, store) = try await uncertain()
        let ids = try await paused(scheduler, 20)
        store.failing.withLockedValue { $0 = ReminderID(bytes: ids[10]) }
        let error = await #expect(throws: CallError.self) { try await scheduler.change(.resume, ids) }
        #expect(error?.code == .unavailable)
        store.failing.withLockedValue { $0 = nil }
        for id in ids { #expect(try await scheduler.reminder(id).state == .paused) }
        #expect(try await scheduler.change(.resume, ids).allSatisfy { $0.result == .done })
        for id in ids { #expect(try await scheduler.reminder(id).state == .scheduled) }
        try await scheduler.stop()
    }

    @Test("a resume takes again what something else changed in between, and answers each on its own")
    func resumeAgain() async throws {
        let (scheduler, store) = try await uncertain()
        let ids = try await paused(scheduler, 4)
        let once = try #require(ReminderID(bytes: ids[1])), always = try #require(ReminderID(bytes: ids[2]))
        let changed = NIOLockedValueBox(0)
        let loop = scheduler.loop
        store.beforeRead.withLockedValue { before in
            before = { id in
                guard id == always || id == once && changed.withLockedValue({ $0 }) == 0 else { return }
                changed.withLockedValue { $0 += 1 }
                loop.request([.change(id, .run, ChangeGuard(), at: SystemClock.now + 7_200_000)]) { _ in }
            }
        }
        let unknown = SchedulerUnderTest.request().reminder?.id ?? []
        let answers = try await scheduler.change(.resume, ids + [unknown])
        #expect(answers.map(\.result) == [.done, .done, .revisionDiffers, .done, .notFound])
        store.beforeRead.withLockedValue { $0 = nil }
        let states = [Proto.ReminderState.scheduled, .scheduled, .paused, .scheduled]
        for (id, state) in zip(ids, states) { #expect(try await scheduler.reminder(id).state == state) }
        // A revision that the caller asks for is not taken again.
        #expect(try await scheduler.change(.resume, [ids[2]], revision: 1).map(\.result) == [.revisionDiffers])
        try await scheduler.stop()
    }

    @Test("a create that was stored although it failed is in memory, whoever asks for it again or not")
    func createsLost() async throws {
        let (scheduler, store) = try await uncertain()
        store.losesCreates.withLockedValue { $0 = true }
        let request = SchedulerUnderTest.request(in: 30)
        let error = await #expect(throws: CallError.self) { try await scheduler.create(request) }
        #expect(error?.code == .unavailable)
        let loop = scheduler.loop
        while try await loop.eventLoop.submit({ loop.core.snapshot.entriesInMemory }).get() == 0 { await Task.yield() }
        store.losesCreates.withLockedValue { $0 = false }
        #expect(try await scheduler.create(request) == request.reminder?.id)
        #expect(try await loop.eventLoop.submit { loop.core.snapshot.entriesInMemory }.get() == 1)
        try await scheduler.stop()
    }

    @Test("a series goes on behind the moment at which its resumption was asked for")
    func resumeAtItsTime() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        var request = SchedulerUnderTest.request(in: -30, rule: "FREQ=SECONDLY")
        request.reminder?.misfirePolicy = .fireAll
        let id = try await scheduler.create(request)
        _ = try await scheduler.change(.pause, [id])
        let asked = SystemClock.now - 20_000
        #expect(try await scheduler.change(.resume, [id], atMs: asked.count).map(\.result) == [.done])
        #expect(try await scheduler.reminder(id).position?.scheduledAt == asked.second.count + 1)
        try await scheduler.stop()
    }

    @Test("a change of nothing, or of more than a call may name, or of what has no valid id, is refused whole")
    func bounds() async throws {
        let scheduler = try await SchedulerUnderTest(in: Folder())
        let id = try await scheduler.create(Self.hourly)
        for ids in [[], Array(repeating: id, count: RequestBounds.maxItems + 1), [id, [1, 2, 3]]] {
            for action in [Proto.ChangeRequest.Action.cancel, .resume] {
                let error = await #expect(throws: CallError.self) { try await scheduler.change(action, ids) }
                #expect(error?.code == .invalidArgument)
            }
        }
        #expect(try await scheduler.reminder(id).state == .scheduled)
        try await scheduler.stop()
    }
}
