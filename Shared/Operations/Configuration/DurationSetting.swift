extension SettingType where Value == Duration {
    /// A whole number and its unit: `500ms`, `10s`, `5m`, `1h`, `30d`.
    /// - Parameter range: both ends in whole milliseconds.
    public static func duration(_ range: ClosedRange<Duration>) -> Self {
        let least = DurationText.text(range.lowerBound), most = DurationText.text(range.upperBound)
        return Self(
            expected: "a duration from \(least) to \(most): a whole number and ms, s, m, h or d, such as 500ms or 10s",
            placeholder: range.lowerBound,
            parse: { text in DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil } })
    }
}

/// The text form of durations in settings.
enum DurationText {
    /// In milliseconds, the largest first. A minute is 60 s and a day 24 h: no calendar is involved.
    static let units: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("ms", 1), ("s", 1_000),
    ]

    /// `nil` for another form, a sign, or more milliseconds than 64 bits hold.
    static func parse(_ text: String) -> Duration? {
        let number = text.prefix { $0.isASCII && $0.isNumber }
        let suffix = text.dropFirst(number.count)
        guard let unit = units.first(where: { $0.suffix == suffix }), let count = Digits.integer(number, in: 0...Int64.max)
        else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        return overflow ? nil : .milliseconds(milliseconds)
    }

    /// With the largest unit that leaves no fraction.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        let largestFirst = units.sorted { $0.milliseconds > $1.milliseconds }
        guard milliseconds > 0, let unit = largestFirst.first(where: { milliseconds.isMultiple(of: $0.milliseconds) })
        else { return "\(milliseconds)ms" }
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}
