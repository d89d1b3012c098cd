/// What a rule says of days: months, weeks, days of the year and month, weekdays.
struct EnglishDates {
    let rule: Rule

    /// Whether the period is long enough that days are chosen within it, rather than let through.
    private var choosesDays: Bool { rule.frequency <= .weekly }

    /// Whether an ordinal weekday counts in the year. Beside BYMONTH it counts in each month.
    private var ordinalsCountInYear: Bool { rule.frequency == .yearly && rule.byMonth.isEmpty }

    // MARK: The short form

    /// Whether the days come from one part alone.
    private var singlePart: RulePart? {
        let parts: [(RulePart, Bool)] = [
            (.byMonth, rule.byMonth.isEmpty), (.byWeekNo, rule.byWeekNo.isEmpty), (.byYearDay, rule.byYearDay.isEmpty),
            (.byMonthDay, rule.byMonthDay.isEmpty), (.byDay, rule.byDay.isEmpty),
        ]
        let present = parts.filter { !$0.1 }
        return present.count == 1 ? present.first?.0 : nil
    }

    /// `on the last Friday of every month`: for months and years one by one whose days come from one part.
    var shortForm: String? {
        guard rule.interval == 1, rule.frequency == .monthly || rule.frequency == .yearly, let part = singlePart else { return nil }
        let period = "of every " + RuleEnglish.unit(rule.frequency)
        switch part {
        case .byYearDay:
            return "on \(EnglishWords.numberedBothWays("day", rule.byYearDay)) \(period)"
        case .byMonthDay:
            // YEARLY without BYMONTH means these days of all twelve months.
            return "on \(monthDays) of every month"
        case .byDay where rule.byDay.allSatisfy { $0.ordinal != 0 }:
            return "on \(days("and")) \(period)"
        case .byDay where shortFormHoldsPositions:
            return "on the \(EnglishWords.list(EnglishWords.ordinals(rule.bySetPos))) \(kindOfDay ?? "day") \(period)"
        default:
            return nil
        }
    }

    /// Whether ``shortForm`` has told BYSETPOS: where it picks from plain weekdays alone.
    var shortFormHoldsPositions: Bool {
        rule.interval == 1 && (rule.frequency == .monthly || rule.frequency == .yearly) && singlePart == .byDay
            && !rule.bySetPos.isEmpty && kindOfDay != nil
            && rule.byHour.isEmpty && rule.byMinute.isEmpty && rule.bySecond.isEmpty
    }

    /// The name of a set of plain weekdays that has one.
    private var kindOfDay: String? {
        guard rule.byDay.allSatisfy({ $0.ordinal == 0 }) else { return nil }
        switch rule.byDay.map(\.weekday) {
        case Rule.Weekday.allCases: return "day"
        case [.monday, .tuesday, .wednesday, .thursday, .friday]: return "weekday (Monday to Friday)"
        case [.saturday, .sunday]: return "weekend day (Saturday or Sunday)"
        case let single where single.count == 1: return single.first.map(EnglishWords.weekday)
        default: return nil
        }
    }

    // MARK: The long form

    /// What goes right after the period, with a space in front; empty where the rule leaves the days to DTSTART.
    var making: String {
        switch rule.frequency {
        case .yearly: yearly
        case .monthly: rule.byMonthDay.isEmpty ? (rule.byDay.isEmpty ? "" : " on " + days("and")) : " on " + monthDays
        case .weekly: rule.byDay.isEmpty ? "" : " on " + EnglishWords.weekdays(rule.byDay)
        case .daily, .hourly, .minutely, .secondly: ""
        }
    }

    private var yearly: String {
        var text = ""
        if !rule.byWeekNo.isEmpty {
            text = " in " + EnglishWords.numberedBothWays("week", rule.byWeekNo)
        } else if !rule.byMonth.isEmpty {
            text = " in " + EnglishWords.runs(rule.byMonth, "and", EnglishWords.month)
        }
        switch mainYearlyPart {
        case .byMonthDay where rule.byWeekNo.isEmpty: text += " on " + monthDays + (rule.byMonth.isEmpty ? " of every month" : "")
        case .byMonthDay: text += " on " + monthDays + " of the month"
        case .byYearDay: text += " on " + yearDays
        case .byDay where rule.byWeekNo.isEmpty: text += " on " + days("and") + (hasOrdinals ? " of the " + ordinalPeriod : "")
        case .byDay: text += " on " + EnglishWords.weekdays(rule.byDay)
        default: break
        }
        return text
    }

    /// The part that names the days of a yearly rule; others beside it can only let some of these through.
    private var mainYearlyPart: RulePart? {
        if !rule.byMonthDay.isEmpty { return .byMonthDay }
        if !rule.byYearDay.isEmpty { return .byYearDay }
        return rule.byDay.isEmpty ? nil : .byDay
    }

    /// What only lets some days through, each to follow `only`.
    var filters: [String] {
        var filters: [String] = []
        let isYearly = rule.frequency == .yearly
        if !rule.byDay.isEmpty, !choosesDays {
            filters.append("on " + EnglishWords.weekdays(rule.byDay))
        } else if !rule.byDay.isEmpty, rule.frequency == .monthly && !rule.byMonthDay.isEmpty || isYearly && mainYearlyPart != .byDay {
            filters.append("when it is " + (hasOrdinals ? days("or") + " of the " + ordinalPeriod : "a " + EnglishWords.weekdays(rule.byDay, "or")))
        }
        if !rule.byMonthDay.isEmpty, rule.frequency >= .daily { filters.append("on \(monthDays) of the month") }
        if !rule.byYearDay.isEmpty, !isYearly { filters.append("on " + yearDays) }
        if !rule.byYearDay.isEmpty, isYearly, mainYearlyPart != .byYearDay { filters.append("when it is " + yearDays) }
        if !rule.byMonth.isEmpty, !isYearly || !rule.byWeekNo.isEmpty {
            filters.append("in " + EnglishWords.runs(rule.byMonth, "and", EnglishWords.month))
        }
        return filters
    }

    // MARK: Words

    private var hasOrdinals: Bool { rule.byDay.contains { $0.ordinal != 0 } }

    private var ordinalPeriod: String { ordinalsCountInYear ? "year" : "month" }

    private var yearDays: String { EnglishWords.numberedBothWays("day", rule.byYearDay) + " of the year" }

    /// `the 1st, 15th and last day`, `the 1st to 7th`.
    private var monthDays: String {
        let fromEnd = rule.byMonthDay.contains { $0 < 0 }
        return "the " + EnglishWords.list(EnglishWords.ordinals(rule.byMonthDay)) + (fromEnd ? " day" : "")
    }

    /// `every Monday, the 1st Tuesday and the last Friday`.
    private func days(_ conjunction: String) -> String {
        let plain = rule.byDay.filter { $0.ordinal == 0 }
        let counted = rule.byDay.filter { $0.ordinal != 0 }.map { "the \(EnglishWords.ordinal($0.ordinal)) \(EnglishWords.weekday($0.weekday))" }
        let every = conjunction == "or" ? "any " : "every "
        return EnglishWords.list((plain.isEmpty ? [] : [every + EnglishWords.weekdays(plain, conjunction)]) + counted, conjunction)
    }
}
