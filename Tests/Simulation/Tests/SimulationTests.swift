import SchedulerCore
import Testing

@testable import Simulation

/// Lives of the whole system in simulated time. More of them: deploy/simulate.
@Suite("the simulation")
struct SimulationTests {
    /// Half a minute together, built for debugging, on two cores.
    static let seeds = Array(1...UInt64(16))

    @Test("whatever breaks, promises 1 to 7 hold", arguments: seeds)
    func promisesHold(seed: UInt64) {
        var simulation = Simulation()
        let violation = simulation.run(seed: seed)
        #expect(violation == nil, "deploy/simulate --seed \(seed): promise \(violation?.promise ?? 0), \(violation?.text ?? "")")
    }

    /// Faults of the scheduler that were found among fresh seeds; each takes a coincidence that hardly any other has.
    static let foundSeeds: [UInt64] = [
        530, 1_795_668_504_896, 1_795_676_971_892, 1_795_708_874_642, 1_795_718_810_229, 1_795_732_707_440, 1_795_732_711_630,
        1_795_739_250_303, 1_795_739_260_302, 1_795_741_133_612, 1_795_752_048_156,
        1_795_768_386_730, 1_795_768_387_710, 1_795_768_399_328, 1_795_787_329_806, 1_795_792_962_496,
        1_795_792_967_062, 1_795_794_215_485,
    ]

    @Test("a seed that broke a promise once does so no more", arguments: foundSeeds)
    func isMended(seed: UInt64) { promisesHold(seed: seed) }

    @Test("a seed repeats a run to the event", arguments: [UInt64(1), 2, 4, 7, 12])
    func repeats(seed: UInt64) {
        #expect(Simulation.digest(seed: seed) == Simulation.digest(seed: seed))
    }

    @Test("a promise broken on purpose is noticed", arguments: Sabotage.all.filter { !rare.contains($0) })
    func isNoticed(sabotage: Sabotage) {
        var simulation = Simulation()
        let first = Self.firstSeeds[sabotage.name] ?? 1
        let noticed = (first..<first + Self.seedsToNotice).contains { simulation.run(seed: $0, sabotage: sabotage) != nil }
        #expect(noticed, "\(sabotage.name) went through \(Self.seedsToNotice) lives unnoticed, from \(first) on")
    }

    /// What so few lives hardly ever come to, or none; `SchedulerCoreTests` notice them (`CrashesInTrouble`, `ExtendedLeases`,
    /// `Restarts`, `Shelves`, `UncertainCreates`, `WorkersAndLeases`).
    static let rare: [Sabotage] = [
        .core(.forgetsWhatWasHandedOut), .core(.forgetsWhatHasPassed), .core(.forgetsTheShelf), .core(.forgetsWhatAPersonRan),
        .core(.believesAnyWorker), .core(.takesFailedCreatesForNone), .core(.forgetsWhatItRevokes), .core(.givesUpWhatIsExtended),
        .core(.believesLateCreates),
    ]

    /// What takes more lives than that, or more than a few, is looked for from here on.
    static let firstSeeds: [String: UInt64] = [
        "acknowledgesForeign": 6, "acknowledgesReleased": 214, "believesFormerLoads": 6, "believesStaleLoads": 32, "firesAllThatWasMissed": 21,
        "handsOverBeforeTheFlush": 6, "ignoresTheMemoryBound": 4, "ignoresWhatWorkersBecome": 6, "leavesWhatIsCalledOff": 4,
        "losesResultsThatComeLate": 6, "neverEndsLeases": 4, "oneOutboxForAll": 6, "ordersByDueTimeAlone": 11, "stepsByInstants": 173,
    ]

    /// See the table in README.md.
    static let seedsToNotice: UInt64 = 16

    @Test("a life gives back what it took", arguments: [UInt64(1), 2, 3, 4])
    func givesBack(seed: UInt64) {
        weak var life: Life?
        weak var store: ModelStore?
        do {
            let one = Life(Plan(seed: seed))
            (life, store) = (one, one.store)
            _ = one.run()
        }
        #expect(life == nil && store == nil)
    }

    @Test("what is noticed comes with a shorter plan that breaks the same promise, and with what happened")
    func shrinks() throws {
        let sabotage = try #require(Sabotage(name: "runsEarly"))
        var simulation = Simulation()
        let seed = try #require((1...Self.seedsToNotice).first { simulation.run(seed: $0, sabotage: sabotage) != nil })
        var tries = 0
        let shrunk = try #require(
            Simulation.shrink(seed: seed, sabotage: sabotage) {
                tries += 1
                return tries < 200
            })
        #expect(shrunk.violation.promise == 5)
        #expect(shrunk.steps < shrunk.of)
        #expect(shrunk.trace.contains { $0.text.contains("PROMISE 5 IS BROKEN") })
    }
}
