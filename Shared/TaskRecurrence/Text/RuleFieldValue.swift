/// A JSON value as the object form of a rule needs it, so that this module stands on no JSON library.
public enum RuleFieldValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([RuleFieldValue])
    /// Members in the order in which they stand there.
    case object([(String, RuleFieldValue)])

    var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The whole number that stands here, whether written `2` or `2.0`.
    var wholeNumber: Int? {
        switch self {
        case .integer(let integer): Int(exactly: integer)
        case .number(let number): RuleFieldValue.wholeNumber(number)
        default: nil
        }
    }

    /// `Int(exactly:)` without the rounding functions of libm, which a program that imports nothing does not link.
    private static func wholeNumber(_ number: Double) -> Int? {
        let beyondInt = 0x1p63
        guard number >= -beyondInt, number < beyondInt else { return nil }
        let integer = Int(number)
        return Double(integer) == number ? integer : nil
    }

    /// How an error repeats it.
    var shown: String {
        switch self {
        case .null: "null"
        case .bool(let bool): String(bool)
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        case .string(let string): "\"" + RuleError.shown(string) + "\""
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// One fault of the object form.
public struct RuleFieldFault: Sendable, Hashable, CustomStringConvertible {
    /// The way to the culprit from the object, as the segments of a JSON pointer: `["byweekday", "0"]`.
    public var path: [String]
    /// What was wrong and what is expected.
    public var detail: String

    public init(path: [String], detail: String) {
        self.path = path
        self.detail = detail
    }

    public var description: String { "/" + path.joined(separator: "/") + ": " + detail }
}

/// Every fault of an object at once; never empty and at most ``Rule/maximumFaults``.
public struct RuleFieldFaults: Error, Sendable, Hashable, CustomStringConvertible {
    public let all: [RuleFieldFault]

    public var description: String { all.map(\.description).joined(separator: "; ") }
}
