import Storage
import StoreTestKit
import TaskDomain
import Testing

@Suite("What tasks returned")
struct ResultTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private static func settle(_ key: OccurrenceKey, _ result: [UInt8], to next: SeriesPosition?) -> StoreWrite {
        .settle(
            key, Sample.attempt(key.scheduledAt, 1, .delivered, result: result), .delivered,
            move: PositionMove(from: key.scheduledAt, to: next))
    }

    @Test("is kept with its attempt, byte for byte, and a repeated settlement changes nothing", arguments: Backend.all)
    func kept(backend: Backend) async throws {
        let store = try backend.open(folder), reminder = Sample.reminder()
        let key = OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start), result = Array(#"{"é":[1,null]}"#.utf8)
        try await store.write(Sample.create(reminder), Self.settle(key, result, to: nil))
        for _ in 1...2 {
            #expect(try await store.history(reminder.id)?.map(\.result) == [result])
            #expect(try await store.tries(at: key).map(\.result) == [result])
            try await store.write(Self.settle(key, [0x31], to: nil))
        }
        await store.close()
    }

    @Test("is in a list for as long as there is room, the latest first, and alone always", arguments: Backend.all)
    func room(backend: Backend) async throws {
        let store = try backend.open(folder), reminder = Sample.reminder(rule: "FREQ=SECONDLY")
        let brought = Attempt.resultsPerList / Attempt.resultLimit, keys = (0..<Int64(brought) + 2).map {
            OccurrenceKey(reminder: reminder.id, scheduledAt: Sample.start + $0)
        }
        try await store.write(Sample.create(reminder))
        for (index, key) in keys.enumerated() {
            // The one before the last has none.
            let result = index == 1 ? [] : [UInt8](repeating: 0x31, count: Attempt.resultLimit)
            let next = SeriesPosition(scheduledAt: key.scheduledAt + 1, index: Int64(index) + 2)
            try await store.write(Self.settle(key, result, to: next))
        }
        let attempts = try #require(try await store.history(reminder.id))
        #expect(attempts.map { $0.result.count } == Array(repeating: Attempt.resultLimit, count: brought) + [0, 0])
        #expect(attempts.map(\.isResultLeftOut) == Array(repeating: false, count: brought + 1) + [true])
        #expect(try await store.tries(at: keys[0]).map { $0.result.count } == [Attempt.resultLimit])
        await store.close()
    }
}
