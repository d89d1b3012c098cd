import Foundation
import Storage
import TaskDomain
import Testing

@testable import SchedulerCore

/// Random days of a cluster: reminders of all kinds, failing backends, workers that come, vanish and return, crashes.
/// Whatever happens, the promises hold.
@Suite("promises under random faults")
struct RandomLives {
    /// SIMULATION_SEEDS=1-10000 tries others.
    static let seedRange: [Int] = {
        let bounds = (ProcessInfo.processInfo.environment["SIMULATION_SEEDS"] ?? "1-24").split(separator: "-").compactMap { Int($0) }
        return bounds.count == 2 && bounds[0] <= bounds[1] ? Array(bounds[0]...bounds[1]) : Array(1...24)
    }()

    @Test("nothing is lost, nothing runs early, and without faults nothing runs twice", arguments: seedRange)
    func seeds(seed: Int) async throws {
        var random = SplitMix64(seed: UInt64(seed))
        var configuration = CoreConfiguration()
        configuration.maxEntriesInMemory = Int.random(in: 20...200, using: &random)
        configuration.loadLimit = 10
        let world = try World(configuration: configuration, seed: UInt64(seed))
        let isFaulty = seed % 3 != 0
        var answers = random, delays = random
        // Every second seed has a slow disk: loads and commits are answered while other things happen.
        if seed % 2 == 0 { world.storeDelay = { .random(in: 0...400, using: &delays) } }
        world.answer = { _ in
            switch Int.random(in: 0..<20, using: &answers) {
            case 0 where isFaulty: .never
            case 1...3: World.Answer(outcome: .retry, afterMilliseconds: .random(in: 1...3_000, using: &answers))
            default: World.Answer(afterMilliseconds: .random(in: 1...2_000, using: &answers))
            }
        }
        var ids: [ReminderID: Int] = [:]
        var workers = [world.attach("w0", credit: 40), world.attach("w1", credit: 40)]
        for round in 0..<60 {
            for _ in 0..<3 {
                let isSeries = Bool.random(using: &random)
                let count = isSeries ? Int.random(in: 1...10, using: &random) : 1
                let id = try world.create(
                    in: .random(in: 0...30_000, using: &random), rule: isSeries ? "FREQ=SECONDLY;COUNT=\(count)" : nil,
                    policy: .fireAll, maxAttempts: 100)
                ids[id] = count
            }
            world.run(milliseconds: .random(in: 1...2_000, using: &random))
            Self.change(world, ids.keys.sorted().randomElement(using: &random), using: &random)
            guard isFaulty else { continue }
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                world.kill(workers.removeFirst())
                workers.append(world.attach("w\(round + 2)", credit: 40))
            case 1:
                try await world.crash(downMilliseconds: .random(in: 0...5_000, using: &random))
                workers = [world.attach("x\(round)", credit: 40), world.attach("y\(round)", credit: 40)]
            case 2: world.isDiskFull.toggle()
            default: break
            }
        }
        world.isDiskFull = false
        world.answer = { _ in .delivered }
        world.run(milliseconds: 10_000)
        for id in ids.keys { Self.resume(world, id) }
        // An hour is enough for the longest wait; most have come to their end within a minute.
        for _ in 0..<60 {
            world.run(milliseconds: 60_000)
            if try ids.keys.allSatisfy({ try world.summary($0).state == .completed }) { break }
        }
        world.run(milliseconds: 60_000)
        for (id, count) in ids {
            let summary = try world.summary(id)
            // What a pause skipped is in the history; more than one may be skipped with one record, as times go by.
            let skipped = try world.attempts(id).count { $0.outcome == .misfired }
            let isWhole = skipped == 0 ? summary.delivered == Int64(count) : summary.delivered <= Int64(count - skipped)
            #expect(isWhole, "\(id) of \(count), delivered \(summary.delivered), skipped \(skipped), held \(summary.held), dead \(summary.dead)")
            #expect(summary.state == .completed)
        }
        if !isFaulty {
            // Each occurrence as often as it was tried, and once delivered never again.
            for id in ids.keys { #expect(Set(world.runs(of: id).map { [$0.key.scheduledAt.count, Int64($0.attempt)] }).count == world.runs(of: id).count) }
        }
        #expect(world.core.snapshot.entriesInMemory == 0)
        #expect(world.largestMemory <= configuration.maxEntriesInMemory)
    }

    /// What callers do meanwhile.
    private static func change(_ world: World, _ id: ReminderID?, using random: inout SplitMix64) {
        guard let id else { return }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: world.replaceAuthorization(of: id)
        case 1: world.change(id, .pause)
        case 2, 3: resume(world, id)
        default: break
        }
    }

    private static func resume(_ world: World, _ id: ReminderID) {
        guard let summary = try? world.summary(id), let series = try? summary.reminder.schedule.series() else { return }
        let next = series.cursor(after: world.now.wall.second.count).map { SeriesPosition($0) }
        world.change(id, .resume(goesOnAt: summary.reminder.schedule.isSingle ? .itsPosition : .position(next)))
    }
}
