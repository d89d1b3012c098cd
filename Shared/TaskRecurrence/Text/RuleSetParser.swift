extension RuleSet {
    /// Reads the content lines of a recurrence set: `DTSTART`, `RRULE`, `EXRULE`, `RDATE`, `EXDATE`, with `TZID` and `VALUE`.
    ///
    /// Lines end in CRLF or LF and may be folded (section 3.1). A line without a name is taken for an `RRULE`.
    /// - Throws: the first fault, as it stands in the text.
    public init(parsing text: some StringProtocol) throws(RuleError) {
        switch RuleSet.parse(text) {
        case .success(let set): self = set
        case .failure(let errors): throw errors.first
        }
    }

    /// As ``init(parsing:)``, but with all faults at once.
    public static func parse(_ text: some StringProtocol) -> Result<RuleSet, RuleErrors> {
        var parser = RuleSetParser()
        parser.read(Array(text.utf8.prefix(maximumTextLength + 1)))
        if let errors = RuleErrors(parser.errors) { return .failure(errors) }
        return .success(parser.set)
    }
}

private struct RuleSetParser {
    var set = RuleSet()
    var errors: [RuleError] = []

    private var isFull: Bool { errors.count >= Rule.maximumFaults }

    private mutating func refuse(_ part: String, _ value: String, _ reason: String) {
        if !isFull { errors.append(RuleError(part: part, value: value, reason: reason)) }
    }

    mutating func read(_ bytes: [UInt8]) {
        guard bytes.count <= RuleSet.maximumTextLength else {
            return refuse("", RuleError.shown(bytes[...]), "is longer than \(RuleSet.maximumTextLength) bytes")
        }
        var lines = RuleSetParser.unfolded(bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // The newline that ends the last line opens no further one.
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines where !isFull { readLine(line) }
        if errors.isEmpty, set.start == nil, set.rules.isEmpty, set.rdates.isEmpty {
            refuse("", "", "holds no occurrence; expected a DTSTART, RRULE or RDATE")
        }
        checkAgainstStart()
    }

    /// Joins folded lines (a line break and one space or tab) and ends each line in LF alone.
    private static func unfolded(_ bytes: [UInt8]) -> [UInt8] {
        let (cr, lf, space, tab) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "\t"))
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let breakLength = bytes[index] == lf ? 1 : bytes[index] == cr && index + 1 < bytes.count && bytes[index + 1] == lf ? 2 : 0
            guard breakLength > 0 else {
                result.append(bytes[index])
                index += 1
                continue
            }
            index += breakLength
            if index < bytes.count, bytes[index] == space || bytes[index] == tab { index += 1 } else { result.append(lf) }
        }
        return result
    }

    private mutating func readLine(_ line: TextBytes) {
        guard !line.isEmpty else { return refuse("", "", "has an empty line; expected one property on each") }
        guard let colon = RuleSetParser.firstOutsideQuotes(UInt8(ascii: ":"), in: line) else { return readRule("RRULE", line) }
        var pieces = RuleSetParser.splitOutsideQuotes(line[..<colon])
        let value = line[(colon + 1)...]
        let written = pieces.removeFirst()
        let name = written.upperName() ?? ""
        switch name {
        case "RRULE", "EXRULE":
            if style(name, pieces, allowed: []) != nil { readRule(name, value) }
        case "DTSTART":
            guard let style = style(name, pieces, allowed: [.date, .dateTime]) else { return }
            readStart(value, style)
        case "RDATE":
            guard let style = style(name, pieces, allowed: [.date, .dateTime, .period]) else { return }
            set.rdates += readDates(name, value, style, room: RuleSet.maximumDates - set.rdates.count)
        case "EXDATE":
            guard let style = style(name, pieces, allowed: [.date, .dateTime]) else { return }
            set.exdates += readDates(name, value, style, room: RuleSet.maximumDates - set.exdates.count)
        default:
            let reason = "is not a property of a recurrence set; expected DTSTART, RRULE, EXRULE, RDATE or EXDATE"
            refuse(RuleError.shown(written), RuleError.shown(value), reason)
        }
    }

    private mutating func readRule(_ name: String, _ value: TextBytes) {
        guard set.rules.count + set.exrules.count < RuleSet.maximumRules else {
            return refuse(name, RuleError.shown(value), "is one rule too many; a set may have \(RuleSet.maximumRules)")
        }
        switch Rule.parse(value: value) {
        case .success(let rule): if name == "EXRULE" { set.exrules.append(rule) } else { set.rules.append(rule) }
        case .failure(let faults): errors += faults.all.prefix(Rule.maximumFaults - errors.count)
        }
    }

    private mutating func readStart(_ value: TextBytes, _ style: RuleDateStyle) {
        guard set.start == nil else { return refuse("DTSTART", RuleError.shown(value), "is given twice; a set has one start") }
        switch style.read(value) {
        case .success(let date): set.start = date
        case .failure(let refusal): refuse("DTSTART", RuleError.shown(value), refusal.reason)
        }
    }

    private mutating func readDates(_ name: String, _ value: TextBytes, _ style: RuleDateStyle, room: Int) -> [RuleDate] {
        let items = value.pieces(separatedBy: ",", limit: max(room, 1))
        guard items.count <= room else {
            refuse(name, RuleError.shown(value), "has more than \(RuleSet.maximumDates) dates")
            return []
        }
        var dates: [RuleDate] = []
        dates.reserveCapacity(items.count)
        for item in items where !isFull {
            switch style.read(item) {
            case .success(let date): dates.append(date)
            case .failure(let refusal): refuse(name, RuleError.shown(item), refusal.reason)
            }
        }
        return dates
    }

    /// What the parameters of a property say; nil, with a fault, if they say what it cannot have. `X-` parameters are passed over.
    private mutating func style(_ property: String, _ parameters: [TextBytes], allowed: [RuleDateStyle.ValueType]) -> RuleDateStyle? {
        var style = RuleDateStyle()
        var seen: Set<String> = []
        for parameter in parameters {
            let equals = parameter.firstIndex(of: UInt8(ascii: "=")) ?? parameter.endIndex
            let name = parameter[..<equals].upperName() ?? ""
            let value = RuleSetParser.unquoted(parameter[min(equals + 1, parameter.endIndex)...])
            if equals != parameter.endIndex, parameter.prefix(2).map(TextBytes.upper) == Array("X-".utf8) { continue }
            let isKnown = !allowed.isEmpty && (name == "TZID" || name == "VALUE")
            guard isKnown, let value, seen.insert(name).inserted else {
                let reason = allowed.isEmpty ? "takes no such parameter" : "takes TZID and VALUE, each once, as parameters; this is neither"
                refuse(property, RuleError.shown(parameter), reason)
                return nil
            }
            if name == "TZID" {
                guard RuleSetParser.isZoneName(value) else {
                    let expected = "a zone's name of 1 to \(RuleSet.maximumZoneLength) bytes, without control characters"
                    refuse(property, RuleError.shown(value), "TZID must be " + expected)
                    return nil
                }
                style.zone = String(decoding: value, as: UTF8.self)
            } else {
                guard let type = value.upperName().flatMap(RuleDateStyle.ValueType.init), allowed.contains(type) else {
                    refuse(property, RuleError.shown(value), "VALUE must be \(allowed.map(\.rawValue).joined(separator: " or "))")
                    return nil
                }
                style.type = type
            }
        }
        return style
    }

    private static func isZoneName(_ bytes: TextBytes) -> Bool {
        (1...RuleSet.maximumZoneLength).contains(bytes.count) && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") }
    }

    /// A parameter's value without its quotes; nil where a quote stands anywhere but around the whole.
    private static func unquoted(_ bytes: TextBytes) -> TextBytes? {
        let quote = UInt8(ascii: "\"")
        guard bytes.contains(quote) else { return bytes }
        guard bytes.count >= 2, bytes.first == quote, bytes.last == quote else { return nil }
        let inner = bytes.dropFirst().dropLast()
        return inner.contains(quote) ? nil : inner
    }

    private static func firstOutsideQuotes(_ wanted: UInt8, in bytes: TextBytes) -> Int? {
        var quoted = false
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "\"") { quoted.toggle() }
            if bytes[index] == wanted, !quoted { return index }
        }
        return nil
    }

    /// The name and the parameters. A line has few; whatever comes past the bound is left in the last and refused with it.
    private static func splitOutsideQuotes(_ bytes: TextBytes) -> [TextBytes] {
        let maximumParameters = 16
        var pieces: [TextBytes] = [], rest = bytes
        while pieces.count < maximumParameters, let semicolon = firstOutsideQuotes(UInt8(ascii: ";"), in: rest) {
            pieces.append(rest[..<semicolon])
            rest = rest[(semicolon + 1)...]
        }
        return pieces + [rest]
    }

    /// What section 3.3.10 demands of a rule beside its DTSTART: `UNTIL` in the matching form, and no time parts beside a date.
    private mutating func checkAgainstStart() {
        guard let start = set.start else { return }
        for rule in set.rules + set.exrules where !isFull {
            switch (start, rule.until) {
            case (_, nil), (.date, .date), (.utc, .utc), (.local(_, zone: _?), .utc), (.local(_, zone: nil), .local): break
            case (_, let until?): refuse("UNTIL", until.text, "does not match DTSTART; \(RuleSetParser.untilExpected(of: start))")
            }
            guard case .date = start else { continue }
            for (part, list) in [(RulePart.byHour, rule.byHour), (.byMinute, rule.byMinute), (.bySecond, rule.bySecond)] where !list.isEmpty {
                refuse(part.name, list.map(String.init).joined(separator: ","), "is not allowed when DTSTART is a date without a time")
            }
        }
    }

    private static func untilExpected(of start: RuleDate) -> String {
        switch start {
        case .date: "beside a date it must be a date, as 20301231"
        case .local(_, zone: nil): "beside a local time without TZID it must be such a time, as 20301231T235959"
        case .utc, .local: "beside a time in UTC or with TZID it must be in UTC, as 20301231T235959Z"
        }
    }
}
