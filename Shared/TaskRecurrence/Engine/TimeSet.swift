/// The times of day a rule names, in seconds after midnight: hours × minutes × seconds as bit masks, or what BYSETPOS leaves of them.
struct TimeSet: Sendable {
    let hours: UInt64, minutes: UInt64, seconds: UInt64
    /// Times within each hour, where they are not all of minutes × seconds.
    private let hourPicks: [Int32]
    /// Times of day, where they are not all of hours × minutes × seconds.
    private let dayPicks: [Int32]
    private let kind: Kind
    /// How many there are.
    let count: Int
    /// The first one; 0 where there is none.
    let first: Int

    private enum Kind { case product, hourPicks, dayPicks }

    static let allHours: UInt64 = 1 << 24 - 1
    static let allMinutes: UInt64 = 1 << 60 - 1
    static let secondsPerDay = 86_400

    /// No time, no day.
    static let none = -1

    init(hours: UInt64, minutes: UInt64, seconds: UInt64) {
        (self.hours, self.minutes, self.seconds) = (hours, minutes, seconds)
        (hourPicks, dayPicks, kind) = ([], [], .product)
        count = hours.nonzeroBitCount * minutes.nonzeroBitCount * seconds.nonzeroBitCount
        first = count == 0 ? 0 : (hours.trailingZeroBitCount * 60 + minutes.trailingZeroBitCount) * 60 + seconds.trailingZeroBitCount
    }

    private init(hours: UInt64, hourPicks: [Int32], dayPicks: [Int32], kind: Kind, count: Int, first: Int) {
        (self.hours, minutes, seconds) = (hours, TimeSet.allMinutes, TimeSet.allMinutes)
        (self.hourPicks, self.dayPicks, self.kind, self.count, self.first) = (hourPicks, dayPicks, kind, count, first)
    }

    /// What the positions leave of each day's times.
    func picking(_ positions: SetPositions) -> TimeSet {
        let picks = positions.all(of: count).map { Int32(truncatingIfNeeded: select($0)) }
        return TimeSet(hours: hours, hourPicks: [], dayPicks: picks, kind: .dayPicks, count: picks.count, first: picks.first.map { Int($0) } ?? 0)
    }

    /// What the positions leave of each hour's times.
    func pickingInHours(_ positions: SetPositions) -> TimeSet {
        let perHour = minutes.nonzeroBitCount * seconds.nonzeroBitCount
        let start = hours.trailingZeroBitCount * 3600
        let picks = positions.all(of: perHour).map { Int32(truncatingIfNeeded: select($0) - start) }
        let count = picks.count * hours.nonzeroBitCount
        let first = count == 0 ? 0 : start + (picks.first.map { Int($0) } ?? 0)
        return TimeSet(hours: hours, hourPicks: picks, dayPicks: [], kind: .hourPicks, count: count, first: first)
    }

    /// Whether every minute and second of its hours belongs to it.
    var isWholeHours: Bool { kind == .product && minutes == TimeSet.allMinutes && seconds == TimeSet.allMinutes }
    /// Whether it is all of hours × minutes × seconds.
    var isProduct: Bool { kind == .product }
    /// Whether every second of every day belongs to it.
    var isEverything: Bool { count == TimeSet.secondsPerDay }

    /// The first time from `time` on; `TimeSet.none` if the day has no more.
    @inline(__always)
    func next(_ time: Int) -> Int {
        if kind == .dayPicks {
            let index = TimeSet.lowerBound(dayPicks, time)
            return index < dayPicks.count ? Int(dayPicks[index]) : TimeSet.none
        }
        guard time < TimeSet.secondsPerDay else { return TimeSet.none }
        let hour = Int(bitPattern: UInt(bitPattern: time) / 3600)
        var rest = hours >> UInt64(hour)
        if rest & 1 == 1 {
            let inHour = nextInHour(time - hour * 3600)
            if inHour != TimeSet.none { return hour * 3600 + inHour }
            rest &= ~1
        }
        guard rest != 0, count > 0 else { return TimeSet.none }
        return (hour + rest.trailingZeroBitCount) * 3600 + first % 3600
    }

    @inline(__always)
    private func nextInHour(_ time: Int) -> Int {
        if kind == .hourPicks {
            let index = TimeSet.lowerBound(hourPicks, time)
            return index < hourPicks.count ? Int(hourPicks[index]) : TimeSet.none
        }
        let minute = Int(bitPattern: UInt(bitPattern: time) / 60)
        if minutes >> UInt64(minute) & 1 == 1 {
            let second = time - minute * 60, rest = seconds >> UInt64(second)
            if rest != 0 { return time + rest.trailingZeroBitCount }
        }
        let rest = minutes >> UInt64(minute + 1)
        guard rest != 0, seconds != 0 else { return TimeSet.none }
        return (minute + 1 + rest.trailingZeroBitCount) * 60 + seconds.trailingZeroBitCount
    }

    /// How many times come before `time`.
    func rank(_ time: Int) -> Int {
        guard time > 0, count > 0 else { return 0 }
        guard time < TimeSet.secondsPerDay else { return count }
        if kind == .dayPicks { return TimeSet.lowerBound(dayPicks, time) }
        let hour = time / 3600, minute = time / 60 % 60, second = time % 60
        let perHour = count / hours.nonzeroBitCount
        let before = (hours & (1 << UInt64(hour) - 1)).nonzeroBitCount * perHour
        guard hours >> UInt64(hour) & 1 == 1 else { return before }
        if kind == .hourPicks { return before + TimeSet.lowerBound(hourPicks, time % 3600) }
        let minutesBefore = (minutes & (1 << UInt64(minute) - 1)).nonzeroBitCount * seconds.nonzeroBitCount
        guard minutes >> UInt64(minute) & 1 == 1 else { return before + minutesBefore }
        return before + minutesBefore + (seconds & (1 << UInt64(second) - 1)).nonzeroBitCount
    }

    /// The time with `rank` others before it; `rank` must be under `count`.
    func select(_ rank: Int) -> Int {
        switch kind {
        case .dayPicks: return Int(dayPicks[rank])
        case .hourPicks:
            return TimeSet.bit(hours, rank / hourPicks.count) * 3600 + Int(hourPicks[rank % hourPicks.count])
        case .product:
            let perMinute = seconds.nonzeroBitCount, perHour = perMinute * minutes.nonzeroBitCount
            return TimeSet.bit(hours, rank / perHour) * 3600 + TimeSet.bit(minutes, rank % perHour / perMinute) * 60
                + TimeSet.bit(seconds, rank % perMinute)
        }
    }

    func contains(_ time: Int) -> Bool { next(time) == time }

    /// The place of the n-th set bit, n from 0.
    private static func bit(_ mask: UInt64, _ n: Int) -> Int {
        var bits = mask
        for _ in 0..<n { bits &= bits - 1 }
        return bits.trailingZeroBitCount
    }

    private static func lowerBound(_ list: [Int32], _ value: Int) -> Int {
        var low = 0, high = list.count
        while low < high {
            let middle = (low + high) / 2
            if Int(list[middle]) < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The maximal runs of consecutive seconds of the day's first `bound`; nil if there are more than `limit`.
    func runs(limit: Int, below bound: Int = TimeSet.secondsPerDay) -> [ClosedRange<Int>]? {
        var runs: [ClosedRange<Int>] = []
        var time = next(0)
        while time != TimeSet.none, time < bound {
            guard runs.count < limit else { return nil }
            var end = time
            if isWholeHours, bound == TimeSet.secondsPerDay {
                let hour = time / 3600
                end = (hour + (~(hours >> UInt64(hour))).trailingZeroBitCount) * 3600 - 1
            } else {
                while end < bound - 1, next(end + 1) == end + 1 { end += 1 }
            }
            runs.append(time...end)
            time = next(end + 1)
        }
        return runs
    }
}

/// BYSETPOS: which members of a period's set are taken, counted from its start and from its end.
struct SetPositions: Sendable {
    /// Places from the start, from 0, ascending; places from the end, the last being 1, ascending.
    private let fromStart: [Int], fromEnd: [Int]

    /// Nil where there is no BYSETPOS.
    init?(_ positions: [Int]) {
        guard !positions.isEmpty else { return nil }
        fromStart = Set(positions.filter { $0 > 0 }).sorted().map { $0 - 1 }
        fromEnd = Set(positions.filter { $0 < 0 && $0 > .min }).sorted(by: >).map { -$0 }
    }

    /// The size that a set must have for any to be taken.
    var smallestSet: Int { min(fromStart.first.map { $0 + 1 } ?? .max, fromEnd.first ?? .max) }

    /// The first place taken, from `rank` on, of a set of `count`; nil if there is none.
    func next(_ rank: Int, of count: Int) -> Int? {
        var best = Int.max
        let ahead = SetPositions.lowerBound(fromStart, rank)
        if ahead < fromStart.count { best = fromStart[ahead] }
        // The largest distance from the end that is still at or after `rank`.
        let behind = SetPositions.lowerBound(fromEnd, count - rank + 1)
        if behind > 0 { best = min(best, count - fromEnd[behind - 1]) }
        return best < count ? best : nil
    }

    /// Every place taken of a set of `count`, ascending.
    func all(of count: Int) -> [Int] {
        var places: [Int] = []
        var rank = 0
        while let place = next(rank, of: count) {
            places.append(place)
            rank = place + 1
        }
        return places
    }

    /// How many are taken of a set of `count`, from `rank` on.
    func taken(from rank: Int = 0, of count: Int) -> Int {
        var total = 0, rank = rank
        while let place = next(rank, of: count) {
            total += 1
            rank = place + 1
        }
        return total
    }

    private static func lowerBound(_ list: [Int], _ value: Int) -> Int {
        var low = 0, high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
