extension Rule.Frequency {
    /// `YEARLY` … `SECONDLY`.
    var name: String {
        switch self {
        case .yearly: "YEARLY"
        case .monthly: "MONTHLY"
        case .weekly: "WEEKLY"
        case .daily: "DAILY"
        case .hourly: "HOURLY"
        case .minutely: "MINUTELY"
        case .secondly: "SECONDLY"
        }
    }

    /// Reads a name in any case.
    init?(_ bytes: TextBytes) {
        guard let name = bytes.upperName(), let found = Rule.Frequency.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

extension Rule.Weekday {
    /// `MO` … `SU`.
    var name: String {
        switch self {
        case .monday: "MO"
        case .tuesday: "TU"
        case .wednesday: "WE"
        case .thursday: "TH"
        case .friday: "FR"
        case .saturday: "SA"
        case .sunday: "SU"
        }
    }

    /// Reads two letters in any case.
    init?(_ bytes: TextBytes) {
        guard let a = bytes.first, let b = bytes.last, bytes.count == 2 else { return nil }
        switch (TextBytes.upper(a), TextBytes.upper(b)) {
        case (UInt8(ascii: "M"), UInt8(ascii: "O")): self = .monday
        case (UInt8(ascii: "T"), UInt8(ascii: "U")): self = .tuesday
        case (UInt8(ascii: "W"), UInt8(ascii: "E")): self = .wednesday
        case (UInt8(ascii: "T"), UInt8(ascii: "H")): self = .thursday
        case (UInt8(ascii: "F"), UInt8(ascii: "R")): self = .friday
        case (UInt8(ascii: "S"), UInt8(ascii: "A")): self = .saturday
        case (UInt8(ascii: "S"), UInt8(ascii: "U")): self = .sunday
        default: return nil
        }
    }
}

extension Rule.WeekdayNumber {
    /// `MO`, `1MO`, `-1FR`.
    var name: String { ordinal == 0 ? weekday.name : "\(ordinal)\(weekday.name)" }

    /// Reads `[[sign] 1*2DIGIT] weekday` in any case. An ordinal that is written must be in the range of `BYDAY`, so 0 is refused.
    init?(_ bytes: TextBytes) {
        guard let weekday = Rule.Weekday(bytes.suffix(2)) else { return nil }
        let written = bytes.dropLast(2)
        guard !written.isEmpty else {
            self.init(weekday)
            return
        }
        guard let ordinal = written.number(signed: true, maximumDigits: RulePart.byDay.maximumDigits),
              RulePart.byDay.admits(ordinal) else { return nil }
        self.init(weekday, ordinal: ordinal)
    }
}
