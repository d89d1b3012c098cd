import TaskDomain

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
    /// In milliseconds. A minute is 60 s and a day 24 h: no calendar is involved.
    private static let form = UnitText<Int64>(
        units: [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)], bare: "ms")

    /// `nil` for another form, a sign, or more milliseconds than 64 bits hold.
    static func parse(_ text: String) -> Duration? { form.parse(text).map { .milliseconds($0) } }

    /// With the largest unit that leaves no fraction; what is less than a millisecond is left out.
    static func text(_ duration: Duration) -> String { form.text(duration.wholeMilliseconds) }
}
