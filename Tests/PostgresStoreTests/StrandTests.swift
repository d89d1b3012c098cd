import PostgresStore
import Storage
import StoreTestKit
import TaskDomain
import Testing

/// What becomes of a strand that one scheduler has and then another, and of those that are others'.
@Suite("A strand of a PostgreSQL database")
struct StrandTests {
    private let server: PostgresServer
    private let folder: Folder
    private let database: String

    init() throws { (server, folder, database) = try PostgresServer.fresh() }

    private static let strands = PostgresStore.strands, distributions = [PostgresDistribution.none, .byShard]
    /// Where two strands are written to.
    private static let one = strands[0][3], other = strands[5][1]

    /// A scheduler that has some strands.
    private func open(_ distribution: PostgresDistribution, _ strands: [Shard]...) async throws -> PostgresStore {
        var limits = PostgresLimits()
        if distribution != .none { limits.onStatement = { [folder] sql in if let fault = OneShard.fault(sql) { folder.faults.add(fault) } } }
        let store = try PostgresStore(try server.address(of: database), distribution: distribution, limits: limits) { [folder] in folder.faults.add($0) }
        for strand in strands { _ = try await take(strand, in: store) }
        return store
    }

    @discardableResult
    private func take(_ strand: [Shard], in store: PostgresStore) async throws -> TakenShards {
        try await answer { store.take(strand, passed: 100, completion: $0) }
    }

    private func isAnothers(_ call: () async throws -> Void) async -> Bool {
        let error = await #expect(throws: StoreError.self) { try await call() }
        if case .inUse? = error { return true }
        return false
    }

    private func ask(_ sql: String) throws -> [String] { try server.run(sql, in: database).split(separator: "\n").map(String.init) }

    // MARK: Zones

    @Test("has marks of zones of its own, which only its owner writes and its next owner is told", arguments: distributions)
    func zones(distribution: PostgresDistribution) async throws {
        var store = try await open(distribution, Self.strands[0], Self.strands[5])
        let (one, other) = (Self.strands[0][0], Self.strands[5][0])
        try await store.write(.zone(ZoneMark(zone: "A", digest: 1), of: one), .zone(ZoneMark(zone: "A", digest: 2, through: 7), of: other))
        await store.close()
        store = try await open(distribution)
        #expect(try await take(Self.strands[5], in: store).zones == [ZoneMark(zone: "A", digest: 2, through: 7)])
        #expect(await isAnothers { try await store.write(.zone(ZoneMark(zone: "A", digest: 3), of: one)) })
        try await store.write(.zone(ZoneMark(zone: "A", digest: 3), of: other))
        #expect(try await take(Self.strands[0], in: store).zones == [ZoneMark(zone: "A", digest: 1)])
        #expect(try await take(Self.strands[1], in: store).zones == [])
        #expect(try await take(Self.strands[5], in: store).zones == [ZoneMark(zone: "A", digest: 3)])
        await store.close()
        #expect(folder.faults.all == [])
    }

    @Test("of which series were worked out by other data than those of another counts as not worked out in a copy")
    func copiedZones() async throws {
        let store = try await open(.none, Self.strands[0], Self.strands[5])
        let (one, other) = (Self.strands[0][0], Self.strands[5][0])
        try await store.write([
            .zone(ZoneMark(zone: "same", digest: 1), of: one), .zone(ZoneMark(zone: "same", digest: 1), of: other),
            .zone(ZoneMark(zone: "different", digest: 1), of: one), .zone(ZoneMark(zone: "different", digest: 2), of: other),
            .zone(ZoneMark(zone: "unsaid", digest: 1), of: one), .zone(ZoneMark(zone: "unsaid", digest: nil), of: other),
            .zone(ZoneMark(zone: "never", digest: nil), of: one), .zone(ZoneMark(zone: "never", digest: nil), of: other),
            .zone(ZoneMark(zone: "on its way", digest: 1), of: one), .zone(ZoneMark(zone: "on its way", digest: 1, through: 9), of: other),
            .zone(ZoneMark(zone: "only there", digest: 1), of: other),
        ])
        await store.close()
        var marks: [String: CopiedValue] = [:]
        try PostgresCopySource(try server.address(of: database)).read(.zones) { rows in
            for row in rows { if case .bytes(let name) = row[0] { marks[String(decoding: name, as: UTF8.self)] = row[2] } }
        }
        #expect(
            marks == [
                "same": .null, "different": .integer(0), "unsaid": .integer(0), "never": .null, "on its way": .integer(0), "only there": .null,
            ])
    }

    // MARK: Credentials

    private func sealing(to key: UInt8, rows: Int = 100) -> Resealing {
        Resealing(prefix: [key, key], rows: rows) { _, sealed in [key, key] + sealed.dropFirst(2) }
    }

    private func reseal(_ store: PostgresStore, to key: UInt8, rows: Int = 100) async throws -> ResealProgress {
        try await answer { store.reseal(sealing(to: key, rows: rows), completion: $0) }
    }

    private func resealAll(_ store: PostgresStore, to key: UInt8) async throws -> Int {
        var resealed = 0
        for _ in 0..<100 {
            let progress = try await reseal(store, to: key)
            resealed += progress.resealed
            if progress.isDone { return resealed }
        }
        Issue.record("it is never done")
        return resealed
    }

    private func create(_ count: Int, in shard: Shard, key: UInt8, _ store: PostgresStore) async throws {
        try await store.write((0..<count).map { _ in Sample.create(Sample.reminder(Sample.id(shard: shard), sealed: [key, key, 7])) })
    }

    /// How many credentials of a shard are sealed with a key.
    private func sealed(_ key: UInt8, in shard: Shard) throws -> Int {
        Int(try ask("SELECT count(*) FROM definitions WHERE shard = \(shard.number) AND get_byte(sealed, 0) = \(key)")[0]) ?? 0
    }

    @Test("has its credentials sealed anew by who has it, also by one that takes it later", arguments: distributions)
    func resealed(distribution: PostgresDistribution) async throws {
        var store = try await open(distribution, Self.strands[0], Self.strands[5])
        try await create(3, in: Self.one, key: 1, store)
        try await create(4, in: Self.other, key: 1, store)
        await store.close()
        store = try await open(distribution, Self.strands[0])
        #expect(try await resealAll(store, to: 2) == 3)
        #expect(try sealed(2, in: Self.one) == 3 && sealed(1, in: Self.other) == 4)
        #expect(try await reseal(store, to: 2) == ResealProgress(isDone: true))
        _ = try await take(Self.strands[5], in: store)
        #expect(try await resealAll(store, to: 2) == 4)
        #expect(try sealed(2, in: Self.other) == 4)
        await store.close()
        #expect(folder.faults.all == [])
    }

    @Test("that moves is gone on with where its former owner was, and is not looked through once more", arguments: distributions)
    func resealedByTwo(distribution: PostgresDistribution) async throws {
        var store = try await open(distribution, Self.strands[0])
        try await create(6, in: Self.one, key: 1, store)
        #expect(try await reseal(store, to: 2, rows: 4).looked == 4)
        await store.close()
        store = try await open(distribution, Self.strands[0], Self.strands[1])
        let progress = try await reseal(store, to: 2, rows: 4)
        #expect(progress.looked == 6 && progress.resealed == 2)
        #expect(try await resealAll(store, to: 2) == 0)
        for _ in 0..<2 {
            await store.close()
            store = try await open(distribution, Self.strands[0], Self.strands[1])
            #expect(try await reseal(store, to: 2) == ResealProgress(isDone: true))
        }
        // With another key it begins anew.
        #expect(try await resealAll(store, to: 3) == 6)
        await store.close()
    }

    @Test("that an owner has had who never said with which key it seals is looked through once more", arguments: distributions)
    func unsaid(distribution: PostgresDistribution) async throws {
        var store = try await open(distribution, Self.strands[0], Self.strands[5])
        try await create(2, in: Self.one, key: 1, store)
        #expect(try await resealAll(store, to: 2) == 2)
        await store.close()
        store = try await open(distribution, Self.strands[0])
        // As one does that does not know the newest key yet.
        try await create(3, in: Self.one, key: 1, store)
        await store.close()
        store = try await open(distribution, Self.strands[0], Self.strands[5])
        #expect(try await resealAll(store, to: 2) == 3)
        #expect(try sealed(2, in: Self.one) == 5)
        await store.close()
    }

    @Test("tells with which key it was sealed last, of all strands", arguments: distributions)
    func sealedWith(distribution: PostgresDistribution) async throws {
        for (strand, key) in [(0, 3), (5, 2), (1, 4)] as [(Int, UInt8)] {
            let store = try await open(distribution, Self.strands[strand])
            _ = try await resealAll(store, to: key)
            await store.close()
            let next = try await open(distribution)
            #expect(next.sealedWith == [key, key])
            await next.close()
        }
    }

    // MARK: What is removed

    /// Something of every kind that is removed, in a shard.
    private func outlived(in shard: Shard, _ store: PostgresStore) async throws {
        let at = Sample.start, reminder = Sample.reminder(Sample.id(shard: shard)), series = Sample.reminder(Sample.id(shard: shard), rule: "FREQ=SECONDLY")
        func key(_ reminder: Reminder, _ second: Int64) -> OccurrenceKey { OccurrenceKey(reminder: reminder.id, scheduledAt: at + second) }
        try await store.write([
            .create(
                reminder, position: SeriesPosition(scheduledAt: at, index: 1),
                idempotency: IdempotencyRecord(key: [UInt8](repeating: shard.number, count: 32), request: [], answer: [], createdAt: at.milliseconds)),
            .settle(key(reminder, 0), Sample.attempt(at, 1, .delivered), .delivered, move: PositionMove(from: at, to: nil)),
            Sample.create(series),
            .settle(
                key(series, 0), Sample.attempt(at, 1, .rejected), .dead(tries: Tries(attempts: 1)),
                move: PositionMove(from: at, to: SeriesPosition(scheduledAt: at + 1, index: 2))),
        ])
        try await store.write(
            (1...Int64(Attempt.alwaysKept + 5)).map { second in
                .settle(
                    key(series, second), Sample.attempt(at + second, 1, .delivered), .delivered,
                    move: PositionMove(from: at + second, to: SeriesPosition(scheduledAt: at + second + 1, index: second + 2)))
            })
    }

    /// Rows of a shard that have their time.
    private func rows(of shard: Shard) throws -> [String] {
        let tables = ["reminders", "occurrences", "idempotency", "attempts", "definitions WHERE sealed <> ''", "spent"]
        return try tables.map { table in
            let (name, condition) = (table.split(separator: " ")[0], table.contains("WHERE") ? " AND sealed <> ''" : "")
            return try ask("SELECT count(*) FROM \(name) WHERE shard = \(shard.number)\(condition)")[0]
        }
    }

    @Test("loses what has been kept long enough to its owner alone", arguments: distributions)
    func pruned(distribution: PostgresDistribution) async throws {
        var store = try await open(distribution, Self.strands[0], Self.strands[5])
        for shard in [Self.one, Self.other] { try await outlived(in: shard, store) }
        await store.close()
        let others = try rows(of: Self.other)
        #expect(others == ["2", "1", "1", "\(Attempt.alwaysKept + 7)", "2", "0"])
        store = try await open(distribution, Self.strands[0])
        // Credentials first: their reminders go as well. And histories are looked through again only a while later.
        let late = Sample.start.milliseconds + 1_000_000_000, before = Sample.start.milliseconds + 900_000_000
        for _ in PrunedKind.allCases { try await store.removeOld(now: late - 1_000_000) }
        #expect(try rows(of: Self.one)[4] == "1" && rows(of: Self.one)[5] == "1")
        var progress = PruneProgress()
        for _ in PrunedKind.allCases {
            progress = try await store.removeOld(finishedBefore: before, deadBefore: before, idempotencyBefore: before, now: late)
        }
        #expect(try rows(of: Self.one).prefix(4) == ["1", "0", "0", "\(Attempt.alwaysKept)"])
        #expect(try rows(of: Self.other) == others)
        // Nor is it said to be behind with them.
        #expect(progress.behindMilliseconds == [:] && !progress.hasMore)
        await store.close()
        #expect(folder.faults.all == [])
    }

    // MARK: What callers have pending

    private func createPending(_ count: Int, in shard: Shard, limit: Int, _ store: PostgresStore) async throws -> [String] {
        try await store.write(
            (0..<count).map { _ in
                let reminder = Sample.reminder(Sample.id(shard: shard), caller: "school")
                return .create(reminder, position: SeriesPosition(scheduledAt: Sample.start, index: 1), idempotency: nil, pendingLimit: limit)
            }).map(\.name)
    }

    @Test("counts towards a caller's bound as others write, too, and is counted once where there are no others", arguments: distributions, [false, true])
    func pending(distribution: PostgresDistribution, isAlone: Bool) async throws {
        let store = try await open(distribution)
        for strand in isAlone ? Self.strands : [Self.strands[0]] { _ = try await take(strand, in: store) }
        #expect(try await createPending(3, in: Self.one, limit: 3, store) == ["done", "done", "done"])
        // Another's work, which one that is alone does not look for.
        _ = try ask("UPDATE reminders SET finished_ms = 1 WHERE id = (SELECT id FROM reminders LIMIT 1)")
        #expect(try await createPending(1, in: Self.one, limit: 3, store) == [isAlone ? "3 pending" : "done"])
        #expect(try await createPending(1, in: Self.one, limit: 3, store) == ["3 pending"])
        // Within a batch it is counted on.
        #expect(try await createPending(3, in: Self.one, limit: 5, store) == ["done", "done", "5 pending"])
        await store.close()
    }

    @Test("that comes back has its callers counted anew")
    func pendingAgain() async throws {
        let store = try await open(.none)
        for strand in Self.strands { _ = try await take(strand, in: store) }
        #expect(try await createPending(3, in: Self.one, limit: 3, store) == ["done", "done", "done"])
        _ = try ask("UPDATE reminders SET finished_ms = 1 WHERE id = (SELECT id FROM reminders LIMIT 1)")
        _ = try await take(Self.strands[5], in: store)
        #expect(try await createPending(2, in: Self.one, limit: 3, store) == ["done", "3 pending"])
        await store.close()
    }
}
