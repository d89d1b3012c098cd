extension SettingType where Value == Int {
    /// An amount of memory in bytes, as a whole number and its unit: `512KiB`, `64MiB`, `1GiB`.
    /// - Parameter range: both ends in whole KiB.
    public static func size(_ range: ClosedRange<Int>) -> Self {
        let least = SizeText.form.text(range.lowerBound), most = SizeText.form.text(range.upperBound)
        return Self(
            expected: "a size from \(least) to \(most): a whole number and KiB, MiB or GiB, such as 64MiB",
            placeholder: range.lowerBound,
            parse: { text in SizeText.form.parse(text).flatMap { range.contains($0) ? $0 : nil } })
    }
}

/// The text form of sizes in settings.
enum SizeText {
    /// In bytes.
    static let form = UnitText<Int>(units: [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)], bare: " bytes")
}
