import Storage
import StoreTestKit
import TaskDomain
import Testing

/// A pair of kinds of store, one copied into the other.
struct CopyPair: CustomStringConvertible, Sendable {
    let from: Backend, to: Backend
    var description: String { "\(from) to \(to)" }
    /// Which shards are written together makes no difference to what is stored.
    static let all = Backend.whole.flatMap { from in Backend.whole.map { CopyPair(from: from, to: $0) } }
}

@Suite("A store that is copied to another")
struct CopyTests {
    private let from: Folder, to: Folder, back: Folder

    init() throws { (from, to, back) = (try Folder(), try Folder(), try Folder()) }

    private static let record = IdempotencyRecord(key: [1, 0, 2], request: [2], answer: [3, 0], createdAt: Sample.start.milliseconds)

    /// Something in every table, and every state of a reminder.
    /// - Returns: the reminders.
    private func fill(_ store: some Store, many: Int = 20) async throws -> [Reminder] {
        var reminders: [Reminder] = []
        for situation in Situation.allCases where situation != .unknown {
            reminders.append(try await situation.make(store))
            reminders.append(try await situation.make(store, caller: "ada"))
        }
        let full = Reminder(
            id: Sample.id(),
            schedule: Schedule(
                start: Sample.start, rule: "FREQ=DAILY", timezone: "Europe/Berlin", until: Sample.start + 1_000_000, rdates: [Sample.start + 7],
                exdates: [Sample.start + 86_400]),
            handling: Handling(
                queue: "mail", priority: 2, misfirePolicy: .skip, catchUpLimit: 3, retryForSeconds: 77, maxAttempts: 7, jitterSeconds: 3,
                expiresAfterSeconds: 9),
            payload: Payload(task: "report", arguments: [0, 255], description: "Ärger über ALLES", classroomID: "k", createdBy: "u"),
            createdAt: 1_794_995_000_001, caller: "ada", sealedAuthorization: [])
        let at = SeriesPosition(scheduledAt: Sample.start, index: 1), next = SeriesPosition(scheduledAt: Sample.start + 86_400, index: 2)
        try await store.write([
            .create(full, position: at, idempotency: Self.record, pendingLimit: 50),
            .misfire(
                full.id, record: Sample.attempt(Sample.start, 1, .misfired),
                move: PositionMove(
                    from: Sample.start, to: next, missed: Missed(count: 4, isAtLeast: true, first: Sample.start, last: Sample.start + 1))),
            .settle(
                OccurrenceKey(reminder: full.id, scheduledAt: Sample.start + 86_400), Sample.attempt(Sample.start + 86_400, 1, .delivered, result: [4, 0, 4]),
                .delivered, move: nil),
            .queue(QueueSettings(name: "mail", isPaused: true, maxConcurrency: 3, rate: DispatchRate(count: 5, seconds: 6), fairBy: .classroomID)),
        ])
        try await store.write(zones: [ZoneMark(zone: "Europe/Berlin", digest: .max, through: 1), ZoneMark(zone: "Asia/Tokyo", digest: nil)])
        try await store.write(workers: [
            AttachedWorker(instance: "w1", leasesEndAt: 5, handedThrough: 6, awaitedSince: 7), AttachedWorker(instance: "w2"),
        ])
        reminders.append(full)
        for number in 0..<many { reminders.append(Sample.reminder(start: Sample.start + 1_000 + Int64(number), caller: number % 2 == 0 ? "ada" : "")) }
        try await store.write(reminders.suffix(many).map { Sample.create($0) })
        for _ in PrunedKind.allCases { try await store.removeOld(now: Sample.start.milliseconds + 1_000_000_000) }
        _ = try await answer { store.reseal(Resealing(prefix: [9], rows: 10) { _, _ in nil }, completion: $0) }
        return reminders
    }

    /// All that a closed store holds, as a copy reads it.
    private func content(_ source: any CopySource) throws -> [CopiedTable: [String]] {
        var content: [CopiedTable: [String]] = [:]
        for table in CopiedTable.allCases {
            try source.read(table) { content[table, default: []] += $0.map { "\($0)" } }
            content[table]?.sort()
        }
        return content
    }

    @Test("holds there what it held, whichever kinds they are, and the other way again", arguments: CopyPair.all)
    func copied(pair: CopyPair) async throws {
        var store = try pair.from.open(from)
        let reminders = try await fill(store, many: StoreCopy.pageRows + 1)
        let due = try await Self.due(store), tallies = try await store.tallies(of: ["default", "mail"])
        let epochs = try await store.owned().map(\.epoch), listed = try await Self.listed(store), series = try await store.series(in: ["Europe/Berlin", "UTC"], limit: 1_000).reminders.count
        await store.close()

        var told = 0
        let rows = try StoreCopy.run(from: try pair.from.source(from), to: try pair.to.target(to)) { _, copied, all in
            told += 1
            #expect(copied <= all)
        }
        #expect(told > CopiedTable.allCases.count)
        #expect(CopiedTable.allCases.filter { rows[$0] == 0 } == [])
        try StoreCopy.run(from: try pair.to.source(to), to: try pair.from.target(back))
        let before = try content(try pair.from.source(from)), after = try content(try pair.from.source(back))
        for table in CopiedTable.allCases { #expect(before[table] == after[table], "\(table)") }

        store = try pair.to.open(to)
        // What workers were given before is told from what they are given now.
        let taken = try await store.owned().map(\.epoch)
        #expect(zip(taken, epochs).allSatisfy { $0 > $1 })
        #expect(try await Self.due(store) == due)
        #expect(try await Self.listed(store) == listed)
        #expect(try await store.tallies(of: ["default", "mail"]) == tallies)
        #expect(
            try await store.zoneMarks() == [[ZoneMark(zone: "Asia/Tokyo", digest: nil), ZoneMark(zone: "Europe/Berlin", digest: .max, through: 0)]])
        #expect(try await store.series(in: ["Europe/Berlin", "UTC"], limit: 1_000).reminders.count == series)
        for reminder in reminders.prefix(20) { #expect(try await store.summary(reminder.id)?.reminder.id == reminder.id) }
        let keyed = try #require(reminders.first { $0.queue == "mail" })
        // The answer to an idempotency key is still the same, and the words are found whatever their case.
        #expect(
            try await store.write(.create(Sample.reminder(Sample.id(shard: keyed.id.shard)), position: nil, idempotency: Self.record)).map(\.name)
                == ["replayed [3, 0]"])
        var filter = ReminderFilter()
        filter.text = "alles"
        #expect(try await store.page(filter, limit: 10).items.count == 1)
        // What comes next of a series gets a number of its own.
        try await store.write(Sample.create(Sample.reminder(rule: "FREQ=DAILY")))
        #expect(try await store.series(in: ["Europe/Berlin", "UTC"], limit: 1_000).reminders.count == series + 1)
        await store.close()
        #expect(to.faults.all == [])
    }

    private static func due(_ store: some Store) async throws -> [String] {
        var lines: [String] = []
        for shard in Shard.all { lines += try await store.due(in: shard).map { "\($0.due.occurrence.reminder) \($0.line)" } }
        return lines
    }

    /// Every list in its order.
    private static func listed(_ store: some Store) async throws -> [String] {
        var lines: [String] = []
        for state in OccurrenceState.allCases {
            lines += try await store.page(OccurrenceFilter(state: state), limit: 100).items.map { "\($0.key.reminder) \($0.key.scheduledAt)" }
        }
        return lines
    }

    @Test("that breaks off is no store, and is copied anew when it is repeated", arguments: CopyPair.all)
    func interrupted(pair: CopyPair) async throws {
        let store = try pair.from.open(from)
        _ = try await fill(store)
        await store.close()
        #expect(throws: StoreError.self) {
            try StoreCopy.run(from: Broken(source: try pair.from.source(from)), to: try pair.to.target(to))
        }
        let refusal = #expect(throws: StoreError.self) { try pair.to.open(to) }
        #expect(refusal?.reason.contains("a copy into it was not finished. Repeat it (scheduler --copy-store)") ?? false)
        #expect(throws: StoreError.self) { try pair.to.source(to) }
        try StoreCopy.run(from: try pair.from.source(from), to: try pair.to.target(to))
        await (try pair.to.open(to)).close()
        let before = try pair.from.source(from).counts(), after = try pair.to.source(to).counts()
        #expect(before == after)
    }

    /// Ends in the midst of the reminders.
    private struct Broken: CopySource {
        let source: any CopySource
        var label: String { source.label }

        func counts() throws(StoreError) -> [CopiedTable: Int] { try source.counts() }
        func credentials(prefix: Int) throws(StoreError) -> [[UInt8]: Int] { try source.credentials(prefix: prefix) }
        func epoch() throws(StoreError) -> Int64 { try source.epoch() }

        func read(_ table: CopiedTable, _ use: (CopiedRows) throws(StoreError) -> Void) throws(StoreError) {
            try source.read(table) { rows throws(StoreError) in
                try use(rows)
                throw .unavailable("broken off")
            }
        }
    }

    @Test("is refused where something is already, where there is nothing, and while a scheduler uses one of the two", arguments: CopyPair.all)
    func refused(pair: CopyPair) async throws {
        #expect(throws: StoreError.self) { try pair.from.source(from) }
        let one = try pair.from.open(from), other = try pair.to.open(to)
        try await one.write(Sample.create(Sample.reminder()))
        try await other.write(Sample.create(Sample.reminder()))
        func isInUse(_ error: StoreError?) -> Bool { if case .inUse = error { true } else { false } }
        let busySource = #expect(throws: StoreError.self) { try pair.from.source(from) }, busyTarget = #expect(throws: StoreError.self) { try pair.to.target(to) }
        #expect(isInUse(busySource) && isInUse(busyTarget))
        await one.close()
        await other.close()
        let full = #expect(throws: StoreError.self) { try pair.to.target(to) }
        #expect(full?.reason.contains("holds a store already (1 rows of reminders)") ?? false)
        // And is as it was.
        let again = try pair.to.open(to)
        #expect(try await again.page(ReminderFilter(), limit: 9).items.count == 1)
        await again.close()
        let source = try pair.from.source(from)
        let busyStore = #expect(throws: StoreError.self) { try pair.from.open(from) }
        #expect(isInUse(busyStore))
        #expect(try source.counts()[.reminders] == 1)
    }

    @Test("that does not hold as much as the first is no store", arguments: Backend.all)
    func less(backend: Backend) async throws {
        let store = try backend.open(from)
        _ = try await fill(store)
        await store.close()
        struct Forgetful: CopySource {
            let source: any CopySource
            var label: String { source.label }
            func counts() throws(StoreError) -> [CopiedTable: Int] { try source.counts() }
            func credentials(prefix: Int) throws(StoreError) -> [[UInt8]: Int] { try source.credentials(prefix: prefix) }
        func epoch() throws(StoreError) -> Int64 { try source.epoch() }
            func read(_ table: CopiedTable, _ use: (CopiedRows) throws(StoreError) -> Void) throws(StoreError) {
                guard table != .attempts else { return }
                try source.read(table, use)
            }
        }
        let error = #expect(throws: StoreError.self) { try StoreCopy.run(from: Forgetful(source: try backend.source(from)), to: try backend.target(to)) }
        #expect(error?.reason.contains("holds 0 rows of attempts where ") ?? false)
        #expect(throws: StoreError.self) { try backend.open(to) }
    }
}
