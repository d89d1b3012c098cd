/// Reads the members of an object, all of them, into values that cannot hold what is not allowed.
///
/// A body lists its fields where it reads them; that list is also its JSON Schema:
///
/// ```swift
/// struct Greeting {
///     let name: String
///     let times: Int64
///
///     static let type = FieldType<Greeting>.object { fields in
///         Greeting(
///             name: fields.required("name", .string(1...100), help: "who is greeted"),
///             times: fields.value("times", .integer(1...9), default: 1, help: "how often"))
///     }
/// }
/// let faults = JSONFaults()
/// let greeting = Greeting.type.read(body, at: JSONPlace(faults))     // nil: `faults` says why
/// ```
///
/// A fault does not end the reading: it is noted, a placeholder takes its place, and the whole is refused afterwards. A
/// member that is null is as one that is absent. A member that the list does not know is a fault.
public struct FieldReader {
    /// A field as documentation shows it.
    public struct Declared: Sendable {
        public let name: String
        public let isRequired: Bool
        public let schema: JSONObject
    }

    private let object: JSONObject
    private let place: JSONPlace
    private let isDeclaring: Bool
    private var names: [String] = []
    private(set) var declared: [Declared] = []

    init(_ object: JSONObject, at place: JSONPlace, isDeclaring: Bool = false) {
        self.object = object
        self.place = place
        self.isDeclaring = isDeclaring
    }

    // MARK: For bodies

    /// A field that must be there.
    public mutating func required<Value>(
        _ name: String, _ type: FieldType<Value>, help: String, example: JSONValue? = nil
    ) -> Value {
        declare(name, type, isRequired: true, help, example)
        guard let member = object[name], !member.isNull else {
            place.appending(name).refuse("is required; it must be \(type.expected)")
            return type.placeholder
        }
        return type.read(member, at: place.appending(name)) ?? type.placeholder
    }

    /// A field that may be absent.
    public mutating func optional<Value>(
        _ name: String, _ type: FieldType<Value>, help: String, example: JSONValue? = nil
    ) -> Value? {
        declare(name, type, isRequired: false, help, example)
        guard let member = object[name], !member.isNull else { return nil }
        return type.read(member, at: place.appending(name))
    }

    /// A field with a default, which is what its absence means.
    /// - Parameter documented: the default as documentation shows it.
    public mutating func value<Value>(
        _ name: String, _ type: FieldType<Value>, default fallback: Value, documented: JSONValue, help: String,
        example: JSONValue? = nil
    ) -> Value {
        declare(name, type, isRequired: false, help, example, fallback: documented)
        guard let member = object[name], !member.isNull else { return fallback }
        return type.read(member, at: place.appending(name)) ?? fallback
    }

    /// A rule over several fields. It is looked at only if no fault was found before.
    public mutating func check(_ rule: (JSONPlace) -> Void) {
        guard place.faults.isEmpty, !isDeclaring else { return }
        rule(place)
    }

    // MARK: The end

    /// Refuses what the list did not name.
    func finish() {
        for member in object.members where !names.contains(where: { JSONObject.isSame($0, member.name) }) {
            place.appending(member.name).refuse("is not a known field")
        }
    }

    private mutating func declare<Value>(
        _ name: String, _ type: FieldType<Value>, isRequired: Bool, _ help: String, _ example: JSONValue?,
        fallback: JSONValue? = nil
    ) {
        names.append(name)
        guard isDeclaring else { return }
        var schema = type.schema()
        schema["description"] = .string(help)
        if let fallback { schema["default"] = fallback }
        if let example { schema["examples"] = [example] }
        declared.append(Declared(name: name, isRequired: isRequired, schema: isRequired ? schema : schema.orNull))
    }
}

extension JSONObject {
    /// The JSON Schema that also takes null.
    fileprivate var orNull: JSONObject {
        var result = self
        if case .string(let type)? = self["type"] {
            result["type"] = [.string(type), "null"]
            if case .array(let values)? = self["enum"] { result["enum"] = .array(values + [.null]) }
            return result
        }
        guard case .array(let choices)? = self["anyOf"] else { return result }
        result["anyOf"] = .array(choices + [["type": "null"]])
        return result
    }
}
