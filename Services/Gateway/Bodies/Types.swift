import TaskDomain
import TaskJSON
import TaskOperations
import TaskRecurrence

/// The types of the fields that nearly every create has, made once: each is a handful of closures.
enum CommonTypes {
    static let unixSeconds = FieldType<Int64>.instant(ReminderLimits.unixSeconds)
    static let scheduleSeconds = FieldType<Int64>.instant(ReminderLimits.scheduleSeconds)
    static let kind = FieldType<Int64>.integer(Bounds.exactIntegers)
    static let authHeader = FieldType<Secret>.authHeader
    static let title = FieldType<String>.string(Bounds.title)
    static let body = FieldType<String>.string(Bounds.body)
    static let link = FieldType<String>.string(Bounds.link)
    static let identifier = FieldType<String>.string(Bounds.identifier)
    static let classroom = FieldType<String>.string(Bounds.classroom)
    static let itemID = FieldType<ItemID>.itemID
    static let rule = FieldType<RuleSet>.rule
}

extension FieldType where Value == Int64 {
    /// An instant of what happens here.
    static var unixSeconds: Self { CommonTypes.unixSeconds }
    /// An instant of a schedule, which may lie far back.
    static var scheduleSeconds: Self { CommonTypes.scheduleSeconds }

    /// Unix seconds. A number of another unit is refused with the guess which.
    fileprivate static func instant(_ range: ClosedRange<Int64>) -> Self {
        let plain = FieldType.integer(range, called: "unix seconds")
        return Self(expected: plain.expected, placeholder: range.lowerBound, schema: plain.schema) { value, place in
            guard let number = value.wholeNumber, let guess = UnixSeconds.guess(number) else { return plain.read(value, at: place) }
            place.refuse("must be \(plain.expected); \(guess)")
            return nil
        }
    }
}

extension FieldType where Value == MisfirePolicy {
    static var misfirePolicy: Self {
        .oneOf(MisfirePolicy.allCases.map { ($0.name, $0) })
    }
}

extension FieldType where Value == Secret {
    /// The value of an `Authorization` header (RFC 9110 section 11.6.2): ASCII, so that no line break or other control
    /// character can begin another header.
    static var authHeader: Self {
        FieldType<String>.string(ReminderLimits.authorizationBytes).map(
            expected: "the value of an Authorization header", placeholder: Secret(""),
            schema: { $0["pattern"] = "^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$" }
        ) { text, place in
            let isPrintable = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            guard isPrintable, text.utf8.first != 0x20, text.utf8.last != 0x20 else {
                place.refuse(
                    "must be printable ASCII without a line break or other control character, and without blanks around it")
                return nil
            }
            return Secret(text)
        }
    }
}

extension FieldType where Value == String {
    /// The name of a queue, as `WORKER_QUEUES` takes it, or of a task.
    static var name: Self {
        FieldType<String>.string(TaskName.length).map(
            placeholder: "", schema: { $0["pattern"] = .string(TaskName.pattern) }
        ) { text, place in
            if TaskName.isValid(text) { return text }
            place.refuse("must be \(TaskName.characters)")
            return nil
        }
    }
}

extension FieldType where Value == JSONValue {
    /// Whatever JSON there is.
    static var anything: Self {
        Self(expected: "any JSON", placeholder: .null, schema: { [:] }) { value, _ in value }
    }
}

extension FieldType where Value == JSONObject {
    /// An object with any members.
    static func anyObject(_ count: ClosedRange<Int>) -> Self {
        let expected = "an object of at most \(count.upperBound) members"
        return Self(
            expected: expected, placeholder: JSONObject(),
            schema: { ["type": "object", "maxProperties": .integer(Int64(count.upperBound))] }
        ) { value, place in
            guard case .object(let object) = value, count.contains(object.members.count) else {
                place.refuse("must be \(expected); it was \(value.kind)")
                return nil
            }
            return object
        }
    }
}

/// A time zone and the name that it was asked for by.
struct NamedZone: Sendable {
    let name: String
    let zone: Zone

    static let utc = NamedZone(name: Defaults.timezone, zone: .utc)
}

extension NamedZone {
    init(_ zone: Zone) { self.init(name: zone.identifier, zone: zone) }
}

extension FieldType where Value == NamedZone {
    static var timezone: Self {
        FieldType<String>.string(ReminderLimits.timezoneLength).map(
            expected: "the name of a time zone, such as Europe/Berlin", placeholder: .utc
        ) { name, place in
            do throws(ZoneError) {
                return NamedZone(name: name, zone: try Zone(identifier: name))
            } catch {
                place.refuse("\(error)")
                return nil
            }
        }
    }
}

/// `item_id`: a string or a list of strings, kept as the JSON text that it is, since it is passed on as it came.
struct ItemID: Sendable {
    let json: [UInt8]
}

extension FieldType where Value == ItemID {
    static var itemID: Self {
        let single = FieldType<String>.string(Bounds.identifier)
        let list = FieldType<[String]>.list(of: single, Bounds.itemIDs)
        return Self(
            expected: "a string or a list of strings", placeholder: ItemID(json: []),
            schema: { ["anyOf": [.object(single.schema()), .object(list.schema())]] },
            read: { value, place in
                switch value {
                case .string: single.read(value, at: place).map { _ in ItemID(json: value.bytes()) }
                case .array: list.read(value, at: place).map { _ in ItemID(json: value.bytes()) }
                default: refuse(value, place)
                }
            })
    }

    private static func refuse(_ value: JSONValue, _ place: JSONPlace) -> ItemID? {
        place.refuse("must be a string or a list of strings; it was \(value.kind)")
        return nil
    }
}
