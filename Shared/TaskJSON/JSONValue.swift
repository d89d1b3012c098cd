import Glibc

/// A JSON text (RFC 8259) as a value.
///
/// ```swift
/// let body = try JSONValue(parsing: bytes, maxBytes: 64 << 10)
/// let answer: JSONValue = ["message": "success", "upcoming": [1_795_000_000]]
/// let bytes = answer.bytes()
/// ```
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent that 64 bits hold. `-0` is a `double`, which keeps its sign.
    case integer(Int64)
    /// Any other number, always finite when it was read.
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// What it is, as a message says it: `a string`.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .double: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    public var isNull: Bool { self == .null }

    /// The member of that name where this is an object.
    public subscript(name: String) -> JSONValue? {
        if case .object(let object) = self { object[name] } else { nil }
    }

    /// The whole number that stands here, whether written `2`, `2.0` or `2e0`: for JSON Schema all three are integers.
    public var wholeNumber: Int64? {
        switch self {
        case .integer(let integer): integer
        case .double(let double): Int64(exactly: double)
        default: nil
        }
    }
}

/// The members of a JSON object, in the order in which they stand there.
///
/// Names are compared code unit by code unit (RFC 8259 section 8.3), not as Swift compares strings: a composed and a
/// decomposed `é` are two names.
public struct JSONObject: Sendable, Hashable {
    public struct Member: Sendable, Hashable {
        public let name: String
        public var value: JSONValue

        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var members: [Member]

    public init() { members = [] }

    /// Members whose names are known to differ.
    init(distinct members: [Member]) { self.members = members }

    /// The member of that name. Setting keeps its place, or appends; setting `nil` removes it.
    public subscript(name: String) -> JSONValue? {
        get { place(of: name).map { members[$0].value } }
        set {
            let place = place(of: name)
            switch (place, newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    private func place(of name: String) -> Int? {
        // By place: a member is not copied to look at its name.
        members.indices.first { JSONObject.isSame(members[$0].name, name) }
    }

    static func isSame(_ a: String, _ b: String) -> Bool {
        let count = a.utf8.count
        guard count == b.utf8.count else { return false }
        // Strings of Swift's own lie in one piece; others are compared the slow way.
        let same = a.utf8.withContiguousStorageIfAvailable { a in
            b.utf8.withContiguousStorageIfAvailable { b in
                guard let a = a.baseAddress, let b = b.baseAddress else { return true }
                return memcmp(a, b, count) == 0
            }
        }
        return (same ?? nil) ?? a.utf8.elementsEqual(b.utf8)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Of two members with one name the last one stays.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init()
        for (name, value) in elements { self[name] = value }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
}
