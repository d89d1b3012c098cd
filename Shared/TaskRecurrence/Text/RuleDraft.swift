import TaskDomain

/// A rule while it is read, in whichever form: the good values so far, which parts were written at all, and the faults.
///
/// Both readers, text and object, put their values in through the same few functions here, and ``finish()`` holds the
/// result against the RFC's constraints between parts. So both forms refuse the same rules for the same reasons.
struct RuleDraft {
    /// One fault, in terms that both forms can report.
    struct Fault {
        /// Nil for the rule as a whole or an unknown part.
        var part: RulePart?
        /// The entry of the part's list, where one is to blame.
        var index: Int?
        /// The name to report where `part` is nil.
        var name = ""
        var value: String
        var reason: String
        /// How many parts had been written when it was found.
        var partsBefore = 0
    }

    /// Lists as written: neither sorted nor without repeats before ``finish()``.
    private(set) var rule = Rule(.daily)
    private(set) var frequency: Rule.Frequency?
    /// The parts that were written, in that order, whether or not their values were good.
    private(set) var written: [RulePart] = []
    /// The first entry of `BYDAY` with an ordinal.
    private(set) var firstOrdinal: (index: Int?, value: String)?
    private(set) var faults: [Fault] = []

    var isFull: Bool { faults.count >= Rule.maximumFaults }

    mutating func refuse(_ part: RulePart?, index: Int? = nil, name: String = "", _ value: String, _ reason: String) {
        guard !isFull else { return }
        faults.append(Fault(part: part, index: index, name: name, value: value, reason: reason, partsBefore: written.count))
    }

    /// Notes that `part` was written; false, with a fault, when it was so before.
    mutating func begin(_ part: RulePart, value: String) -> Bool {
        guard !written.contains(part) else {
            refuse(part, value, "\(part.name) is given twice; each part may stand once")
            return false
        }
        written.append(part)
        return true
    }

    mutating func set(_ frequency: Rule.Frequency) {
        self.frequency = frequency
        rule.frequency = frequency
    }

    mutating func set(weekStart: Rule.Weekday) { rule.weekStart = weekStart }

    mutating func set(until: Rule.Until) {
        if until.isWritable { rule.until = until } else {
            refuse(.until, until.number, "must lie within the years 0000 to 9999")
        }
    }

    /// `UNTIL` in unix seconds.
    mutating func set(untilSeconds seconds: Int64) {
        guard ReminderLimits.scheduleSeconds.contains(seconds) else {
            let guess = UnixSeconds.guess(seconds).map { "; \($0)" } ?? ""
            return refuse(.until, String(seconds), "must lie within the years 1 to 9999" + guess)
        }
        rule.until = .utc(seconds)
    }

    /// `INTERVAL` and `COUNT`.
    mutating func set(_ part: RulePart, number: Int) {
        guard part.admits(number) else { return refuse(part, String(number), part.expectation) }
        if part == .count { rule.count = number } else { rule.interval = number }
    }

    mutating func append(_ part: RulePart, number: Int, index: Int?) {
        guard let list = part.numberList, part.admits(number) else {
            return refuse(part, index: index, String(number), part.expectation)
        }
        rule[keyPath: list].append(number)
    }

    mutating func append(day: Rule.WeekdayNumber, index: Int?) {
        guard day.ordinal == 0 || RulePart.byDay.admits(day.ordinal) else {
            return refuse(.byDay, index: index, day.name, RulePart.byDay.expectation)
        }
        if day.ordinal != 0, firstOrdinal == nil { firstOrdinal = (index, day.name) }
        rule.byDay.append(day)
    }

    /// Checks what the parts must be to each other, then puts the lists in order. Faults are sorted as the parts were written.
    mutating func finish() -> Rule? {
        for fault in RuleConstraints.faults(of: self) where !isFull { faults.append(fault) }
        guard faults.isEmpty else {
            sortFaults()
            return nil
        }
        for (_, list) in RulePart.numberLists { rule[keyPath: list] = RuleDraft.normal(rule[keyPath: list]) }
        rule.byDay = RuleDraft.normal(rule.byDay)
        return rule
    }

    private mutating func sortFaults() {
        let places = Dictionary(uniqueKeysWithValues: written.enumerated().map { ($1, $0) })
        // A fault of no known part comes after all of the part that was written before it.
        let placed = faults.enumerated().map { number, fault in
            (place: fault.part.map { places[$0] ?? written.count } ?? fault.partsBefore - 1, isUnknown: fault.part == nil ? 1 : 0, number, fault)
        }
        faults = placed.sorted { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }.map(\.3)
    }

    /// Ascending and without repeats.
    private static func normal<Value: Hashable & Comparable>(_ list: [Value]) -> [Value] {
        list.count < 2 ? list : Set(list).sorted()
    }
}

extension Rule.Until {
    /// The number it holds, for an error about one that cannot be written.
    fileprivate var number: String {
        switch self {
        case .utc(let number), .local(let number), .date(let number): String(number)
        }
    }
}
