import TaskDomain
import TaskJSON
import TaskRecurrence

extension FieldType where Value == RuleSet {
    /// A recurrence rule or set: RFC 5545's text, or the arguments of python-dateutil's `rrule(...)` as an object. Each fault of
    /// an object is reported at its own field.
    static var rule: Self {
        Self(
            expected: "a recurrence rule: the text of an RRULE or of a set, or an object with freq", placeholder: RuleSet(),
            schema: { ["anyOf": [.object(RuleSchema.text), .object(RuleSchema.object)]] },
            read: { value, place in
                switch value {
                case .string(let text): bounded(parse(text, place), place)
                case .object(let object): bounded(read(object, place), place)
                default: refuse(value, place)
                }
            })
    }

    private static func refuse(_ value: JSONValue, _ place: JSONPlace) -> RuleSet? {
        place.refuse("must be the text of an RRULE or of a set, an object with freq, or null; it was \(value.kind)")
        return nil
    }

    private static func parse(_ text: String, _ place: JSONPlace) -> RuleSet? {
        let count = text.utf8.count
        guard count <= ReminderLimits.ruleTextBytes.upperBound else {
            place.refuse("must have at most \(ReminderLimits.ruleTextBytes.upperBound) bytes; it had \(count)")
            return nil
        }
        switch count == 0 ? Rule.parse(text).map({ RuleSet(rules: [$0]) }) : RuleSet.parse(text) {
        case .success(let set): return set
        case .failure(let errors):
            for error in errors.all { place.refuse("\(error)") }
            return nil
        }
    }

    private static func read(_ object: JSONObject, _ place: JSONPlace) -> RuleSet? {
        switch Rule.fromObject(object.members.map { ($0.name, RuleFieldValue($0.value)) }) {
        case .success(let rule): return RuleSet(rules: [rule])
        case .failure(let faults):
            for fault in faults.all { fault.path.reduce(place) { $0.appending($1) }.refuse(fault.detail) }
            return nil
        }
    }

    /// The scheduler keeps a rule as its text, of bounded length.
    private static func bounded(_ set: RuleSet?, _ place: JSONPlace) -> RuleSet? {
        guard let set else { return nil }
        let counts = (set.rules + set.exrules).map(\.text.utf8.count)
        guard let count = counts.first(where: { $0 > ReminderLimits.ruleBytes }) else { return set }
        place.refuse("must have at most \(ReminderLimits.ruleBytes) bytes when written as an RRULE; it had \(count)")
        return nil
    }
}

extension RuleFieldValue {
    fileprivate init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let bool): self = .bool(bool)
        case .integer(let integer): self = .integer(integer)
        case .double(let double): self = .number(double)
        case .string(let string): self = .string(string)
        case .array(let items): self = .array(items.map(RuleFieldValue.init))
        case .object(let object): self = .object(object.members.map { ($0.name, RuleFieldValue($0.value)) })
        }
    }
}

/// The two forms of a rule as JSON Schema, for documentation. What the parts of a rule mean to each other no schema says.
private enum RuleSchema {
    static var text: JSONObject {
        [
            "type": "string", "minLength": .integer(Int64(ReminderLimits.ruleTextBytes.lowerBound)),
            "maxLength": .integer(Int64(ReminderLimits.ruleTextBytes.upperBound)),
            "description":
                "a recurrence rule as in RFC 5545 section 3.3.10, or a whole set as a calendar exports it: content lines DTSTART, RRULE, EXRULE, RDATE and EXDATE with TZID and VALUE, ending in CRLF or LF, folded or not; DTSTART stands for start_datetime, and its zone for timezone",
            "examples": ["FREQ=WEEKLY;BYDAY=MO,WE", .string(Examples.setText)]
        ]
    }

    static var object: JSONObject {
        let day = anyCase(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
        let number: JSONValue = ["type": "integer", "minimum": 0, "maximum": 6]
        let weekday: JSONValue = ["anyOf": [number, ["type": "string", "pattern": .string("^\(day)$")]]]
        let weekdayNumber: JSONValue = [
            "anyOf": [
                number, ["type": "string", "pattern": .string("^([+-]?(0?[1-9]|[1-4][0-9]|5[0-3]))?\(day)$")]
            ]
        ]
        let frequency = anyCase(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"])
        let properties: JSONObject = [
            "freq": [
                "anyOf": [number, ["type": "string", "pattern": .string("^\(frequency)$")]],
                "description": "0 YEARLY, 1 MONTHLY, 2 WEEKLY, 3 DAILY, 4 HOURLY, 5 MINUTELY, 6 SECONDLY, or such a name"
            ],
            "interval": Self.number(1, nil), "count": Self.number(1, nil),
            "until": [
                "type": ["integer", "null"], "minimum": .integer(ReminderLimits.scheduleSeconds.lowerBound),
                "maximum": .integer(ReminderLimits.scheduleSeconds.upperBound), "description": "unix seconds, inclusive"
            ],
            "wkst": ["anyOf": [weekday, ["type": "null"]], "description": "the first day of the week; 0 is Monday"],
            "byweekday": oneOrMany(weekdayNumber, "0 Monday … 6 Sunday, or MO … SU, with an ordinal in front where one is meant: -1FR"),
            "bysetpos": ordinals(366), "bymonth": ordinals(12, from: 1), "bymonthday": ordinals(31), "byyearday": ordinals(366),
            "byweekno": ordinals(53), "byhour": ordinals(23, from: 0), "byminute": ordinals(59, from: 0),
            "bysecond": ordinals(60, from: 0),
            "cache": ["description": "ignored"], "dtstart": ["description": "ignored; start_datetime is the start"]
        ]
        return [
            "type": "object", "description": "the arguments of python-dateutil's rrule(...)", "properties": .object(properties),
            "required": ["freq"], "additionalProperties": false, "examples": [["freq": 2, "byweekday": [0, 2], "count": 10]]
        ]
    }

    /// A pattern for any of these names, in upper or lower case.
    private static func anyCase(_ names: [String]) -> String {
        "(" + names.map { name in name.map { "[\($0)\($0.lowercased())]" }.joined() }.joined(separator: "|") + ")"
    }

    private static func number(_ from: Int64, _ through: Int64?) -> JSONValue {
        var schema: JSONObject = ["type": ["integer", "null"], "minimum": .integer(from)]
        if let through { schema["maximum"] = .integer(through) }
        return .object(schema)
    }

    private static func ordinals(_ most: Int64, from least: Int64? = nil) -> JSONValue {
        var item: JSONObject = ["type": "integer", "minimum": .integer(least ?? -most), "maximum": .integer(most)]
        // Counted from either end there is no zeroth.
        if least == nil { item["not"] = ["const": 0] }
        return oneOrMany(.object(item), "one, or a list")
    }

    private static func oneOrMany(_ item: JSONValue, _ description: String) -> JSONValue {
        [
            "anyOf": [
                item, ["type": "array", "minItems": 1, "maxItems": .integer(Int64(Rule.maximumListLength)), "items": item],
                ["type": "null"]
            ],
            "description": .string(description)
        ]
    }
}
