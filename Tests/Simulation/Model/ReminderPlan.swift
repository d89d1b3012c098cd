import Storage
import TaskDomain

/// A reminder that a caller will ask for.
struct ReminderPlan {
    static let queues = ["default", "bulk", "slow"]

    let index: Int
    let taste: Backend.Taste
    /// From the moment of its creation.
    private let startsInMilliseconds: Int64
    private var rule: String?
    /// In the life's own zone: once each so many days, around noon.
    private(set) var dayStep: Int64?
    private let timezone: String
    private let task: String
    private let queue: String
    private let priority: Int
    private let policy: MisfirePolicy
    private let maxAttempts: Int?
    private let retryForSeconds: Int
    private let jitterSeconds: Int
    private let expiresAfterSeconds: Int?
    let hasIdempotencyKey: Bool
    private let caller: String

    init(_ index: Int, _ profile: Plan.Profile, _ chance: inout Chance) {
        self.index = index
        let isLong = profile == .long
        taste = chance.one(in: 12) ? .refused : chance.one(in: 8) ? .needsOtherCredential : .fine
        startsInMilliseconds = chance.int(isLong ? -100_000_000...800_000_000 : -5_000...120_000)
        rule = chance.one(in: 3) ? nil : Self.rule(isLong: isLong, &chance)
        timezone = isLong ? chance.pick(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]) : "UTC"
        task = chance.one(in: 4) ? TaskName.local : TaskName.notification
        queue = profile != .calm && chance.one(in: 3) ? chance.pick(Self.queues) : "default"
        priority = Int(chance.int(0...9))
        policy = chance.pick([.fireOnce, .fireAll, .skip])
        maxAttempts = chance.pick([1, 2, 5, 12, nil])
        retryForSeconds = chance.pick([0, 10, 600, 86_400, 86_400, 2_592_000])
        jitterSeconds = chance.one(in: 5) ? Int(chance.int(1...(isLong ? 3_600 : 10))) : 0
        expiresAfterSeconds = chance.one(in: 6) ? Int(chance.int(1...(isLong ? 86_400 : 60))) : nil
        hasIdempotencyKey = chance.one(in: 2)
        caller = ""
    }

    /// The name of a caller that wants everything for itself.
    static let hostileCaller = "hostile"

    /// What that one asks for: at the highest priority, and due for decades.
    init(hostile index: Int) {
        self.index = index
        taste = .fine
        startsInMilliseconds = -1_500_000_000_000
        (rule, timezone) = (nil, "UTC")
        (task, queue, priority) = (TaskName.notification, "default", 9)
        (policy, maxAttempts, retryForSeconds, jitterSeconds, expiresAfterSeconds) = (.fireOnce, 12, 86_400, 0, nil)
        hasIdempotencyKey = false
        caller = Self.hostileCaller
    }

    private static func rule(isLong: Bool, _ chance: inout Chance) -> String {
        guard isLong else {
            return chance.one(in: 4)
                ? "FREQ=MINUTELY;COUNT=\(chance.int(1...6))"
                : "FREQ=SECONDLY;INTERVAL=\(chance.spread(1...30));COUNT=\(chance.int(1...40))"
        }
        return chance.pick([
            "FREQ=DAILY", "FREQ=DAILY;BYHOUR=2,14;BYMINUTE=30", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=MONTHLY;BYMONTHDAY=-1",
            "FREQ=HOURLY;INTERVAL=\(chance.int(1...12));COUNT=\(chance.int(1...800))", "FREQ=WEEKLY;COUNT=\(chance.int(1...40))",
            "FREQ=DAILY;INTERVAL=3;COUNT=\(chance.int(1...60))", "FREQ=MINUTELY;INTERVAL=20;COUNT=\(chance.int(1...300))",
            "FREQ=YEARLY",
        ])
    }

    /// Has it run in the zone whose data changes.
    mutating func moveToMadeZone(_ chance: inout Chance) {
        let step = chance.pick([1, 1, 1, 2, 3] as [Int64])
        dayStep = step
        rule = "FREQ=DAILY;INTERVAL=\(step)" + (chance.one(in: 3) ? ";COUNT=\(chance.int(2...60))" : "")
    }

    static let badCredential: [UInt8] = [0], goodCredential: [UInt8] = [1]

    /// - Parameter step: it is in one of the shards that are so many apart.
    func reminder(seed: UInt64, wall: UnixMilliseconds, zone: String?, shardStep step: Int) -> Reminder {
        var chance = Chance(seed, 3, UInt64(index))
        var start = (wall + startsInMilliseconds).second
        if dayStep != nil {
            var time = Chance(seed, 12, UInt64(index))
            start = UnixSeconds(MadeZone.day(of: start) * 86_400 + MadeZone.noonMilliseconds / 1_000 + time.int(-3_600...3_600))
        }
        var id = ReminderID(at: wall, using: &chance)
        var own = Chance(seed, 76, UInt64(index))
        if let shard = Shard(Int(id.shard.number) / step * step), shard != id.shard { id = ReminderID(at: wall, in: shard, using: &own) }
        return Reminder(
            id: id,
            schedule: Schedule(start: start, rule: rule, timezone: dayStep == nil ? timezone : zone ?? timezone),
            handling: Handling(
                queue: queue, priority: priority, misfirePolicy: policy, catchUpLimit: chance.pick([100, 100, 1, 2, 5]),
                retryForSeconds: retryForSeconds, maxAttempts: maxAttempts, jitterSeconds: jitterSeconds,
                expiresAfterSeconds: expiresAfterSeconds),
            payload: Payload(task: task, arguments: []), createdAt: wall,
            caller: caller, sealedAuthorization: taste == .needsOtherCredential ? Self.badCredential : Self.goodCredential)
    }
}

/// What a caller asks to be done with one that exists.
enum CallersChange {
    case cancel, pause, resume, run, replaceCredential, edit
    case reschedule(inSeconds: Int64, intervalSeconds: Int64)
    case replayAll, discardAll

    static func any(_ chance: inout Chance) -> CallersChange {
        switch chance.int(0...19) {
        case 0: .cancel
        case 1...3: .pause
        case 4...7: .resume
        case 8...10: .run
        case 11...13: .replaceCredential
        case 14: .edit
        case 15, 16: .reschedule(inSeconds: chance.int(-5...20), intervalSeconds: chance.int(1...5))
        case 17, 18: .replayAll
        default: .discardAll
        }
    }
}
