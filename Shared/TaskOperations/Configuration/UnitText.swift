/// The text form of an amount in settings: a whole number and its unit.
struct UnitText<Amount: FixedWidthInteger & Sendable>: Sendable {
    /// The units and what they hold of the smallest, the largest first.
    let units: [(suffix: String, size: Amount)]
    /// What stands behind an amount that no unit divides.
    let bare: String

    /// `nil` for another form, a sign, or more than `Amount` holds.
    func parse(_ text: String) -> Amount? {
        let number = text.prefix { $0.isASCII && $0.isNumber }
        let suffix = text.dropFirst(number.count)
        guard let unit = units.first(where: { $0.suffix == suffix }), let count = Digits.integer(number, in: 0...Amount.max) else {
            return nil
        }
        let (amount, overflow) = count.multipliedReportingOverflow(by: unit.size)
        return overflow ? nil : amount
    }

    /// With the largest unit that leaves no fraction.
    func text(_ amount: Amount) -> String {
        guard amount > 0, let unit = units.first(where: { amount.isMultiple(of: $0.size) }) else { return "\(amount)\(bare)" }
        return "\(amount / unit.size)\(unit.suffix)"
    }
}
