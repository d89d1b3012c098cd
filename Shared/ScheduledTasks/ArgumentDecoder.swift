import FoundationEssentials
import TaskJSON

/// Reads a type out of a JSON value. Other than `JSONDecoder` it says of a number too which argument cannot hold it, and
/// it takes no whole number that has lost digits on its way.
///
/// What `JSONEncoder` writes in its own way is read that way: `Data` is Base64, `URL` a string, `Decimal` a number, and a
/// `Date`, as everywhere in this project, unix seconds.
struct ArgumentDecoder: Decoder {
    let value: JSONValue
    var codingPath: [any CodingKey] = []
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw wrong("an object", [String: Any].self) }
        return KeyedDecodingContainer(Named<Key>(object, codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let items) = value else { throw wrong("a list", [Any].self) }
        return Listed(items: items, codingPath: codingPath)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    fileprivate func wrong(_ expected: String, _ type: Any.Type) -> DecodingError {
        let was: String
        switch value {
        case .null: return .valueNotFound(type, .init(codingPath: codingPath, debugDescription: "must not be null"))
        case .integer, .double: was = value.text()
        default: was = value.kind
        }
        return .typeMismatch(type, .init(codingPath: codingPath, debugDescription: "must be \(expected); it was \(was)"))
    }
}

// MARK: Single values

extension ArgumentDecoder: SingleValueDecodingContainer {
    /// The doubles up to here in size are all whole numbers, and no other whole number is read as one of them.
    private static var largestExactDouble: Double { 9_007_199_254_740_992 }

    func decodeNil() -> Bool { value.isNull }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        guard let read = try special(type) else { return try T(from: self) }
        guard let result = read as? T else { throw wrong("of type \(type)", type) }
        return result
    }

    /// - Returns: `nil` for a type that reads itself.
    private func special(_ type: Any.Type) throws -> Any? {
        switch type {
        case is String.Type:
            guard case .string(let text) = value else { throw wrong("a string", type) }
            return text
        case is Bool.Type:
            guard case .bool(let bool) = value else { throw wrong("true or false", type) }
            return bool
        case let type as any FixedWidthInteger.Type: return try whole(type)
        case let type as any BinaryFloatingPoint.Type: return try number(type)
        case is Date.Type: return Date(timeIntervalSince1970: try number(Double.self))
        case is Data.Type: return try text("Base64", type) { Data(base64Encoded: $0) }
        case is URL.Type: return try text("a URL", type) { URL(string: $0) }
        case is Decimal.Type:
            _ = try number(Double.self)
            // From its text: a binary fraction would show in the decimals.
            guard let decimal = Decimal(string: value.text()) else { throw wrong("a number that a Decimal can hold", type) }
            return decimal
        default: return nil
        }
    }

    private func whole<I: FixedWidthInteger>(_ type: I.Type) throws -> I {
        let number: I?
        switch value {
        case .integer(let integer): number = I(exactly: integer)
        case .double(let double) where double.magnitude <= Self.largestExactDouble: number = I(exactly: double)
        case .double: number = nil
        default: throw wrong("a whole number", type)
        }
        guard let number else { throw wrong("a whole number of \(I.min) to \(I.max)", type) }
        return number
    }

    private func number<F: BinaryFloatingPoint>(_ type: F.Type) throws -> F {
        let number: F
        switch value {
        case .integer(let integer): number = F(integer)
        case .double(let double): number = F(double)
        default: throw wrong("a number", type)
        }
        guard number.isFinite else { throw wrong("a number of \(type)'s range", type) }
        return number
    }

    private func text<Result>(_ expected: String, _ type: Any.Type, _ read: (String) -> Result?) throws -> Result {
        guard case .string(let text) = value else { throw wrong("a string", type) }
        guard let result = read(text) else { throw wrong("\(expected) as a string", type) }
        return result
    }
}

// MARK: Containers

/// The members of an object.
private struct Named<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let members: [String: JSONValue]
    let codingPath: [any CodingKey]

    init(_ object: JSONObject, _ codingPath: [any CodingKey]) {
        members = Dictionary(object.members.map { ($0.name, $0.value) }) { _, last in last }
        self.codingPath = codingPath
    }

    var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try at(key).decodeNil() }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try at(key).decode(type) }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key) throws -> KeyedDecodingContainer<Inner> {
        try at(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try at(key).unkeyedContainer() }

    func superDecoder() throws -> any Decoder { at(Place("super"), members["super"] ?? .null) }

    func superDecoder(forKey key: Key) throws -> any Decoder { at(key, members[key.stringValue] ?? .null) }

    private func at(_ key: Key) throws -> ArgumentDecoder {
        guard let value = members[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "is missing"))
        }
        return at(key, value)
    }

    private func at(_ key: any CodingKey, _ value: JSONValue) -> ArgumentDecoder {
        ArgumentDecoder(value: value, codingPath: codingPath + [key])
    }
}

/// The items of a list, one after the other.
private struct Listed: UnkeyedDecodingContainer {
    let items: [JSONValue]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(items: [JSONValue], codingPath: [any CodingKey]) {
        self.items = items
        self.codingPath = codingPath
    }

    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex == items.count }

    mutating func decodeNil() throws -> Bool {
        guard try current(Never?.self).decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try take(type) { try $0.decode(type) } }

    mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) throws -> KeyedDecodingContainer<Inner> {
        try take([String: Any].self) { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try take([Any].self) { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try take(Any.self) { $0 } }

    /// An item that could not be read stays the next one.
    private mutating func take<T>(_ type: Any.Type, _ read: (ArgumentDecoder) throws -> T) throws -> T {
        let result = try read(current(type))
        currentIndex += 1
        return result
    }

    private func current(_ type: Any.Type) throws -> ArgumentDecoder {
        let path = codingPath + [Place(currentIndex)]
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(type, .init(codingPath: path, debugDescription: "is missing"))
        }
        return ArgumentDecoder(value: items[currentIndex], codingPath: path)
    }
}

/// A place in a list, or a name of the decoder's own.
private struct Place: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) { (stringValue, intValue) = (name, nil) }
    init(_ index: Int) { (stringValue, intValue) = ("\(index)", index) }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(intValue) }
}
