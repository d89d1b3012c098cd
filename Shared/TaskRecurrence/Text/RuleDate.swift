import TaskDomain

/// One date of a set (`DTSTART`, `RDATE`, `EXDATE`) in the form in which it was written; mapping a local one to an instant needs the zone's data.
public enum RuleDate: Sendable, Hashable {
    /// `20261224T180000Z`: unix seconds.
    case utc(Int64)
    /// `20261224T180000`: wall-clock seconds, counted as if the local time were UTC.
    /// `zone` is its `TZID` as written, nil where there is none ("floating").
    case local(Int64, zone: String?)
    /// `VALUE=DATE:20261224`: days since 1970-01-01.
    case date(Int64)

    /// The `TZID` it was written with.
    public var zone: String? {
        if case .local(_, let zone) = self { zone } else { nil }
    }

    /// The parameters that go before the colon; the same for all dates that may share a line.
    var parameters: String {
        switch self {
        case .utc, .local(_, zone: nil): ""
        case .local(_, zone: let zone?): ";TZID=" + RuleDate.parameterValue(zone)
        case .date: ";VALUE=DATE"
        }
    }

    /// The value itself; what lies outside the years 0000 to 9999 is brought to the nearest of them.
    var text: String {
        switch self {
        case .utc(let seconds): CivilTime(secondNumber: seconds).dateTimeText + "Z"
        case .local(let seconds, _): CivilTime(secondNumber: seconds).dateTimeText
        case .date(let days): CivilTime(dayNumber: days).dateText
        }
    }

    /// A parameter's value as section 3.2 writes it: in quotes where it holds a separator, without what may stand in none.
    private static func parameterValue(_ value: String) -> String {
        let clean = String(String.UnicodeScalarView(value.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F && $0 != "\"" }))
        return clean.contains(where: { ":;,".contains($0) }) ? "\"\(clean)\"" : clean
    }
}

/// How the values of one property are written: what `VALUE` and `TZID` say about them.
struct RuleDateStyle {
    enum ValueType: String {
        case date = "DATE", dateTime = "DATE-TIME", period = "PERIOD"
    }

    var type = ValueType.dateTime
    var zone: String?

    /// Reads one value, or says what is wrong with it.
    func read(_ bytes: TextBytes) -> Result<RuleDate, Refusal> {
        switch type {
        case .date: readDate(bytes)
        case .dateTime: readTime(bytes)
        case .period: readPeriod(bytes)
        }
    }

    struct Refusal: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private func readDate(_ bytes: TextBytes) -> Result<RuleDate, Refusal> {
        guard zone == nil else { return .failure(Refusal("TZID is not allowed with VALUE=DATE")) }
        guard let date = CivilTime(date: bytes) else { return .failure(Refusal("must be a day of the calendar, as 20301231")) }
        return .success(.date(date.dayNumber))
    }

    private func readTime(_ bytes: TextBytes) -> Result<RuleDate, Refusal> {
        let isUTC = bytes.last.map { TextBytes.upper($0) == UInt8(ascii: "Z") } ?? false
        guard let time = CivilTime(dateTime: isUTC ? bytes.dropLast() : bytes) else {
            let hint = CivilTime(date: bytes) == nil ? "" : "; a date without a time needs ;VALUE=DATE before the colon"
            return .failure(Refusal("must be a time that exists in the calendar, as 20301231T235959 or 20301231T235959Z" + hint))
        }
        guard isUTC else { return .success(.local(time.secondNumber, zone: zone)) }
        guard zone == nil else { return .failure(Refusal("TZID is not allowed with a time in UTC; leave out the Z or the TZID")) }
        return .success(.utc(time.secondNumber))
    }

    /// Of a period (section 3.3.9) only the start is an occurrence; its end must still be well formed.
    private func readPeriod(_ bytes: TextBytes) -> Result<RuleDate, Refusal> {
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else {
            return .failure(Refusal("must be a period, as 20301231T200000/PT2H or 20301231T200000/20301231T220000"))
        }
        let start = readTime(bytes[..<slash]), end = bytes[(slash + 1)...]
        if case .failure = start { return start }
        if RuleDateStyle.isDuration(end) { return start }
        if case .failure(let refusal) = readTime(end) {
            return .failure(Refusal("has neither a duration nor a time after the slash: the end " + refusal.reason))
        }
        return start
    }

    /// Whether the piece is a positive duration by the grammar of section 3.3.6: `P1W`, `P1DT2H`, `PT90M` …
    private static func isDuration(_ bytes: TextBytes) -> Bool {
        var rest = bytes
        if rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard rest.first.map(TextBytes.upper) == UInt8(ascii: "P") else { return false }
        rest = rest.dropFirst()
        // The units that may still come, in their order; T opens those of time.
        var units = Array("WD".utf8)[...]
        var inTime = false, hasUnit = false
        while !rest.isEmpty {
            if TextBytes.upper(rest[rest.startIndex]) == UInt8(ascii: "T"), !inTime {
                (inTime, hasUnit, units) = (true, false, Array("HMS".utf8)[...])
                rest = rest.dropFirst()
                continue
            }
            let digits = rest.prefix(while: TextBytes.isDigit)
            guard !digits.isEmpty, let unit = rest.dropFirst(digits.count).first,
                  // Hours and seconds need the minutes between them, so after the first unit only the very next may follow.
                  let place = units.prefix(hasUnit ? 1 : units.count).firstIndex(of: TextBytes.upper(unit)) else { return false }
            rest = rest.dropFirst(digits.count + 1)
            hasUnit = true
            if units[place] == UInt8(ascii: "W") { return rest.isEmpty }
            units = units[(place + 1)...]
        }
        return hasUnit
    }
}
