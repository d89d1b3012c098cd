/// What a field may be: how its value is read, the words that say what is expected, and its JSON Schema.
public struct FieldType<Value: Sendable>: Sendable {
    private let words: @Sendable () -> String
    /// The JSON Schema (2020-12) of exactly what `read` takes, as far as a schema can say it.
    public let schema: @Sendable () -> JSONObject
    /// A value to carry on with after a fault, so that one pass over a body finds them all. It is never used.
    @usableFromInline let placeholder: Value
    private let reader: @Sendable (JSONValue, JSONPlace) -> Value?

    /// - Parameter read: `nil` if it has refused the value, at the place given or below it.
    public init(
        expected: @autoclosure @escaping @Sendable () -> String, placeholder: Value, schema: @escaping @Sendable () -> JSONObject,
        read: @escaping @Sendable (JSONValue, JSONPlace) -> Value?
    ) {
        words = expected
        self.placeholder = placeholder
        self.schema = schema
        reader = read
    }

    /// Completes "it must be …".
    public var expected: String { words() }

    /// Reads a value; `nil` if it was refused, and the place's faults then say why.
    public func read(_ value: JSONValue, at place: JSONPlace) -> Value? { reader(value, place) }

    /// A narrower type: `convert` gives `nil` for what it refuses, having said why at the place.
    public func map<Other>(
        expected: String? = nil, placeholder: Other, schema change: @escaping @Sendable (inout JSONObject) -> Void = { _ in },
        _ convert: @escaping @Sendable (Value, JSONPlace) -> Other?
    ) -> FieldType<Other> {
        FieldType<Other>(
            expected: expected ?? self.expected, placeholder: placeholder,
            schema: { [schema] in
                var result = schema()
                change(&result)
                return result
            },
            read: { [reader] value, place in reader(value, place).flatMap { convert($0, place) } })
    }
}

extension FieldType where Value == Bool {
    public static var boolean: Self {
        Self(expected: "true or false", placeholder: false, schema: { ["type": "boolean"] }) { value, place in
            if case .bool(let bool) = value { return bool }
            place.refuse("must be true or false; it was \(value.kind)")
            return nil
        }
    }
}

extension FieldType where Value == Int64 {
    /// A whole number, whether written `2` or `2.0`.
    public static func integer(_ range: ClosedRange<Int64>, called name: String = "a whole number") -> Self {
        @Sendable func expected() -> String { "\(name) from \(range.lowerBound) to \(range.upperBound)" }
        return Self(
            expected: expected(), placeholder: range.lowerBound,
            schema: {
                ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
            },
            read: { value, place in
                if let number = value.wholeNumber, range.contains(number) { return number }
                place.refuse("must be \(expected()); it was \(Self.shown(value))")
                return nil
            })
    }

    /// Numbers are shown; anything else only by its kind.
    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .integer(let integer): String(integer)
        case .double(let double): String(double)
        default: value.kind
        }
    }
}

extension FieldType where Value == String {
    /// Text of that many characters (Unicode scalars, as JSON Schema counts) without U+0000.
    public static func string(_ length: ClosedRange<Int>) -> Self {
        @Sendable func expected() -> String {
            length.lowerBound == 0
                ? "a string of at most \(length.upperBound) characters"
                : "a string of \(length.lowerBound) to \(length.upperBound) characters"
        }
        return Self(
            expected: expected(), placeholder: "",
            schema: {
                var schema: JSONObject = ["type": "string"]
                if length.lowerBound > 0 { schema["minLength"] = .integer(Int64(length.lowerBound)) }
                schema["maxLength"] = .integer(Int64(length.upperBound))
                schema["pattern"] = "^[^\\u0000]*$"
                return schema
            },
            read: { value, place in
                guard case .string(let text) = value else {
                    place.refuse("must be \(expected()); it was \(value.kind)")
                    return nil
                }
                guard !text.utf8.contains(0) else {
                    place.refuse("must not hold the character U+0000")
                    return nil
                }
                // Counting is needed only where the bytes do not decide it.
                let count = length.contains(text.utf8.count) && length.lowerBound <= 1
                    ? text.utf8.count : text.unicodeScalars.count
                guard length.contains(count) else {
                    place.refuse("must be \(expected()); it had \(count)")
                    return nil
                }
                return text
            })
    }
}

extension FieldType {
    /// One of a few names.
    public static func oneOf(_ choices: [(name: String, value: Value)]) -> Self {
        precondition(!choices.isEmpty, "a choice among nothing")
        @Sendable func expected() -> String { "one of " + choices.map { "\"\($0.name)\"" }.joined(separator: ", ") }
        return Self(
            expected: expected(), placeholder: choices[0].value,
            schema: { ["type": "string", "enum": .array(choices.map { .string($0.name) })] },
            read: { value, place in
                guard case .string(let text) = value else {
                    place.refuse("must be \(expected()); it was \(value.kind)")
                    return nil
                }
                if let choice = choices.first(where: { JSONObject.isSame($0.name, text) }) { return choice.value }
                place.refuse("must be \(expected())")
                return nil
            })
    }

    /// A list; each fault is reported at its item.
    public static func list<Item>(of item: FieldType<Item>, _ count: ClosedRange<Int>) -> Self where Value == [Item] {
        @Sendable func expected() -> String {
            let bounds = count.lowerBound == 0 ? "at most \(count.upperBound)" : "\(count.lowerBound) to \(count.upperBound)"
            return "a list of \(bounds) items, each \(item.expected)"
        }
        return Self(
            expected: expected(), placeholder: [],
            schema: {
                var schema: JSONObject = ["type": "array", "items": .object(item.schema())]
                if count.lowerBound > 0 { schema["minItems"] = .integer(Int64(count.lowerBound)) }
                schema["maxItems"] = .integer(Int64(count.upperBound))
                return schema
            },
            read: { value, place in
                guard case .array(let values) = value else {
                    place.refuse("must be \(expected()); it was \(value.kind)")
                    return nil
                }
                guard count.contains(values.count) else {
                    place.refuse("must be \(expected()); it had \(values.count)")
                    return nil
                }
                let items = values.enumerated().map { item.read($1, at: place.appending($0)) }
                let good = items.compactMap { $0 }
                return good.count == items.count ? good : nil
            })
    }

    /// An object whose fields are read and declared by one list. See ``FieldReader``.
    public static func object(_ fields: @escaping @Sendable (inout FieldReader) -> Value) -> Self {
        var sample = FieldReader(JSONObject(), at: JSONPlace(JSONFaults()), isDeclaring: true)
        let placeholder = fields(&sample)
        let declared = sample.declared
        return Self(
            expected: "an object", placeholder: placeholder, schema: { schema(of: declared) },
            read: { value, place in
                guard case .object(let object) = value else {
                    place.refuse("must be an object; it was \(value.kind)")
                    return nil
                }
                let before = place.faults.count
                var reader = FieldReader(object, at: place)
                let result = fields(&reader)
                reader.finish()
                return place.faults.count == before ? result : nil
            })
    }

    private static func schema(of declared: [FieldReader.Declared]) -> JSONObject {
        var properties = JSONObject()
        for field in declared { properties[field.name] = .object(field.schema) }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        let required = declared.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["additionalProperties"] = false
        return schema
    }
}
