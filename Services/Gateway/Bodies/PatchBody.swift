import JSON
import Operations

/// The body of `PATCH /reminders/{id}`: a new credential, at the top (`{"auth_header": …}`) or where a create has it
/// (`{"notification_metadata": {"auth_header": …}}`), and in one of the two places only.
struct PatchBody: Sendable {
    let authHeader: Redacted<String>

    static let type = FieldType<PatchBody>.object { fields in
        let help = "the new Authorization header; occurrences held for the old one are released"
        let top = fields.optional("auth_header", .authHeader, help: help, example: "Bearer eyJhbGciOi…")
        let nested = fields.optional("notification_metadata", Nested.type, help: "as in a create")?.authHeader
        fields.check { place in
            if top != nil, nested != nil {
                place.appending("auth_header").refuse("is given twice; notification_metadata has it too")
            }
            if top == nil, nested == nil {
                place.appending("auth_header").refuse("is required; it must be the value of an Authorization header")
            }
        }
        return PatchBody(authHeader: top ?? nested ?? Redacted(""))
    }

    private struct Nested: Sendable {
        let authHeader: Redacted<String>

        static let type = FieldType<Nested>.object { fields in
            Nested(authHeader: fields.required("auth_header", .authHeader, help: "the new Authorization header"))
        }
    }
}
