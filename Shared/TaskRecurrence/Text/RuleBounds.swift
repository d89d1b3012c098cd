/// The bounds of what the text side reads. Every one is generous: no rule or set that prints itself exceeds them.
extension Rule {
    /// Most UTF-8 bytes of one rule's text. A rule with every list at its fullest prints under 12,000.
    public static let maximumTextLength = 16_384
    /// Most entries of one list as written, repeats included. The fullest list without repeats, `BYDAY`, has 749.
    public static let maximumListLength = 1_024
    /// Largest `INTERVAL`. The grammar sets none; past the engine's horizon such a rule simply has no second period.
    public static let maximumInterval = Int.max
    /// Largest `COUNT`: 64 bits.
    public static let maximumCount = Int.max
    /// Most faults reported for one text or object; the rest are left out.
    public static let maximumFaults = 32
}

extension RuleSet {
    /// Most UTF-8 bytes of a set's text, line folding included.
    public static let maximumTextLength = 1_048_576
    /// Most `RRULE` and `EXRULE` lines together.
    public static let maximumRules = 16
    /// Most dates of `RDATE`, and as many of `EXDATE`.
    public static let maximumDates = 10_000
    /// Most UTF-8 bytes of a `TZID`.
    public static let maximumZoneLength = 255
}

extension RuleError {
    /// Most Unicode scalars of a refused value (or unknown name) that an error repeats.
    public static let maximumShownLength = 64
}
