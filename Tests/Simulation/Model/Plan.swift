import SchedulerCore
import Storage
import TaskDomain

/// What is broken on purpose, to see that the simulation notices.
package enum Sabotage: Equatable, Sendable {
    /// Inside the scheduler's core.
    case core(Mutation)
    /// Around it: a create is answered before it is on stable storage.
    case answersCreatesBeforeTheyAreStored
    /// A worker goes on with a task before the scheduler has said that it holds the lease.
    case believesWhatIsNotAnswered

    package static var all: [Sabotage] { [.answersCreatesBeforeTheyAreStored, .believesWhatIsNotAnswered] + Mutation.allCases.map(Sabotage.core) }

    package var name: String {
        switch self {
        case .core(let mutation): mutation.rawValue
        case .answersCreatesBeforeTheyAreStored: "answersCreatesBeforeTheyAreStored"
        case .believesWhatIsNotAnswered: "believesWhatIsNotAnswered"
        }
    }

    package init?(name: String) {
        guard let sabotage = Sabotage.all.first(where: { $0.name == name }) else { return nil }
        self = sabotage
    }
}

/// A life that a seed stands for: what callers ask, and what breaks when. The rest of chance (delays, answers) follows
/// from the seed and from what it happens to, so that a part of the plan can be left out and the rest stays.
package struct Plan {
    package enum Profile: String, CaseIterable {
        /// Minutes, with something to do every second and something broken every few seconds.
        case busy
        /// The same with nothing broken but the backend: no excuse for repetitions or delays.
        case calm
        /// Months, with series of hours to months.
        case long
    }

    package struct Step {
        /// Milliseconds from the beginning.
        var at: Int64
        var action: Action
    }

    package let seed: UInt64
    package let profile: Profile
    package let sabotage: Sabotage?
    var configuration = CoreConfiguration()
    var durationMilliseconds: Int64
    var steps: [Step] = []
    var reminders: [ReminderPlan] = []
    var workers = 2
    var concurrency = 40
    var outcomesPerMessage = 1_000
    var longestSleepMilliseconds: Int64 = 500
    var commitMilliseconds: ClosedRange<Int64> = 1...20
    var delayMilliseconds: ClosedRange<Int64> = 0...5
    /// How long a notification waits at the notifier for its turn.
    var queueMilliseconds: ClosedRange<Int64> = 0...0
    /// How long the backend takes to answer, where that is not as usual.
    var answerMilliseconds: ClosedRange<Int64>?
    /// Callers call off one in so many of what is handed out, while it may be on its way; 0: none.
    var callsOffOneIn = 0
    /// And so many by themselves; 0: none.
    var cancelsOneIn = 0
    /// Some series run in a zone whose data changes.
    var hasMadeZone = false
    /// Some tasks take longer than their leases, and extend them.
    var hasLongTasks = false
    /// One shard in so many is used: all of them in few lives, as each is read again and again.
    var shardStep = 8
    /// What the shards are written in, which fail each by itself.
    var strands = 1
    /// How long after a process has begun it takes each of them; those that are not named, at once.
    var lateMilliseconds: [Int64] = []

    /// The shards that are used.
    var shards: [Shard] { stride(from: 0, to: Shard.count, by: shardStep).compactMap { Shard($0) } }

    /// When it begins, unix milliseconds.
    var beginMilliseconds: Int64 { 1_800_000_000_000 + Int64(seed % 1_000_003) * 7_919_137 }

    package init(seed: UInt64, sabotage: Sabotage? = nil) {
        var chance = Chance(seed, 1)
        self.seed = seed
        self.sabotage = sabotage
        profile = [.busy, .long, .busy, .calm][Int(seed % 4)]
        let minute: Int64 = 60_000, day: Int64 = 86_400_000
        durationMilliseconds = profile == .long ? chance.int(20 * day...400 * day) : chance.int(2 * minute...12 * minute)
        if case .core(let mutation) = sabotage { configuration.mutation = mutation }
        settle(&chance)
        planLongTasks()
        planReminders(&chance)
        let ordinary = reminders.count
        if isHostile { planHostileCaller() }
        planChanges(ordinary, &chance)
        if profile != .calm {
            planFaults(&chance)
            planGaps()
            planZone()
            planOrders()
            planStrands()
        }
        steps.append(Step(at: 0, action: .backend(.flaky(oneIn: Int(chance.int(2...30))), durationMilliseconds)))
        steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    /// The same with only some of its steps.
    func with(_ steps: [Step]) -> Plan {
        var plan = self
        plan.steps = steps
        return plan
    }

    /// Bounds and times of the processes.
    private mutating func settle(_ chance: inout Chance) {
        if seed % 16 == 8 { shardStep = 1 }
        switch profile {
        case .calm:
            concurrency = 500
            configuration.loadLimit = Int(chance.int(5...100))
        case .busy:
            configuration.maxEntriesInMemory = Int(chance.int(20...200))
            configuration.loadLimit = Int(chance.int(3...20))
            concurrency = Int(chance.int(3...60))
            if chance.one(in: 4), shardStep > 1 { configuration.horizonMilliseconds = 2_400 }
            if chance.one(in: 4) { commitMilliseconds = 1...chance.int(50...700) }
            if chance.one(in: 4) { delayMilliseconds = 0...chance.int(10...200) }
        case .long:
            configuration.horizonMilliseconds = 6 * 3_600_000
            longestSleepMilliseconds = configuration.horizonMilliseconds / 8
            configuration.maxEntriesInMemory = Int(chance.int(20...400))
        }
        if chance.one(in: 3) { configuration.maxWritesPerBatch = 3 }
        if profile != .calm, chance.one(in: 3) { workers = Int(chance.int(3...8)) }
        // Longer than a drain (5 and 10 s) and than the notifier waits (10 s).
        var messages = Chance(seed, 7)
        if messages.one(in: 3) { outcomesPerMessage = Int(messages.int(1...5)) }
        if messages.one(in: 3) { queueMilliseconds = 0...messages.spread(10...4_900) }
        if profile == .busy, chance.one(in: 3) { answerMilliseconds = chance.pick([3_000...9_900, 3_000...15_000]) }
        var callers = Chance(seed, 8)
        // Not where the others must be in time beside a hostile caller: what they ask for themselves by that is no part of its account.
        if callers.one(in: 3), !isHostile { callsOffOneIn = Int(callers.int(2...12)) }
        var cancels = Chance(seed, 75)
        if cancels.one(in: 3), !isHostile { cancelsOneIn = Int(cancels.int(2...12)) }
    }

    // MARK: Callers

    /// Not where the others must be in time beside a hostile caller.
    private mutating func planLongTasks() {
        var chance = Chance(seed, 36)
        hasLongTasks = chance.one(in: 3) && !isHostile
    }

    private mutating func planReminders(_ chance: inout Chance) {
        let count = profile == .long ? chance.int(5...30) : chance.int(15...90)
        for index in 0..<Int(count) {
            var own = Chance(seed, 2, UInt64(index))
            reminders.append(ReminderPlan(index, profile, &own))
            steps.append(Step(at: own.int(0...durationMilliseconds * 4 / 5), action: .create(index)))
        }
    }

    /// Another caller asks for much more at once than the workers get through in seconds.
    private var isHostile: Bool { profile == .calm && seed % 8 == 3 }

    private mutating func planHostileCaller() {
        concurrency = 40
        var own = Chance(seed, 5)
        let begin = own.int(durationMilliseconds / 8...durationMilliseconds / 2)
        for number in 0..<1_500 {
            steps.append(Step(at: begin + Int64(number) / 2, action: .create(reminders.count)))
            reminders.append(ReminderPlan(hostile: reminders.count))
        }
    }

    /// - Parameter count: only the first so many reminders are changed.
    private mutating func planChanges(_ count: Int, _ chance: inout Chance) {
        for _ in 0..<chance.int(0...Int64(count * 2)) {
            let index = Int(chance.int(0...Int64(count - 1)))
            steps.append(Step(at: chance.int(0...durationMilliseconds), action: .change(index, .any(&chance))))
        }
        guard profile != .calm else { return }
        for _ in 0..<chance.int(0...4) {
            var settings = QueueSettings(name: chance.pick(ReminderPlan.queues))
            switch chance.int(0...3) {
            case 0: settings.isPaused = true
            case 1: settings.maxConcurrency = Int(chance.int(1...5))
            case 2: settings.rate = DispatchRate(count: Int(chance.int(1...20)), seconds: Int(chance.int(1...10)))
            default: break
            }
            steps.append(Step(at: chance.int(0...durationMilliseconds), action: .queue(settings)))
        }
    }

    // MARK: Faults

    private mutating func planFaults(_ chance: inout Chance) {
        let count = profile == .long ? chance.int(5...150) : chance.int(1...60)
        let kinds = chance.int(1...Int64(Action.faultKinds))
        for _ in 0..<count {
            // Some lives have a few kinds of fault only, and more of these.
            let kind = Int(chance.next() % UInt64(kinds) + seed / 4) % Action.faultKinds
            let action = Action.fault(kind, isLong: profile == .long, workers: workers, &chance)
            steps.append(Step(at: chance.int(0...durationMilliseconds * 9 / 10), action: action))
        }
    }

    /// Workers are told to take more or less, or something else.
    private mutating func planOrders() {
        var chance = Chance(seed, 35)
        guard chance.one(in: 3) else { return }
        for _ in 0..<chance.int(1...12) {
            let worker = Int(chance.int(0...Int64(workers - 1)))
            steps.append(Step(at: chance.int(0...durationMilliseconds), action: .worker(worker, .any(&chance))))
        }
    }

    /// Strands of which one fails or goes, and the others do not.
    private mutating func planStrands() {
        guard [6, 12].contains(seed % 16) else { return }
        var chance = Chance(seed, 38)
        strands = Int(chance.int(2...3))
        for _ in 0..<chance.int(1...20) {
            let fault = Action.strandFails(Int(chance.int(0...2)), chance.spread(1...30_000))
            steps.append(Step(at: chance.int(0...durationMilliseconds * 9 / 10), action: fault))
        }
        for _ in 0..<chance.int(0...12) {
            let fault = Action.strandGoes(Int(chance.int(0...2)), isPlanned: chance.one(in: 2), forMilliseconds: chance.spread(1...20_000))
            steps.append(Step(at: chance.int(0...durationMilliseconds * 9 / 10), action: fault))
        }
        lateMilliseconds = (0..<strands).map { $0 > 0 && chance.one(in: 3) ? chance.spread(1...20_000) : 0 }
    }

    private mutating func planZone() {
        var chance = Chance(seed, 11)
        guard profile == .long, chance.one(in: 2) else { return }
        hasMadeZone = true
        for index in reminders.indices where chance.one(in: 2) { reminders[index].moveToMadeZone(&chance) }
        let hour: Int64 = 3_600_000, day = 24 * hour
        for _ in 0..<chance.int(1...6) {
            // Around noon, when these series have their occurrences.
            let noon = (beginMilliseconds + chance.int(0...durationMilliseconds)) / day * day + MadeZone.noonMilliseconds
            let at = max(0, noon - beginMilliseconds + chance.int(-hour...hour))
            let offset = MadeZone.offset + MadeZone.farthest * Int(chance.int(-4...4)) / 4
            steps.append(Step(at: at, action: .zoneData(fromMilliseconds: chance.int(-72...24) * hour, offset: offset)))
            // What falls due meanwhile does so by the old data, and is handed out by the new.
            if chance.one(in: 2) {
                let gap = Action.crashScheduler(downMilliseconds: chance.spread(60_000...30 * hour), afterEffects: nil)
                steps.append(Step(at: max(0, at - chance.int(0...hour / 2)), action: gap))
            }
        }
    }

    /// Much longer than anything waits: the backend is down, or the scheduler away, while a series misses more than it makes up for.
    private mutating func planGaps() {
        var chance = Chance(seed, 10)
        let longest = profile == .long ? 3 * 86_400_000 : durationMilliseconds / 2
        if chance.one(in: 4) {
            let outage = Action.backend(.down, chance.spread(30_000...longest))
            steps.append(Step(at: chance.int(0...durationMilliseconds / 2), action: outage))
        }
        if chance.one(in: 4) {
            let gap = Action.crashScheduler(downMilliseconds: chance.spread(60_000...longest), afterEffects: nil)
            steps.append(Step(at: chance.int(0...durationMilliseconds / 2), action: gap))
        }
    }
}

/// A step of a plan.
enum Action {
    case create(Int)
    case change(Int, CallersChange)
    case queue(QueueSettings)
    case worker(Int, WorkerOrder)
    case crashScheduler(downMilliseconds: Int64, afterEffects: Int?)
    case drainScheduler(downMilliseconds: Int64)
    case crashWorker(Int, downMilliseconds: Int64)
    case drainWorker(Int, downMilliseconds: Int64)
    case crashNotifier(downMilliseconds: Int64)
    /// Everything restarted in order, one after the other: each of `order` is the scheduler (0), the notifier (1), or a
    /// worker (from 2 on).
    case upgrade(order: [Int], gapMilliseconds: Int64, downMilliseconds: Int64)
    /// Every process at once.
    case powerCut(downMilliseconds: Int64)
    case stopScheduler(Int64)
    case stopWorker(Int, Int64)
    case cutWorker(Int, isSilent: Bool)
    case cutNotifier(Int, isSilent: Bool)
    case diskFull(Int64)
    /// What is written in one strand fails.
    case strandFails(Int, Int64)
    /// A strand is given away, or lost to another, and is nobody's for a while.
    case strandGoes(Int, isPlanned: Bool, forMilliseconds: Int64)
    case diskUnreadable(Int64)
    case slowDisk(ClosedRange<Int64>, Int64)
    case slowNetwork(ClosedRange<Int64>, Int64)
    case setClock(by: Int64)
    /// The machine gets other data of the zone: from then on, from now, another offset is in force.
    case zoneData(fromMilliseconds: Int64, offset: Int)
    /// The clock is set back, and the scheduler killed a moment later.
    case setBackAndCrash(by: Int64, afterMilliseconds: Int64, downMilliseconds: Int64)
    case backend(Backend.Mood, Int64)

    static let faultKinds = 17

    static func fault(_ kind: Int, isLong: Bool, workers: Int, _ chance: inout Chance) -> Action {
        let worker = Int(chance.int(0...Int64(workers - 1)))
        let down = chance.spread(1...(isLong ? 40_000_000 : 20_000)), short = chance.spread(1...(isLong ? 4_000_000 : 15_000))
        switch kind {
        case 0: return .crashScheduler(downMilliseconds: down, afterEffects: chance.one(in: 2) ? Int(chance.int(0...6)) : nil)
        case 1: return .crashWorker(worker, downMilliseconds: down)
        case 2: return .cutWorker(worker, isSilent: chance.one(in: 3))
        case 3: return .diskFull(short)
        case 4: return .setClock(by: chance.spread(1...(isLong ? 100_000_000 : 4_000_000)) * (chance.one(in: 2) ? 1 : -1))
        case 5: return .crashNotifier(downMilliseconds: down)
        case 6: return .cutNotifier(worker, isSilent: chance.one(in: 3))
        case 7: return .drainScheduler(downMilliseconds: down)
        case 8: return .drainWorker(worker, downMilliseconds: down)
        case 9: return .stopWorker(worker, isLong ? short : short * 3)
        case 10: return .stopScheduler(short)
        case 11: return .diskUnreadable(short)
        case 12: return chance.one(in: 2) ? .slowDisk(1...chance.spread(20...3_000), down) : .slowNetwork(0...chance.spread(10...2_000), down)
        case 13:
            // Up to 20 h in a long life: nearly as long as an occurrence is tried.
            let outage = isLong ? down * 9 / 5 : down
            return .backend(chance.one(in: 2) ? .down : .flaky(oneIn: 1), outage)
        case 14: return .powerCut(downMilliseconds: down)
        case 15:
            return .setBackAndCrash(
                by: chance.spread(1...60_000), afterMilliseconds: chance.int(1...8_000), downMilliseconds: chance.spread(1...2_000))
        default:
            let order = (0..<workers + 2).shuffled(using: &chance)
            return .upgrade(order: order, gapMilliseconds: chance.spread(1...15_000), downMilliseconds: chance.spread(1...10_000))
        }
    }

    /// For the account of faults; `nil` for what callers do.
    var faultName: String? {
        switch self {
        case .create, .change, .queue, .worker: nil
        case .crashScheduler: "scheduler killed"
        case .drainScheduler: "scheduler restarted"
        case .crashWorker: "worker killed"
        case .drainWorker: "worker restarted"
        case .crashNotifier: "notifier killed"
        case .upgrade: "all restarted"
        case .powerCut: "all killed"
        case .stopScheduler: "scheduler stopped"
        case .stopWorker: "worker stopped"
        case .cutWorker(_, let isSilent): isSilent ? "worker's connection silent" : "worker's connection cut"
        case .cutNotifier(_, let isSilent): isSilent ? "notifier's connection silent" : "notifier's connection cut"
        case .diskFull: "disk full"
        case .strandFails: "strand's writes fail"
        case .strandGoes(_, let isPlanned, _): isPlanned ? "strand given away" : "strand lost"
        case .diskUnreadable: "disk unreadable"
        case .slowDisk: "disk slow"
        case .slowNetwork: "network slow"
        case .setClock(let by): by > 0 ? "clock set forwards" : "clock set back"
        case .zoneData: "zone's data changed"
        case .setBackAndCrash: "clock set back, then scheduler killed"
        case .backend(let mood, _): mood == .down ? "backend down" : "backend answers anything"
        }
    }
}
