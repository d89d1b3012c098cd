/// What a rule says of the time of day: hours, minutes, seconds.
struct EnglishTimes {
    let rule: Rule

    /// Up to so many times of day are listed one by one.
    private static let maximumClockTimes = 6

    /// The part's unit, coarse to fine, with the frequency from which on it only lets times through.
    private var parts: [(noun: String, values: [Int], filtersFrom: Rule.Frequency)] {
        [("hour", rule.byHour, .hourly), ("minute", rule.byMinute, .minutely), ("second", rule.bySecond, .secondly)]
    }

    /// What makes times, with a space in front: ` at 09:00 and 17:30`, ` at minutes 0 and 30`; empty where DTSTART decides.
    var making: String {
        if let clock = clockTimes { return " at " + clock }
        let chain = chain { rule.frequency < $0 }
        return chain.isEmpty ? "" : " " + chain
    }

    /// What only lets times through, to follow `only`: `in minutes 0 to 9 of hours 9 to 17`.
    var filter: String? {
        let chain = chain { rule.frequency >= $0 }
        return chain.isEmpty ? nil : chain
    }

    private var clockTimes: String? {
        let (hours, minutes, seconds) = (rule.byHour, rule.byMinute, rule.bySecond)
        guard rule.frequency <= .daily, !hours.isEmpty, !minutes.isEmpty,
              // The factors are bounded first: a product of lists built in code must not be computed in full.
              max(hours.count, minutes.count, seconds.count) <= EnglishTimes.maximumClockTimes,
              hours.count * minutes.count * max(seconds.count, 1) <= EnglishTimes.maximumClockTimes else { return nil }
        var times: [String] = []
        for hour in hours {
            for minute in minutes {
                times += seconds.isEmpty ? [EnglishWords.clock(hour, minute)] : seconds.map { EnglishWords.clock(hour, minute, $0) }
            }
        }
        return EnglishWords.list(times)
    }

    /// The wanted parts from fine to coarse. Neighbours are joined by `of`; where the unit between them is left open, by a comma.
    private func chain(_ isWanted: (Rule.Frequency) -> Bool) -> String {
        var text = ""
        var last: Int?
        for (index, part) in parts.enumerated().reversed() where !part.values.isEmpty && isWanted(part.filtersFrom) {
            if let last { text += last == index + 1 ? " of " : ", " }
            if last == nil || last != index + 1 { text += rule.frequency >= part.filtersFrom && part.noun != "second" ? "in " : "at " }
            text += EnglishWords.numbered(part.noun, part.values)
            last = index
        }
        return text
    }
}
