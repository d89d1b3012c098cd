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
    /// The traits of its members' names.
    private let traits: NameTraits
    @usableFromInline let place: JSONPlace
    private let isDeclaring: Bool
    private var names: [String] = []
    /// Members that a field of the list has taken.
    private var taken = 0
    private(set) var declared: [Declared] = []

    init(_ object: JSONObject, at place: JSONPlace, isDeclaring: Bool = false) {
        self.object = object
        traits = NameTraits(object)
        self.place = place.shared
        self.isDeclaring = isDeclaring
        names.reserveCapacity(32)
    }

    // MARK: For bodies
    //
    // A body is read on the path of every create, so types, defaults and examples are made only where they are used,
    // and these functions are specialised where they are called.

    /// A field that must be there.
    @inlinable
    public mutating func required<Value>(
        _ name: String, _ type: @autoclosure () -> FieldType<Value>, help: String,
        example: @autoclosure () -> JSONValue? = nil
    ) -> Value {
        guard let member = member(name, { Declared(name, type(), isRequired: true, help, example()) }) else {
            let type = type()
            place.appending(name).refuse("is required; it must be \(type.expected)")
            return type.placeholder
        }
        let type = type()
        return type.read(member, at: place.appending(name)) ?? type.placeholder
    }

    /// A field that may be absent.
    @inlinable
    public mutating func optional<Value>(
        _ name: String, _ type: @autoclosure () -> FieldType<Value>, help: String,
        example: @autoclosure () -> JSONValue? = nil
    ) -> Value? {
        guard let member = member(name, { Declared(name, type(), isRequired: false, help, example()) }) else { return nil }
        return type().read(member, at: place.appending(name))
    }

    /// A field with a default, which is what its absence means.
    /// - Parameter documented: the default as documentation shows it.
    @inlinable
    public mutating func value<Value>(
        _ name: String, _ type: @autoclosure () -> FieldType<Value>, default fallback: @autoclosure () -> Value,
        documented: @autoclosure () -> JSONValue, help: String, example: @autoclosure () -> JSONValue? = nil
    ) -> Value {
        guard
            let member = member(
                name, { Declared(name, type(), isRequired: false, help, example(), fallback: documented()) })
        else { return fallback() }
        return type().read(member, at: place.appending(name)) ?? fallback()
    }

    /// The value that a field was given, whether or not it was good; `nil` where it is absent or null.
    public func given(_ name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    /// Refuses a field of the list for what it is beside others.
    public func refuse(_ name: String, _ detail: String) {
        if !isDeclaring { place.appending(name).refuse(detail) }
    }

    /// A rule over several fields. It is looked at only if no fault was found before.
    public mutating func check(_ rule: (JSONPlace) -> Void) {
        guard place.faults.isEmpty, !isDeclaring else { return }
        rule(place)
    }

    /// The member of that name, unless it is absent or null.
    @usableFromInline
    mutating func member(_ name: String, _ field: () -> Declared) -> JSONValue? {
        names.append(name)
        if isDeclaring { declared.append(field()) }
        guard traits.mayHold(name), let member = object[name] else { return nil }
        taken += 1
        // Not `nil`, which beside a value would be JSON's null.
        return member.isNull ? JSONValue?.none : member
    }

    // MARK: The end

    /// Refuses what the list did not name.
    func finish() {
        // Names are distinct in an object and in a list, so as many as were taken are known.
        guard taken < object.members.count else { return }
        for member in object.members where !names.contains(where: { JSONObject.isSame($0, member.name) }) {
            place.appending(member.name).refuse("is not a known field")
        }
    }
}

/// Which lengths and first letters the names of an object's members have. Most fields of a list are absent from most objects, and
/// for nearly all of those this tells it without a look at each member.
private struct NameTraits {
    private var bits: UInt64 = 0

    init(_ object: JSONObject) {
        for place in object.members.indices { bits |= Self.bit(object.members[place].name) }
    }

    func mayHold(_ name: String) -> Bool { bits & Self.bit(name) != 0 }

    private static func bit(_ name: String) -> UInt64 {
        1 << UInt64(truncatingIfNeeded: (name.utf8.count &* 29 &+ Int(name.utf8.first ?? 0)) & 63)
    }
}

extension FieldReader.Declared {
    @usableFromInline
    init<Value>(
        _ name: String, _ type: FieldType<Value>, isRequired: Bool, _ help: String, _ example: JSONValue?,
        fallback: JSONValue? = nil
    ) {
        var schema = type.schema()
        schema["description"] = .string(help)
        if let fallback { schema["default"] = fallback }
        if let example { schema["examples"] = [example] }
        self.init(name: name, isRequired: isRequired, schema: isRequired ? schema : schema.orNull)
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
