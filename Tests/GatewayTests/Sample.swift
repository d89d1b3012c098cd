import Foundation

@testable import gateway

/// A good body as a dictionary, one minute ahead of `now`, for tests that change a field of it.
struct Sample {
    /// Monday, 23 November 2026, 00:00:00 UTC.
    static let now: Int64 = 1_795_392_000

    var fields: [String: Any] = ["start_datetime": Sample.now + 60]
    var metadata: [String: Any] = [
        "auth_header": "Bearer test-credential-0123456789", "title": "Title", "body": "Text", "item_id": "item-1", "created_at": Sample.now - 60,
        "created_by": "teacher", "classroom_id": "classroom", "kind": 1,
    ]

    /// With one field changed, wherever it belongs.
    static func with(_ name: String, _ value: Any) -> Sample {
        var sample = Sample()
        if sample.metadata[name] != nil { sample.metadata[name] = value } else { sample.fields[name] = value }
        return sample
    }

    var bytes: [UInt8] {
        var fields = fields
        fields["notification_metadata"] = metadata
        return Array((try? JSONSerialization.data(withJSONObject: fields)) ?? Data())
    }

    func read() throws -> ReminderBody { try Exchange(body: bytes).read(ReminderBody.type) }
}
