/// What RFC 5545 section 3.3.10 demands of the parts of a rule together. Ranges of single values are in ``RulePart``.
enum RuleConstraints {
    /// Every violation. Goes by which parts were written, so that a part whose own value is bad causes no second fault elsewhere.
    static func faults(of draft: RuleDraft) -> [RuleDraft.Fault] {
        var faults: [RuleDraft.Fault] = []
        func refuse(_ part: RulePart, index: Int? = nil, _ value: String, _ reason: String) {
            faults.append(RuleDraft.Fault(part: part, index: index, value: value, reason: reason))
        }
        let written = Set(draft.written)
        if !written.contains(.freq) {
            refuse(.freq, "", "is required")
        }
        if written.contains(.count), written.contains(.until), let last = draft.written.last(where: { $0 == .count || $0 == .until }) {
            refuse(last, shown(last, draft.rule), "COUNT and UNTIL exclude each other; give one of them")
        }
        if written.contains(.bySetPos), !written.contains(where: \.makesSet) {
            refuse(.bySetPos, shown(.bySetPos, draft.rule), "needs another BYxxx part to pick from")
        }
        guard let frequency = draft.frequency else { return faults }

        for part in [RulePart.byWeekNo, .byYearDay, .byMonthDay] where written.contains(part) {
            if let reason = misplaced(part, at: frequency) { refuse(part, shown(part, draft.rule), reason) }
        }
        if let ordinal = draft.firstOrdinal {
            if frequency != .monthly, frequency != .yearly {
                refuse(.byDay, index: ordinal.index, ordinal.value, "an ordinal is allowed only with MONTHLY or YEARLY, not with \(frequency.name)")
            } else if frequency == .yearly, written.contains(.byWeekNo) {
                refuse(.byDay, index: ordinal.index, ordinal.value, "an ordinal is not allowed beside BYWEEKNO")
            }
        }
        return faults
    }

    /// Why the part may not stand in a rule of this frequency, by the table of section 3.3.10; nil if it may.
    private static func misplaced(_ part: RulePart, at frequency: Rule.Frequency) -> String? {
        switch (part, frequency) {
        case (.byWeekNo, let other) where other != .yearly: "is allowed only with YEARLY, not with \(other.name)"
        case (.byYearDay, .daily), (.byYearDay, .weekly), (.byYearDay, .monthly),
             (.byMonthDay, .weekly): "is not allowed with \(frequency.name)"
        default: nil
        }
    }

    /// The part's value as it would be printed, as far as an error repeats it.
    private static func shown(_ part: RulePart, _ rule: Rule) -> String {
        if let list = part.numberList {
            return rule[keyPath: list].prefix(RuleError.maximumShownLength).map(String.init).joined(separator: ",")
        }
        switch part {
        case .count: return rule.count.map { String($0) } ?? ""
        case .until: return rule.until?.text ?? ""
        default: return ""
        }
    }
}
