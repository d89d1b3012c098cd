/// One reason why a rule was refused: which part, what stood there, and what may stand there.
public struct RuleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The part's name as in RFC 5545 (`BYHOUR`, `FREQ`; in a set also `DTSTART`, `RDATE` …), or empty for the text as a whole.
    public var part: String
    /// What was given, cut to ``maximumShownLength`` and with control characters escaped, so that it is safe to log.
    public var value: String
    /// What is wrong with it and what is expected.
    public var reason: String

    public init(part: String, value: String, reason: String) {
        self.part = RuleError.shown(part)
        self.value = RuleError.shown(value)
        self.reason = reason
    }

    public var description: String {
        if part.isEmpty { return value.isEmpty ? reason : "\"\(value)\": \(reason)" }
        return value.isEmpty ? "\(part): \(reason)" : "\(part)=\(value): \(reason)"
    }

    /// `text` as an error may repeat it: cut, and without control characters that could forge a log line.
    static func shown(_ text: some StringProtocol) -> String {
        var result = ""
        for (position, scalar) in text.unicodeScalars.enumerated() {
            if position == maximumShownLength { return result + "…" }
            if isPrintable(scalar) { result.unicodeScalars.append(scalar) } else { result += escaped(scalar) }
        }
        return result
    }

    /// As ``shown(_:)`` for a piece of UTF-8; no more of it is decoded than is shown.
    static func shown(_ bytes: TextBytes) -> String {
        let mostBytesPerScalar = 4
        return shown(String(decoding: bytes.prefix((maximumShownLength + 1) * mostBytesPerScalar), as: UTF8.self))
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
    }
}

/// Every fault of a text at once, in the order in which they stand there; never empty.
public struct RuleErrors: Error, Sendable, Hashable, CustomStringConvertible {
    public let first: RuleError
    /// All of them, ``first`` included; at most ``Rule/maximumFaults``.
    public let all: [RuleError]

    init(first: RuleError, rest: some Sequence<RuleError>) {
        self.first = first
        self.all = [first] + rest
    }

    /// Nil when there is nothing to report.
    init?(_ errors: [RuleError]) {
        guard let first = errors.first else { return nil }
        self.init(first: first, rest: errors.dropFirst().prefix(Rule.maximumFaults - 1))
    }

    public var description: String { all.map(\.description).joined(separator: "; ") }
}
