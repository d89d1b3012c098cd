import Storage
import StoreTestKit
import TaskDomain
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
        await #expect(throws: StoreError.closed) { try await store.write([]) }
        await #expect(throws: StoreError.closed) { try await store.due(in: reminders[0].id.shard) }
        await #expect(throws: StoreError.closed) { try await store.summary(reminders[0].id) }
        await #expect(throws: StoreError.closed) { try await store.history(reminders[0].id) }
        await #expect(throws: StoreError.closed) { try await store.removeOld() }
        await #expect(throws: StoreError.closed) { try await store.room() }
        await #expect(throws: StoreError.closed) { try await store.workers() }
        await store.close()
        let again = try backend.open(folder)
        for reminder in reminders { #expect(try await again.summary(reminder.id) != nil) }
        await again.close()
    }

    @Test("the workers that were written last are known to the next process, however the last one ended", arguments: Backend.all)
    func workers(backend: Backend) async throws {
        var store: (any Store)? = try backend.open(folder)
        #expect(try await store?.workers() == [[]])
        let workers = [AttachedWorker(instance: "b", leasesEndAt: 1_800_000_060_000), AttachedWorker(instance: "c", handedThrough: 7, awaitedSince: 8)]
        try await store?.write(workers: [AttachedWorker(instance: "a")])
        try await store?.write(workers: workers.reversed())
        // Released without close; its files are free once its thread has ended.
        store = nil
        var next = try await reopened(backend)
        #expect(try await next.workers() == [workers])
        await next.close()
        next = try await reopened(backend)
        #expect(try await next.workers() == [workers])
        try await next.write(workers: [])
        await next.close()
        next = try await reopened(backend)
        #expect(try await next.workers() == [[]])
        await next.close()
    }

    @Test("all shards are a process's that opens the store, with a higher epoch each time, however the last one ended", arguments: Backend.all)
    func epochs(backend: Backend) async throws {
        var store: (any Store)? = try backend.open(folder)
        var last = try #require(try await store?.owned())
        #expect(last.map(\.shard) == Shard.all && last.allSatisfy { $0.epoch > 0 })
        store = nil
        for _ in 0..<2 {
            let next = try await reopened(backend), owned = try await next.owned()
            #expect(owned.map(\.shard) == Shard.all && zip(owned, last).allSatisfy { $0.epoch > $1.epoch })
            last = owned
            await next.close()
            await #expect(throws: StoreError.closed) { try await next.owned() }
        }
    }

    private func reopened(_ backend: Backend) async throws -> any Store {
        while true {
            do { return try backend.open(folder) } catch StoreError.inUse {
                await Task.yield()
            }
        }
    }
}
