import TaskJSON
import TaskRecurrence

/// The body of `PATCH /reminders/{id}`: a JSON merge patch (RFC 7396) on the fields of the create. What is absent stays,
/// `null` takes a field back to its default. `auth_header` may also stand at the top, beside other fields or alone.
///
/// What the fields may be is checked on the whole that the patch makes, by the type of the create's body.
struct PatchBody: Sendable {
    let members: JSONObject

    static let type = FieldType<PatchBody>(
        expected: "an object with the fields to be changed", placeholder: PatchBody(members: JSONObject()),
        schema: schema
    ) { value, place in
        guard case .object(let object) = value else {
            place.refuse("must be an object with the fields to be changed; it was \(value.kind)")
            return nil
        }
        guard !object.members.isEmpty else {
            place.refuse("changes nothing; it must have a field of the reminder")
            return nil
        }
        let nested = place.appending(metadata).appending(authHeader)
        for (value, place) in [(object[authHeader], place.appending(authHeader)), (object[metadata]?[authHeader], nested)]
        where value == .some(.null) {
            place.refuse("must not be null: a credential can be replaced, but not taken away")
            return nil
        }
        if object[authHeader] != nil, object[metadata]?[authHeader] != nil {
            place.appending(authHeader).refuse("is given twice; notification_metadata has it too")
            return nil
        }
        return PatchBody(members: object)
    }

    static let authHeader = "auth_header", metadata = "notification_metadata"

    /// The new credential and nothing else, which needs no look at the reminder.
    var onlyAuthHeader: JSONValue? {
        guard members.members.count == 1 else { return nil }
        if let value = members[Self.authHeader] { return value }
        guard case .object(let nested)? = members[Self.metadata], nested.members.count == 1 else { return nil }
        return nested[Self.authHeader]
    }

    var hasAuthHeader: Bool { members[Self.authHeader] != nil || members[Self.metadata]?[Self.authHeader] != nil }

    /// The whole with this patch.
    func merged(into whole: JSONObject, isNotification: Bool) -> JSONValue {
        var patch = members
        if isNotification, let value = patch[Self.authHeader] {
            patch[Self.authHeader] = nil
            var nested = JSONObject()
            if case .object(let given)? = patch[Self.metadata] { nested = given }
            nested[Self.authHeader] = value
            patch[Self.metadata] = .object(nested)
        }
        var whole = whole
        if Self.isWholeSet(patch["rrule"]) { for name in Self.setFields { whole[name] = nil } }
        return Self.merge(.object(patch), into: .object(whole))
    }

    /// The parts of a recurrence set beside its rules.
    private static let setFields = ["start_datetime", "timezone", "rdates", "exdates"]

    /// Tells whether it is a text with a DTSTART.
    private static func isWholeSet(_ rule: JSONValue?) -> Bool {
        guard case .string(let text)? = rule, case .success(let set) = RuleSet.parse(text) else { return false }
        return set.start != nil
    }

    /// RFC 7396 section 2.
    private static func merge(_ patch: JSONValue, into target: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = JSONObject()
        if case .object(let object) = target { result = object }
        for change in changes.members {
            // A rule is replaced, not merged: its parts mean something together only.
            let isWhole = change.name == "rrule" || change.name == "kwargs"
            let merged = isWhole ? change.value : merge(change.value, into: result[change.name] ?? .null)
            result[change.name] = change.value.isNull ? JSONValue?.none : merged
        }
        return .object(result)
    }

    /// The create's fields, none of them required.
    @Sendable private static func schema() -> JSONObject {
        var properties = optional(ReminderBody.type.schema())
        let task = optional(TaskBody.type.schema())
        for name in ["args", "kwargs", "classroom_id", "created_by"] { properties[name] = task[name] }
        var credential = FieldType.authHeader.schema()
        credential["description"] = "a new credential, which releases what is held for the old one; it can stand at the top or in its place"
        properties[authHeader] = .object(credential)
        return ["type": "object", "properties": .object(properties), "minProperties": 1, "additionalProperties": false]
    }

    private static func optional(_ schema: JSONObject) -> JSONObject {
        guard case .object(var properties)? = schema["properties"] else { return JSONObject() }
        for member in properties.members {
            guard case .object(var field) = member.value else { continue }
            field["default"] = nil
            if member.name == metadata {
                field["properties"] = .object(optional(field))
                field["required"] = nil
            }
            properties[member.name] = .object(field)
        }
        return properties
    }
}
