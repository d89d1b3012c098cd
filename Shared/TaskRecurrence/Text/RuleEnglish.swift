import TaskDomain

extension Rule {
    /// A plain English reading of the rule: `every week on Monday and Wednesday`, `on the last Friday of every month`.
    ///
    /// Says what the rule's parts say. What a rule leaves to DTSTART (the time of day of a daily rule, say) is not mentioned.
    /// Parts that make occurrences come first; those that only let some through follow as `only …`, `BYSETPOS` after them,
    /// because it picks from what is left; the end of the series comes last.
    public var english: String {
        let english = RuleEnglish(rule: self)
        return english.sentence
    }
}

/// The pieces of the sentence. Which parts make occurrences and which only filter them is the table of section 3.3.10.
struct RuleEnglish {
    let rule: Rule

    var sentence: String {
        let dates = EnglishDates(rule: rule), times = EnglishTimes(rule: rule)
        var text: String
        if let short = dates.shortForm {
            text = short + times.making
        } else {
            text = head + dates.making + times.making
            for filter in dates.filters { text += ", only " + filter }
        }
        if let filter = times.filter { text += ", only " + filter }
        if !dates.shortFormHoldsPositions { text += positions }
        return text + weekStart + end
    }

    /// The singular of the period.
    static func unit(_ frequency: Rule.Frequency) -> String {
        switch frequency {
        case .yearly: "year"
        case .monthly: "month"
        case .weekly: "week"
        case .daily: "day"
        case .hourly: "hour"
        case .minutely: "minute"
        case .secondly: "second"
        }
    }

    private var head: String {
        let unit = RuleEnglish.unit(rule.frequency)
        return rule.interval == 1 ? "every \(unit)" : "every \(rule.interval) \(unit)s"
    }

    private var positions: String {
        guard !rule.bySetPos.isEmpty else { return "" }
        return ", taking only the \(EnglishWords.list(EnglishWords.ordinals(rule.bySetPos))) of these in each \(RuleEnglish.unit(rule.frequency))"
    }

    /// Said only where the first day of the week can change the answer.
    private var weekStart: String {
        let countsWeeks = rule.frequency == .weekly && (rule.interval > 1 || !rule.bySetPos.isEmpty) || !rule.byWeekNo.isEmpty
        guard rule.weekStart != .monday, countsWeeks else { return "" }
        return ", with weeks that start on \(EnglishWords.weekday(rule.weekStart))"
    }

    private var end: String {
        var text = ""
        switch rule.count {
        case nil: break
        case 1: text += ", once"
        case 2: text += ", twice"
        case let count?: text += ", \(count) times"
        }
        switch rule.until {
        case nil: break
        case .date(let days): text += ", until the end of " + EnglishWords.date(CivilTime(dayNumber: days))
        case .utc(let seconds): text += ", until \(RuleEnglish.moment(seconds)) UTC"
        case .local(let seconds): text += ", until \(RuleEnglish.moment(seconds)) local time"
        }
        return text
    }

    private static func moment(_ seconds: Int64) -> String {
        let time = CivilTime(secondNumber: seconds)
        return EnglishWords.date(time) + " " + EnglishWords.clock(time.hour, time.minute, time.second)
    }
}
