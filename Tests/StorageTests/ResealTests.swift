import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("Sealing what is stored anew")
struct ResealTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    /// A credential is two bytes of key and one that says which it is; "resealed" is one with another key.
    private func request(to key: UInt8, rows: Int = 2) -> Resealing {
        Resealing(prefix: [key, key], rows: rows) { _, sealed in sealed.first == 0 ? nil : [key, key] + sealed.dropFirst(2) }
    }

    private func reminders(_ count: Int, key: UInt8, in store: any Store) async throws -> [Reminder] {
        var made: [Reminder] = []
        for number in 0..<count {
            let reminder = Sample.reminder(sealed: [key, key, UInt8(number)])
            try await store.write(Sample.create(reminder))
            made.append(reminder)
        }
        return made
    }

    private func credentials(_ reminders: [Reminder], in store: any Store) async throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        for reminder in reminders { found.append(try await store.summary(reminder.id)?.reminder.sealedAuthorization ?? []) }
        return found
    }

    /// Calls until it is done, and says how many calls that took.
    @discardableResult
    private func all(_ request: Resealing, in store: any Store) async throws -> (calls: Int, resealed: Int, last: ResealProgress) {
        var calls = 0, resealed = 0
        while true {
            let progress = try await answer { store.reseal(request, completion: $0) }
            calls += 1
            resealed += progress.resealed
            if progress.isDone || calls > 100 { return (calls, resealed, progress) }
        }
    }

    @Test("every credential is sealed anew, a page at a time, until a whole look finds none", arguments: Backend.all)
    func whole(backend: Backend) async throws {
        let store = try backend.open(folder)
        let old = try await reminders(5, key: 1, in: store), new = try await reminders(2, key: 2, in: store)
        let first = try await answer { store.reseal(request(to: 2), completion: $0) }
        // A page holds two, in whichever order the store looks at them.
        #expect(first == ResealProgress(resealed: first.resealed, looked: first.looked, all: first.all, isDone: false))
        #expect(first.looked > 0 && first.looked < first.all)
        let rest = try await all(request(to: 2), in: store)
        // Three more pages, and then four that find nothing.
        #expect(first.resealed + rest.resealed == 5 && rest.calls == 3 + 4 && rest.last.unreadable == 0)
        #expect(try await credentials(old, in: store) == (0..<5).map { [2, 2, $0] })
        #expect(try await credentials(new, in: store) == (0..<2).map { [2, 2, $0] })
        // From then on nothing is looked at.
        #expect(try await all(request(to: 2), in: store).last == ResealProgress(isDone: true))
        await store.close()
    }

    @Test("it goes on where it was after a restart, and begins anew for another key", arguments: Backend.all)
    func resumes(backend: Backend) async throws {
        var store = try backend.open(folder)
        let old = try await reminders(6, key: 1, in: store)
        let first = try await answer { store.reseal(request(to: 2), completion: $0) }
        await store.close()
        store = try backend.open(folder)
        let second = try await answer { store.reseal(request(to: 2), completion: $0) }
        #expect(second.resealed == 2 && second.looked > first.looked)
        let other = try await all(request(to: 3), in: store)
        #expect(other.resealed == 6)
        #expect(try await credentials(old, in: store) == (0..<6).map { [3, 3, $0] })
        await store.close()
    }

    @Test("what was sealed otherwise while it looked is found by the next look", arguments: Backend.all)
    func meanwhile(backend: Backend) async throws {
        let store = try backend.open(folder)
        let old = try await reminders(4, key: 1, in: store)
        _ = try await answer { store.reseal(request(to: 2), completion: $0) }
        try await store.write(.replaceAuthorization(old[0].id, sealed: [1, 1, 9], at: Sample.start.milliseconds))
        try await all(request(to: 2), in: store)
        #expect(try await credentials(old, in: store) == [[2, 2, 9], [2, 2, 1], [2, 2, 2], [2, 2, 3]])
        await store.close()
    }

    @Test("what no key opens stays as it is, and is counted; a reminder without a credential is no such one", arguments: Backend.all)
    func unreadable(backend: Backend) async throws {
        let store = try backend.open(folder)
        let lost = try await reminders(1, key: 0, in: store), old = try await reminders(2, key: 1, in: store)
        let without = Sample.reminder(sealed: [])
        try await store.write(Sample.create(without))
        let end = try await all(request(to: 2), in: store)
        #expect(end.resealed == 2 && end.last.unreadable == 1 && end.last.isDone)
        #expect(try await credentials(lost + old + [without], in: store) == [[0, 0, 0], [2, 2, 0], [2, 2, 1], []])
        await store.close()
    }
}
