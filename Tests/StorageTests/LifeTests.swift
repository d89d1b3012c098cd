import Domain
import Storage
import StoreTestKit
import Testing

@Suite("The store's life")
struct LifeTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    @Test("what was submitted before the close is done, what comes after is answered as closed", arguments: Backend.all)
    func close(backend: Backend) async throws {
        let store = try backend.open(folder)
        let reminders = (0..<100).map { _ in Sample.reminder() }
        let done = Lines()
        for reminder in reminders {
            store.submit([Sample.create(reminder)]) { if case .success = $0 { done.add("") } }
        }
        await store.close()
        #expect(done.all.count == 100)
        await #expect(throws: StoreError.closed) { try await store.write(Sample.create(Sample.reminder())) }
        await #expect(throws: StoreError.closed) { try await store.due(in: reminders[0].id.shard) }
        await #expect(throws: StoreError.closed) { try await store.summary(reminders[0].id) }
        await #expect(throws: StoreError.closed) { try await store.history(reminders[0].id) }
        await #expect(throws: StoreError.closed) { try await store.removeOld(finishedBefore: 0) }
        await #expect(throws: StoreError.closed) { try await store.workers() }
        await store.close()
        let again = try backend.open(folder)
        for reminder in reminders { #expect(try await again.summary(reminder.id) != nil) }
        await again.close()
    }

    @Test("the workers that were written last are known to the next process, however the last one ended", arguments: Backend.all)
    func workers(backend: Backend) async throws {
        var store: (any Store)? = try backend.open(folder)
        #expect(try await store?.workers() == [])
        let workers = [AttachedWorker(instance: "b", leasesEndAtMilliseconds: 1_800_000_060_000), AttachedWorker(instance: "c")]
        try await store?.write(.workers([AttachedWorker(instance: "a")]), .workers(workers.reversed()))
        #expect(try await store?.workers() == [])
        // Released without close; its files are free once its thread has ended.
        store = nil
        var next = try await reopened(backend)
        #expect(try await next.workers() == workers)
        await next.close()
        next = try await reopened(backend)
        #expect(try await next.workers() == workers)
        try await next.write(.workers([]))
        await next.close()
        next = try await reopened(backend)
        #expect(try await next.workers() == [])
        await next.close()
    }

    private func reopened(_ backend: Backend) async throws -> any Store {
        while true {
            do { return try backend.open(folder) } catch StoreError.unavailable(let reason) where reason.contains("in use") {
                await Task.yield()
            }
        }
    }

    @Test("finished reminders go with all that is theirs when they are old enough", arguments: Backend.all)
    func prune(backend: Backend) async throws {
        let store = try backend.open(folder)
        let at = Sample.start
        let delivered = Sample.reminder(), cancelled = Sample.reminder(), open = Sample.reminder()
        let key = OccurrenceKey(reminder: delivered.id, scheduledAt: at)
        try await store.write(
            Sample.create(delivered), Sample.create(cancelled), Sample.create(open),
            .settle(key, Sample.attempt(at, 1, .rejected), .dead(tries: Tries(attempts: 1)), move: PositionMove(from: at, to: nil)),
            .cancel(cancelled.id, atMilliseconds: at * 1000 + 2))
        // Both ended 2 ms after the second: one below, at, one above.
        #expect(try await store.removeOld(finishedBefore: at * 1000 + 1) == 0)
        #expect(try await store.removeOld(finishedBefore: at * 1000 + 2) == 0)
        #expect(try await store.removeOld(finishedBefore: at * 1000 + 3, limit: 1) == 1)
        #expect(try await store.removeOld(finishedBefore: at * 1000 + 3, limit: 1) == 1)
        #expect(try await store.removeOld(finishedBefore: .max) == 0)
        #expect(try await store.summary(delivered.id) == nil)
        #expect(try await store.history(delivered.id) == nil)
        #expect(try await store.summary(cancelled.id) == nil)
        #expect(try await store.summary(open.id) != nil)
        // Nothing of it is left that would belong to a new reminder of the same id.
        try await store.write(Sample.create(delivered))
        #expect(try await store.summary(delivered.id)?.line == "scheduled next 0#1 delivered 0 retrying 0 held 0 dead 0")
        #expect(try await store.history(delivered.id) == [])
        await store.close()
    }

    @Test("a cancelled reminder stays as long as an occurrence of it is to come that a person asked for", arguments: Backend.all)
    func pruneWithReplay(backend: Backend) async throws {
        let store = try backend.open(folder)
        let at = Sample.start, reminder = Sample.reminder()
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: at)
        try await store.write(
            Sample.create(reminder),
            .settle(
                key, Sample.attempt(at, 1, .rejected), .dead(tries: Tries(attempts: 1)),
                move: PositionMove(from: at, to: SeriesPosition(scheduledAt: at + 60, index: 2))),
            .cancel(reminder.id, atMilliseconds: at * 1000 + 2),
            .change(reminder.id, .replay(scheduledAt: at), ChangeGuard(), atMilliseconds: at * 1000 + 3))
        #expect(try await store.removeOld(finishedBefore: .max) == 0)
        try await store.write(.settle(key, Sample.attempt(at, 2, .delivered), .delivered, move: nil))
        #expect(try await store.removeOld(finishedBefore: .max) == 1)
        await store.close()
    }
}
