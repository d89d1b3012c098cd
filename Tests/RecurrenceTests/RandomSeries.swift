import Foundation
import TaskDomain
import TaskRecurrence

extension SplitMix64 {
    /// The seed of all random series, so that a failure can be repeated: `RECURRENCE_SEED` gives another one.
    static var recurrenceSeed: UInt64 { ProcessInfo.processInfo.environment["RECURRENCE_SEED"].flatMap(UInt64.init) ?? 20_261_123 }

    /// A stream of its own for each test.
    init(stream: UInt64) { self.init(seed: Self.recurrenceSeed &+ stream &* 0x2545_F491_4F6C_DD1D) }
}

/// Random rules that RFC 5545 allows, with starts and zones.
struct RandomSeries {
    static let zones = [
        "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo", "Asia/Kolkata",
        "America/St_Johns", "Africa/Casablanca", "Europe/Dublin", "Antarctica/Troll", "Asia/Tehran", "Pacific/Chatham",
    ]

    var random: SplitMix64

    init(_ stream: UInt64) { random = SplitMix64(stream: stream) }

    mutating func oneIn(_ chances: Int) -> Bool { Int.random(in: 1...chances, using: &random) == 1 }

    private mutating func list(_ range: ClosedRange<Int>, _ most: Int = 4) -> [Int] {
        let values = (0..<Int.random(in: 1...most, using: &random)).map { _ in Int.random(in: range, using: &random) }
        let clean = Set(values).subtracting(range.lowerBound < 0 ? [0] : [])
        return clean.isEmpty ? [1] : clean.sorted()
    }

    mutating func zone() -> String { RandomSeries.zones.randomElement(using: &random) ?? "UTC" }

    /// 1970 to 2060, at a whole second of any kind.
    mutating func start() -> Int64 {
        let start = Int64.random(in: 0...2_840_140_800, using: &random)
        return oneIn(2) ? start - start % 3600 : start
    }

    mutating func interval(_ frequency: Rule.Frequency) -> Int {
        if oneIn(2) { return 1 }
        if oneIn(6), frequency >= .hourly { return .random(in: 1...200_000, using: &random) }
        return .random(in: 1...(frequency >= .hourly ? 100 : 12), using: &random)
    }

    /// - Parameter plain: only what python-dateutil reads as the RFC and this project do.
    mutating func rule(plain: Bool = false) -> Rule {
        var rule = Rule(Rule.Frequency.allCases.randomElement(using: &random) ?? .daily)
        let frequency = rule.frequency
        rule.interval = interval(frequency)
        if oneIn(3) { rule.weekStart = Rule.Weekday.allCases.randomElement(using: &random) ?? .monday }
        if oneIn(4) { rule.byMonth = list(1...12) }
        if frequency == .yearly, oneIn(4) { rule.byWeekNo = plain ? list(-50...51) : list(-53...53) }
        if frequency == .yearly || frequency >= .hourly, oneIn(6) { rule.byYearDay = list(-366...366) }
        if frequency != .weekly, oneIn(4) { rule.byMonthDay = list(-31...31) }
        if oneIn(3) || plain && !rule.byWeekNo.isEmpty { rule.byDay = days(rule, plain: plain) }
        if oneIn(3) { rule.byHour = list(0...23) }
        if oneIn(4) { rule.byMinute = list(0...59) }
        if oneIn(5) { rule.bySecond = list(0...59) }
        if oneIn(4), hasParts(rule) { rule.bySetPos = list(-6...6) }
        return rule
    }

    private mutating func days(_ rule: Rule, plain: Bool) -> [Rule.WeekdayNumber] {
        let mayCount = rule.frequency == .monthly || rule.frequency == .yearly && rule.byWeekNo.isEmpty
        let counts = mayCount && oneIn(2), inMonth = rule.frequency == .monthly || !rule.byMonth.isEmpty
        let days = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            let counted = counts && (plain || oneIn(2))
            let ordinal = counted ? list(inMonth ? -5...5 : -53...53, 1)[0] : 0
            return Rule.WeekdayNumber(Rule.Weekday.allCases.randomElement(using: &random) ?? .monday, ordinal: ordinal)
        }
        return Set(days).sorted()
    }

    private func hasParts(_ rule: Rule) -> Bool {
        !rule.byMonth.isEmpty || !rule.byWeekNo.isEmpty || !rule.byYearDay.isEmpty || !rule.byMonthDay.isEmpty || !rule.byDay.isEmpty
            || !rule.byHour.isEmpty || !rule.byMinute.isEmpty || !rule.bySecond.isEmpty
    }
}
