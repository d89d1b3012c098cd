extension SettingType where Value == Int {
    /// An amount of memory in bytes, as a whole number and its unit: `512KiB`, `64MiB`, `1GiB`.
    /// - Parameter range: both ends in whole KiB.
    public static func size(_ range: ClosedRange<Int>) -> Self {
        let least = SizeText.text(range.lowerBound), most = SizeText.text(range.upperBound)
        return Self(
            expected: "a size from \(least) to \(most): a whole number and KiB, MiB or GiB, such as 64MiB",
            placeholder: range.lowerBound,
            parse: { text in SizeText.parse(text).flatMap { range.contains($0) ? $0 : nil } })
    }
}

/// The text form of sizes in settings.
enum SizeText {
    /// In bytes, the largest first.
    static let units: [(suffix: String, bytes: Int)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]

    /// `nil` for another form, a sign, or more bytes than 63 bits hold.
    static func parse(_ text: String) -> Int? {
        let number = text.prefix { $0.isASCII && $0.isNumber }
        let suffix = text.dropFirst(number.count)
        guard let unit = units.first(where: { $0.suffix == suffix }), let count = Digits.integer(number, in: 0...Int.max) else {
            return nil
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// With the largest unit that leaves no fraction.
    static func text(_ bytes: Int) -> String {
        guard let unit = units.first(where: { bytes.isMultiple(of: $0.bytes) }) else { return "\(bytes) bytes" }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
