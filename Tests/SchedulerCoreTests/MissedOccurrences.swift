import Storage
import TaskDomain
import TestSupport
import Testing

@testable import SchedulerCore

/// What is fired of a series that could not be fired in time, and what is said of the rest.
@Suite("missed occurrences")
struct MissedOccurrences {
    private static let hour: Int64 = 3_600_000
    private static let second = World.start.second

    @Test("fire_all fires the latest of a gap, oldest first, and records the others in one row", arguments: [1, 3, 59, 60, 61, 100])
    func bounded(limit: Int) throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: -Self.hour, rule: "FREQ=MINUTELY;COUNT=61", policy: .fireAll, catchUpLimit: limit)
        world.run(milliseconds: 1_000)
        // The latest is due now, and not missed.
        let missed = 60, fired = min(limit, missed) + 1
        let expected = (61 - fired..<61).map { Self.second - 3_600 + Int64($0) * 60 }
        #expect(world.runs(of: id).map(\.key.scheduledAt) == expected)
        let records = try world.attempts(id).filter { $0.outcome == .misfired }
        let rest = Int64(61 - fired), summary = try world.summary(id)
        guard rest > 0 else {
            #expect(records.isEmpty && summary.missed == nil)
            return
        }
        let first = Self.second - 3_600, last = first + (rest - 1) * 60
        #expect(records.map(\.scheduledAt) == [first])
        #expect(records.first?.detail.hasPrefix("missed: \(rest), from \(first) to \(last); ") == true)
        #expect(summary.missed == Missed(count: rest, first: first, last: last))
        #expect(world.core.snapshot.missed == rest)
        #expect(summary.state == .completed && summary.delivered == Int64(fired))
    }

    @Test("without the bound all of a gap is fired: the test above would notice")
    func unbounded() throws {
        var configuration = CoreConfiguration()
        configuration.mutation = .firesAllThatWasMissed
        let world = try World(configuration: configuration)
        world.attach()
        let id = try world.create(in: -Self.hour, rule: "FREQ=MINUTELY;COUNT=61", policy: .fireAll, catchUpLimit: 3)
        world.run(milliseconds: 1_000)
        #expect(world.runs(of: id).count == 61)
    }

    @Test("50 years of seconds are stepped over at once, whatever the policy", arguments: MisfirePolicy.allCases)
    func manySeconds(policy: MisfirePolicy) throws {
        let world = try World()
        world.attach()
        let years: Int64 = 50 * 31_556_952
        var ids: [ReminderID] = []
        let taken = try processorTime {
            ids = try ["FREQ=SECONDLY", "FREQ=SECONDLY;COUNT=\(years)"].map {
                try world.create(in: -years * 1_000, rule: $0, policy: policy, catchUpLimit: 3)
            }
            world.run(milliseconds: 2_000)
        }
        #expect(taken < .seconds(60))
        for id in ids {
            let runs = world.runs(of: id).map(\.key.scheduledAt), isEndless = id == ids[0]
            let first: Int64 = switch policy {
            case .fireOnce: isEndless ? 0 : -1
            case .fireAll: -62
            case .skip: -59
            }
            #expect(runs == (first...(isEndless ? 2 : -1)).map { Self.second + $0 })
            #expect(try world.attempts(id).count { $0.outcome == .misfired } == 1)
            let missed = try #require(try world.summary(id).missed)
            #expect(missed == Missed(count: years + first, first: Self.second - years, last: Self.second + first - 1))
        }
    }

    @Test("what a gap has been cut to is fired, however long that takes and whatever is missed meanwhile")
    func slowly() throws {
        let world = try World()
        world.answer = { _ in World.Answer(afterMilliseconds: 5_000) }
        world.attach(credit: 1)
        let id = try world.create(in: -Self.hour, rule: "FREQ=SECONDLY;INTERVAL=10", policy: .fireAll, catchUpLimit: 30)
        let cut = Self.second - 60 - 290
        world.run(milliseconds: 149_000)
        #expect(world.runs(of: id).map(\.key.scheduledAt) == (0..<30).map { cut + $0 * 10 })
        #expect(try world.attempts(id).count { $0.outcome == .misfired } == 1)
    }

    @Test("a second gap is cut again, and what was missed is added up")
    func twice() async throws {
        let world = try World()
        world.attach()
        let id = try world.create(in: 0, rule: "FREQ=SECONDLY", policy: .fireAll, catchUpLimit: 5)
        world.run(milliseconds: 10_000)
        for _ in 0..<2 {
            try await world.crash(rejoin: [], downMilliseconds: 600_000)
            world.attach()
            world.run(milliseconds: 10_000)
        }
        let summary = try world.summary(id), records = try world.attempts(id).filter { $0.outcome == .misfired }
        #expect(records.count == 2)
        // Of each gap of 600 s the last minute was not missed, and the 5 before it are fired. The last one is under way.
        let missed = try #require(summary.missed)
        #expect((1_230...1_231).contains(missed.count + summary.delivered) && (2 * 530...2 * 540).contains(missed.count))
        #expect((10...11).contains(missed.first - Self.second))
    }

    @Test("what cannot be counted without a walk is counted up to a bound", arguments: [MisfirePolicy.fireAll, .fireOnce, .skip])
    func uncounted(policy: MisfirePolicy) throws {
        let world = try World()
        world.attach()
        let rules = "RRULE:FREQ=SECONDLY\nRRULE:FREQ=SECONDLY;INTERVAL=2"
        let id = try world.create(in: -100 * 24 * Self.hour, rule: rules, policy: policy, catchUpLimit: 2)
        world.run(milliseconds: 100)
        let missed = try #require(try world.summary(id).missed)
        #expect(missed.isAtLeast && missed.count == Missed.countedAtMost)
        #expect(try world.attempts(id).contains { $0.detail.hasPrefix("missed: more than 10000, from ") })
    }
}
