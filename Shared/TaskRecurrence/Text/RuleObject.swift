extension Rule {
    /// Reads the arguments of python-dateutil's `rrule(...)` as an object's fields.
    ///
    /// `freq` is 0 (YEARLY) to 6 (SECONDLY) or a name; weekdays are 0 (Monday) to 6 or names, in `byweekday` with an ordinal
    /// (`"-1FR"`) where one is meant; `until` is in unix seconds. A single value stands for a list of one, null for a field that
    /// is absent; `cache` and `dtstart` are ignored, any other unknown field refused. The rules of RFC 5545 hold as for text.
    public static func fromObject(_ fields: [(String, RuleFieldValue)]) -> Result<Rule, RuleFieldFaults> {
        var reader = RuleObjectReader()
        if let rule = reader.read(fields) { return .success(rule) }
        return .failure(RuleFieldFaults(all: reader.draft.faults.map(\.inObject)))
    }
}

/// Takes the fields of an object apart. What the values mean to each other is ``RuleDraft``'s business.
private struct RuleObjectReader {
    var draft = RuleDraft()

    private static let ignored: Set<String> = ["cache", "dtstart"]

    mutating func read(_ fields: [(String, RuleFieldValue)]) -> Rule? {
        for (name, value) in fields where !draft.isFull {
            if RuleObjectReader.ignored.contains(name) { continue }
            guard let part = RulePart.ofField(name) else {
                refuseUnknown(name)
                continue
            }
            if value.isNull { continue }
            guard draft.begin(part, value: value.shown) else { continue }
            readValue(of: part, value)
        }
        return draft.finish()
    }

    private mutating func refuseUnknown(_ name: String) {
        let known = RulePart.allCases.map(\.field).joined(separator: ", ")
        let hint = name.lowercased() == "byday" ? "the field is called byweekday" : "expected one of \(known)"
        draft.refuse(nil, name: RuleError.shown(name), "", "is not a known field; \(hint)")
    }

    private mutating func readValue(of part: RulePart, _ value: RuleFieldValue) {
        switch part {
        case .freq:
            if let frequency = value.frequency { draft.set(frequency) } else {
                draft.refuse(part, value.shown, "must be 0 (YEARLY) to 6 (SECONDLY), or such a name")
            }
        case .wkst:
            if let weekday = value.weekday { draft.set(weekStart: weekday) } else {
                draft.refuse(part, value.shown, "must be 0 (Monday) to 6 (Sunday), or MO to SU")
            }
        case .until:
            if let seconds = value.wholeNumber { draft.set(untilSeconds: Int64(seconds)) } else {
                draft.refuse(part, value.shown, "must be a whole number of unix seconds")
            }
        case .interval, .count:
            if let number = value.wholeNumber { draft.set(part, number: number) } else {
                draft.refuse(part, value.shown, "must be a whole number, at least 1")
            }
        default:
            readList(of: part, value)
        }
    }

    private mutating func readList(of part: RulePart, _ value: RuleFieldValue) {
        guard case .array(let items) = value else { return readItem(of: part, value, index: nil) }
        guard !items.isEmpty else {
            return draft.refuse(part, "", "must hold at least one value; leave the field out, or give null, for none")
        }
        guard items.count <= Rule.maximumListLength else {
            return draft.refuse(part, "", "has more than \(Rule.maximumListLength) entries")
        }
        for (index, item) in items.enumerated() where !draft.isFull { readItem(of: part, item, index: index) }
    }

    private mutating func readItem(of part: RulePart, _ item: RuleFieldValue, index: Int?) {
        if part == .byDay {
            if let day = item.weekdayNumber { return draft.append(day: day, index: index) }
            let names = "MO to SU with an ordinal of 1 to 53 or -53 to -1 in front where one is meant (\"-1FR\")"
            draft.refuse(part, index: index, item.shown, "must be 0 (Monday) to 6 (Sunday), or " + names)
        } else if let number = item.wholeNumber {
            draft.append(part, number: number, index: index)
        } else {
            draft.refuse(part, index: index, item.shown, "must be a whole number; it " + part.expectation)
        }
    }
}

extension RuleFieldValue {
    /// The bytes of a string that is short enough to be a name or a weekday.
    private var name: TextBytes? {
        guard case .string(let string) = self else { return nil }
        let longestName = 12
        return Array(string.utf8.prefix(longestName + 1))[...]
    }

    fileprivate var frequency: Rule.Frequency? {
        name.flatMap { Rule.Frequency($0) } ?? wholeNumber.flatMap { Rule.Frequency(rawValue: $0) }
    }

    fileprivate var weekday: Rule.Weekday? {
        name.flatMap { Rule.Weekday($0) } ?? wholeNumber.flatMap { Rule.Weekday(rawValue: $0) }
    }

    fileprivate var weekdayNumber: Rule.WeekdayNumber? {
        name.flatMap { Rule.WeekdayNumber($0) } ?? weekday.map { Rule.WeekdayNumber($0) }
    }
}

extension RuleDraft.Fault {
    fileprivate var inObject: RuleFieldFault {
        RuleFieldFault(
            // A field may have an empty name too, and a pointer to it has an empty segment.
            path: [part?.field ?? name] + (index.map { [String($0)] } ?? []),
            detail: value.isEmpty ? reason : "\(reason); it was \(value)")
    }
}
