import Storage
import StoreTestKit
import Synchronization
import TaskDomain
import Testing

@testable import SQLiteStore

/// Holds up the thread that asks whether it still waits.
private final class Brake: Sendable {
    private let isHeld = Mutex(true), isAsked = Mutex(false)

    var asker: Asker {
        Asker { [self] in
            isAsked.withLock { $0 = true }
            while isHeld.withLock({ $0 }) {}
            return true
        }
    }

    /// Waits until the thread stands.
    func holds() async { while !isAsked.withLock({ $0 }) { await Task.yield() } }
    func release() { isHeld.withLock { $0 = false } }
}

@Suite("What is read, and for whom", .timeLimit(.minutes(1)))
struct ReadLaneTests {
    private let folder: Folder
    init() throws { folder = try Folder() }

    private func open(_ adjust: (inout SQLiteLimits) -> Void = { _ in }) throws -> SQLiteStore {
        var limits = SQLiteLimits()
        adjust(&limits)
        return try SQLiteStore(path: folder.path + "/test.db", limits: limits) { Issue.record("the store reports: \($0)") }
    }

    @Test("lists that take long hold up no question for one reminder, its attempts, or the queues")
    func twoLanes() async throws {
        let store = try open(), reminder = Sample.reminder(), brake = Brake(), lists = Lines()
        try await store.write(Sample.create(reminder))
        store.list(ReminderFilter(), after: nil, limit: 1, for: brake.asker) { _ in lists.add("list") }
        for _ in 0..<64 { store.list(ReminderFilter(), after: nil, limit: 1) { _ in lists.add("list") } }
        store.listOccurrences(OccurrenceFilter(state: .dead), after: nil, limit: 1) { _ in lists.add("occurrences") }
        await brake.holds()
        for _ in 0..<100 {
            #expect(try await store.summary(reminder.id) != nil)
            #expect(try await store.history(reminder.id) == [])
            #expect(try await store.tries(at: OccurrenceKey(reminder: reminder.id, scheduledAt: 0)) == [])
        }
        #expect(try await store.queueSettings() == [])
        #expect(lists.all.isEmpty)
        brake.release()
        while lists.all.count < 66 { await Task.yield() }
        await store.close()
    }

    @Test("what has waited too long is refused in its turn, with what to do, and gives its place to others")
    func waitingTime() async throws {
        let store = try open { limits in
            limits.readWait = .milliseconds(20)
            limits.queuedReads = 3
        }
        let reminder = Sample.reminder(), brake = Brake(), answers = Lines()
        try await store.write(Sample.create(reminder))
        func ask(_ asker: Asker = .patient) {
            store.reminder(reminder.id, for: asker) { result in
                switch result {
                case .success: answers.add("found")
                case .failure(let error): answers.add("\(error)")
                }
            }
        }
        ask(brake.asker)
        await brake.holds()
        // The one that is asked has its place still; a fourth finds none.
        for _ in 0..<3 { ask() }
        let asked = SuspendingClock.now
        while SuspendingClock.now - asked < .milliseconds(30) { await Task.yield() }
        brake.release()
        let late = "too much is asked of the store: the question waited more than 0.02 seconds for its turn. Ask again later, and less at once"
        while answers.all.count < 4 { await Task.yield() }
        #expect(
            answers.all.suffix(3) == [
                late, late, "too much is asked of the store: more than 3 questions wait to be read. Ask again later, and less at once",
            ])
        #expect(try await store.summary(reminder.id) != nil)
        await store.close()
    }

    @Test("what nobody waits for any more is not read, and wants nothing filed")
    func abandoned() async throws {
        let store = try open(), reminder = Sample.reminder()
        try await store.write(Sample.create(reminder))
        let gone = Asker { false }
        func isRefused<Value: Sendable>(_ call: (@escaping @Sendable (Result<Value, StoreError>) -> Void) -> Void) async {
            let error = await #expect(throws: StoreError.self) { _ = try await answer(call) }
            if case .overloaded? = error {} else { Issue.record("\(String(describing: error))") }
        }
        await isRefused { store.reminder(reminder.id, for: gone, completion: $0) }
        await isRefused { store.attempts(of: reminder.id, limit: 1, for: gone, completion: $0) }
        await isRefused { store.attempts(at: OccurrenceKey(reminder: reminder.id, scheduledAt: 0), limit: 1, for: gone, completion: $0) }
        await isRefused { store.list(ReminderFilter(), after: nil, limit: 1, for: gone, completion: $0) }
        await isRefused { store.listOccurrences(OccurrenceFilter(state: .held), after: nil, limit: 1, for: gone, completion: $0) }
        let eyes = try Connection(path: folder.path + "/test.db", busyTimeoutMilliseconds: 1_000)
        #expect(try eyes.integer("SELECT count(*) FROM intake") == 1)
        #expect(try await store.page(ReminderFilter(), limit: 1).items.count == 1)
        #expect(try eyes.integer("SELECT count(*) FROM intake") == 0)
        await store.close()
    }

    @Test("lists among creates find what was accepted before they were asked, and share a filing")
    func listsAmongCreates() async throws {
        let store = try open()
        for count in 1...20 {
            try await store.write(Sample.create(Sample.reminder()))
            async let first = store.page(ReminderFilter(), limit: 100).items.count
            async let second = store.page(ReminderFilter(), limit: 100).items.count
            #expect(try await [first, second] == [count, count])
        }
        await store.close()
    }
}
