extension Rule {
    /// The rule as the value of an `RRULE`, without the name in front.
    ///
    /// Canonical: parts in the order in which RFC 5545 evaluates them, what is at its default left out.
    /// Parsing it gives this rule again.
    public var text: String {
        var parts = ["FREQ=" + frequency.name]
        if interval != 1 { parts.append("INTERVAL=\(interval)") }
        if weekStart != .monday { parts.append("WKST=" + weekStart.name) }
        func list(_ part: RulePart, _ values: [String]) {
            if !values.isEmpty { parts.append(part.name + "=" + values.joined(separator: ",")) }
        }
        list(.byMonth, byMonth.map(String.init))
        list(.byWeekNo, byWeekNo.map(String.init))
        list(.byYearDay, byYearDay.map(String.init))
        list(.byMonthDay, byMonthDay.map(String.init))
        list(.byDay, byDay.map(\.name))
        list(.byHour, byHour.map(String.init))
        list(.byMinute, byMinute.map(String.init))
        list(.bySecond, bySecond.map(String.init))
        list(.bySetPos, bySetPos.map(String.init))
        if let count { parts.append("COUNT=\(count)") }
        if let until { parts.append("UNTIL=" + until.text) }
        return parts.joined(separator: ";")
    }
}
