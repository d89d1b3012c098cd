extension Rule {
    /// Reads a recurrence rule strictly as RFC 5545 section 3.3.10 has it, with or without `RRULE:` in front.
    ///
    /// Letters may be of either case, parts and lists in any order and lists with repeats.
    /// - Throws: the first fault, as it stands in the text.
    public init(parsing text: some StringProtocol) throws(RuleError) {
        switch Rule.parse(text) {
        case .success(let rule): self = rule
        case .failure(let errors): throw errors.first
        }
    }

    /// As ``init(parsing:)``, but with all faults at once, in the order of the text.
    public static func parse(_ text: some StringProtocol) -> Result<Rule, RuleErrors> {
        // One byte past the bound tells a text that is too long without reading all of it.
        var bytes = Array(text.utf8.prefix(maximumTextLength + 1))[...]
        let prefix = Array("RRULE:".utf8)
        if bytes.count <= maximumTextLength, bytes.prefix(prefix.count).map(TextBytes.upper) == prefix {
            bytes = bytes.dropFirst(prefix.count)
        }
        return parse(value: bytes)
    }

    /// Reads the value of an `RRULE` or `EXRULE`, so without the name in front.
    static func parse(value bytes: TextBytes) -> Result<Rule, RuleErrors> {
        var parser = RuleParser()
        if let rule = parser.read(bytes) { return .success(rule) }
        let errors = parser.draft.faults.map { RuleError(part: $0.part?.name ?? $0.name, value: $0.value, reason: $0.reason) }
        return .failure(RuleErrors(errors) ?? RuleErrors(first: RuleError(part: "", value: "", reason: "is not a rule"), rest: []))
    }

    /// Every way in which this value, built in code, breaks RFC 5545; empty for whatever was parsed.
    public var faults: [RuleError] {
        var draft = RuleDraft()
        draft.fill(from: self)
        _ = draft.finish()
        return draft.faults.map { RuleError(part: $0.part?.name ?? $0.name, value: $0.value, reason: $0.reason) }
    }
}

/// Splits the text of one rule into its parts and values. What the values mean to each other is ``RuleDraft``'s business.
private struct RuleParser {
    var draft = RuleDraft()

    /// The most pieces between semicolons that are looked at: a rule has 14 parts, and each further piece is a fault.
    private static let maximumPieces = RulePart.allCases.count + Rule.maximumFaults

    mutating func read(_ bytes: TextBytes) -> Rule? {
        guard bytes.count <= Rule.maximumTextLength else {
            draft.refuse(nil, RuleError.shown(bytes), "is longer than \(Rule.maximumTextLength) bytes")
            return nil
        }
        guard !bytes.isEmpty else {
            draft.refuse(nil, "", "the rule is empty; expected FREQ=… and further parts, separated by semicolons")
            return nil
        }
        if let advice = CronExpression.advice(on: bytes) {
            draft.refuse(nil, RuleError.shown(bytes), advice)
            return nil
        }
        for piece in bytes.pieces(separatedBy: ";", limit: RuleParser.maximumPieces) where !draft.isFull {
            readPart(piece)
        }
        return draft.finish()
    }

    private mutating func readPart(_ piece: TextBytes) {
        guard !piece.isEmpty else {
            return draft.refuse(nil, "", "a part is empty; a NAME=VALUE must stand on both sides of each semicolon")
        }
        guard let equals = piece.firstIndex(of: UInt8(ascii: "=")) else {
            return draft.refuse(nil, RuleError.shown(piece), "is not NAME=VALUE")
        }
        let name = piece[..<equals], value = piece[(equals + 1)...]
        guard let part = name.upperName().flatMap(RulePart.named) else {
            let expected = RulePart.allCases.map(\.name).joined(separator: ", ")
            let reason = "is not a part of RFC 5545; expected one of \(expected), without spaces"
            return draft.refuse(nil, name: RuleError.shown(name), RuleError.shown(value), reason)
        }
        guard draft.begin(part, value: RuleError.shown(value)) else { return }
        guard !value.isEmpty else { return draft.refuse(part, "", "has no value; \(part.expectation)") }
        readValue(of: part, value)
    }

    private mutating func readValue(of part: RulePart, _ value: TextBytes) {
        switch part {
        case .freq:
            if let frequency = Rule.Frequency(value) { draft.set(frequency) } else { refuse(part, value) }
        case .wkst:
            if let weekday = Rule.Weekday(value) { draft.set(weekStart: weekday) } else { refuse(part, value) }
        case .until:
            if let until = Rule.Until(value) { draft.set(until: until) } else {
                draft.refuse(part, RuleError.shown(value), part.expectation + ", and exist in the calendar")
            }
        case .interval, .count:
            if let number = value.digitsValue { draft.set(part, number: number) } else { refuse(part, value) }
        default:
            readList(of: part, value)
        }
    }

    private mutating func readList(of part: RulePart, _ value: TextBytes) {
        let items = value.pieces(separatedBy: ",", limit: Rule.maximumListLength)
        guard items.count <= Rule.maximumListLength else {
            return draft.refuse(part, RuleError.shown(value), "has more than \(Rule.maximumListLength) entries")
        }
        for (index, item) in items.enumerated() where !draft.isFull {
            if item.isEmpty {
                draft.refuse(part, index: index, RuleError.shown(value), "has an empty entry; a value must stand on both sides of each comma")
            } else if part == .byDay {
                if let day = Rule.WeekdayNumber(item) { draft.append(day: day, index: index) } else { refuse(part, item, index: index) }
            } else if let number = item.number(signed: part.isSigned, maximumDigits: part.maximumDigits) {
                draft.append(part, number: number, index: index)
            } else {
                refuse(part, item, index: index)
            }
        }
    }

    private mutating func refuse(_ part: RulePart, _ value: TextBytes, index: Int? = nil) {
        draft.refuse(part, index: index, RuleError.shown(value), part.expectation)
    }
}

extension RuleDraft {
    /// Takes over the values of a rule as if they had been read.
    fileprivate mutating func fill(from rule: Rule) {
        _ = begin(.freq, value: "")
        set(rule.frequency)
        _ = begin(.interval, value: "")
        set(.interval, number: rule.interval)
        set(weekStart: rule.weekStart)
        for (part, list) in RulePart.numberLists where !rule[keyPath: list].isEmpty {
            _ = begin(part, value: "")
            for (index, number) in rule[keyPath: list].enumerated() { append(part, number: number, index: index) }
        }
        if !rule.byDay.isEmpty {
            _ = begin(.byDay, value: "")
            for (index, day) in rule.byDay.enumerated() { append(day: day, index: index) }
        }
        if let count = rule.count {
            _ = begin(.count, value: "")
            set(.count, number: count)
        }
        if let until = rule.until {
            _ = begin(.until, value: "")
            set(until: until)
        }
    }
}
