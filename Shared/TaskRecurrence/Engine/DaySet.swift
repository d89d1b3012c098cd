import TaskDomain

/// The days a rule names, in every year: one mask for each of the shapes that years have.
struct DaySet: Sendable {
    /// Whether it is every day, so that there is nothing to look up.
    let isEveryDay: Bool
    /// Whether no year has any day.
    let isEmpty: Bool
    /// `YearMask.words` words for each shape; empty where every day is meant.
    private let words: [UInt64]
    /// Bit `s`: years of shape `s` have a day.
    private let shapesWithDays: UInt32

    /// - Parameter pick: what BYSETPOS leaves of a year's days, where it can be decided by days alone.
    init(_ rule: DayRule, pick: (YearMask, YearShape) -> YearMask = { days, _ in days }) {
        isEveryDay = rule.isEveryDay
        guard !rule.isEveryDay else {
            (isEmpty, words, shapesWithDays) = (false, [], .max)
            return
        }
        var words: [UInt64] = [], shapesWithDays: UInt32 = 0
        words.reserveCapacity(YearShape.count * YearMask.words)
        var days = YearMask()
        for number in 0..<YearShape.count {
            let shape = YearShape(number)
            // The neighbours of a common year matter to week numbers alone.
            if shape.isLeap || rule.needsNeighbours || !(shape.followsLeap || shape.precedesLeap) { days = pick(rule.days(of: shape), shape) }
            for word in 0..<YearMask.words { words.append(days.bits[word]) }
            if days.bits != SIMD8(repeating: 0) { shapesWithDays |= 1 << UInt32(number) }
        }
        (self.words, self.shapesWithDays, isEmpty) = (words, shapesWithDays, shapesWithDays == 0)
    }

    /// A year and where its masks lie; kept by whoever walks, so that consecutive look-ups find it ready.
    struct Place {
        /// The first day of the year, and of the next.
        private(set) var start = 0, end = 0
        private(set) var year = 0
        fileprivate var shape = 0
        /// No day after this one is looked for.
        var lastDay = Horizon.lastDay

        init() {}

        @inline(__always)
        func holds(_ day: Int) -> Bool { day >= start && day < end }

        @inline(__always)
        mutating func move(to day: Int) {
            if !holds(day) { move(toYear: DayNumber.year(of: day)) }
        }

        mutating func move(toYear year: Int) {
            self.year = year
            start = DayNumber.ofNewYear(year)
            end = start + (DayNumber.isLeap(year) ? 366 : 365)
            shape = YearShape.number(year: year, newYear: start)
        }
    }

    /// The first day of the set from `day` on; `Horizon.never` if there is none before the horizon.
    @inline(__always)
    func next(_ day: Int, _ place: inout Place) -> Int {
        if isEveryDay { return day }
        if place.holds(day) {
            // The common case, one or two words.
            let index = day - place.start
            let bits = words[place.shape * YearMask.words + index >> 6] & (.max << UInt64(index & 63))
            if bits != 0 { return day - index & 63 + bits.trailingZeroBitCount }
        }
        return search(day, &place)
    }

    private func search(_ day: Int, _ place: inout Place) -> Int {
        guard day <= place.lastDay else { return Horizon.never }
        place.move(to: day)
        var index = day - place.start
        while true {
            if shapesWithDays >> UInt32(place.shape) & 1 == 1 {
                let base = place.shape * YearMask.words
                var word = index >> 6
                var bits = words[base + word] & (.max << UInt64(index & 63))
                while bits == 0, word + 1 < YearMask.words {
                    word += 1
                    bits = words[base + word]
                }
                if bits != 0 { return place.start + word * 64 + bits.trailingZeroBitCount }
            }
            guard place.end <= place.lastDay else { return Horizon.never }
            place.move(toYear: place.year + 1)
            index = 0
        }
    }

    /// How many days of the set lie in the range.
    func count(_ days: Range<Int>, _ place: inout Place) -> Int {
        if isEveryDay { return days.count }
        var day = days.lowerBound, total = 0
        while day < days.upperBound {
            place.move(to: day)
            let end = min(place.end, days.upperBound)
            if shapesWithDays >> UInt32(place.shape) & 1 == 1 { total += bitCount(day - place.start..<end - place.start, place.shape) }
            day = end
        }
        return total
    }

    private func bitCount(_ range: Range<Int>, _ shape: Int) -> Int {
        let base = shape * YearMask.words
        let first = range.lowerBound >> 6, last = (range.upperBound - 1) >> 6
        let head: UInt64 = .max << UInt64(range.lowerBound & 63), tail: UInt64 = .max >> UInt64(63 - (range.upperBound - 1) & 63)
        if first == last { return (words[base + first] & head & tail).nonzeroBitCount }
        var total = (words[base + first] & head).nonzeroBitCount + (words[base + last] & tail).nonzeroBitCount
        for word in first + 1..<last { total += words[base + word].nonzeroBitCount }
        return total
    }

    /// The day of the set that has `rank` others between `day` and itself; `Horizon.never` if there is none.
    func select(_ rank: Int, from day: Int, _ place: inout Place) -> Int {
        if isEveryDay { return day + rank }
        var left = rank, from = day
        // Whole words first; the range never spans more than a period, so a year at most.
        while from <= Horizon.lastDay {
            place.move(to: from)
            let index = from - place.start
            let wordEnd = min(place.start + (index | 63) + 1, place.end)
            var bits = words[place.shape * YearMask.words + index >> 6] & (.max << UInt64(index & 63))
            let count = bits.nonzeroBitCount
            if left < count {
                for _ in 0..<left { bits &= bits - 1 }
                return from - index & 63 + bits.trailingZeroBitCount
            }
            left -= count
            from = wordEnd
        }
        return Horizon.never
    }

    /// Whether the set has the day.
    func isNamed(_ day: Int, _ place: inout Place) -> Bool {
        if isEveryDay { return true }
        place.move(to: day)
        let index = day - place.start
        return words[place.shape * YearMask.words + index >> 6] >> UInt64(index & 63) & 1 == 1
    }
}
