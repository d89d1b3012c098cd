import TaskDomain

/// The small change of English that ``Rule/english`` is made of.
enum EnglishWords {
    /// `a`, `a and b`, `a, b and c`.
    static func list(_ items: [String], _ conjunction: String = "and") -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " \(conjunction) " + last
    }

    /// Values with runs of three or more drawn together: `1, 3 to 5 and 9`. The values ascend, as a rule's do.
    static func runs(_ values: [Int], _ conjunction: String = "and", _ word: (Int) -> String = { String($0) }) -> String {
        list(runItems(values, word), conjunction)
    }

    /// The entries of ``runs(_:_:_:)`` before they are joined.
    static func runItems(_ values: [Int], _ word: (Int) -> String) -> [String] {
        var items: [String] = []
        var index = 0
        while index < values.count {
            var end = index
            while end + 1 < values.count, values[end + 1] == values[end] &+ 1 { end += 1 }
            if end - index >= 2 {
                items.append(word(values[index]) + " to " + word(values[end]))
            } else {
                items += values[index...end].map(word)
            }
            index = end + 1
        }
        return items
    }

    /// `1st`, `2nd`, `11th`; counted from the end `last`, `2nd to last`.
    static func ordinal(_ number: Int) -> String {
        if number == -1 { return "last" }
        if number < 0 { return ordinal(Int(clamping: number.magnitude)) + " to last" }
        let ending = switch (number % 100, number % 10) {
        case (11...13, _): "th"
        case (_, 1): "st"
        case (_, 2): "nd"
        case (_, 3): "rd"
        default: "th"
        }
        return "\(number)\(ending)"
    }

    /// Places counted from the start, then those from the end: `1st to 3rd, last and 2nd to last`.
    static func ordinals(_ numbers: [Int]) -> [String] {
        runItems(numbers.filter { $0 > 0 }, ordinal) + numbers.filter { $0 < 0 }.reversed().map(ordinal)
    }

    /// `hour 9`, `hours 9, 12 and 15 to 17`.
    static func numbered(_ noun: String, _ values: [Int]) -> String {
        (values.count == 1 ? noun : noun + "s") + " " + runs(values)
    }

    /// Numbers from the start and from the end: `day 100`, `weeks 1 and 20 and the last week`.
    static func numberedBothWays(_ noun: String, _ values: [Int]) -> String {
        let fromStart = values.filter { $0 > 0 }
        let fromEnd = values.filter { $0 < 0 }.reversed().map { "the \(ordinal($0)) \(noun)" }
        return list((fromStart.isEmpty ? [] : [numbered(noun, fromStart)]) + fromEnd)
    }

    static func month(_ number: Int) -> String {
        let names = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
        return names.indices.contains(number - 1) ? names[number - 1] : "month \(number)"
    }

    static func weekday(_ day: Rule.Weekday) -> String {
        switch day {
        case .monday: "Monday"
        case .tuesday: "Tuesday"
        case .wednesday: "Wednesday"
        case .thursday: "Thursday"
        case .friday: "Friday"
        case .saturday: "Saturday"
        case .sunday: "Sunday"
        }
    }

    /// `Monday to Friday`, `Tuesday or Sunday`; ordinals are not looked at.
    static func weekdays(_ days: [Rule.WeekdayNumber], _ conjunction: String = "and") -> String {
        runs(days.map(\.weekday.rawValue), conjunction) { Rule.Weekday(rawValue: $0).map(weekday) ?? "" }
    }

    /// `2026-12-24`.
    static func date(_ time: CivilTime) -> String {
        "\(CivilTime.padded(time.year, 4))-\(CivilTime.padded(time.month))-\(CivilTime.padded(time.day))"
    }

    /// `09:30`, or with seconds `09:30:05`.
    static func clock(_ hour: Int, _ minute: Int, _ second: Int? = nil) -> String {
        CivilTime.padded(hour) + ":" + CivilTime.padded(minute) + (second.map { ":" + CivilTime.padded($0) } ?? "")
    }
}
