import TaskJSON

/// Requests that documentation shows; a test sends each of them.
enum Examples {
    private static let notification: JSONValue = [
        "auth_header": "Bearer eyJhbGciOi.example", "title": "Homework", "body": "Page 12 until tomorrow", "item_id": "item-1",
        "created_at": 1_794_990_000, "created_by": "teacher-1", "classroom_id": "classroom-1", "kind": 1
    ]

    static let once: JSONValue = ["rrule": nil, "start_datetime": 1_893_456_000, "notification_metadata": notification]

    static let weekly: JSONValue = [
        "rrule": "FREQ=WEEKLY;BYDAY=MO,WE", "start_datetime": 1_893_456_000, "timezone": "Europe/Berlin",
        "priority": 7, "description": "homework reminder", "notification_metadata": notification
    ]

    static let dateutil: JSONValue = [
        "rrule": ["freq": 2, "interval": 1, "byweekday": [0, 2], "count": 10], "start_datetime": 1_893_456_000,
        "notification_metadata": notification
    ]

    /// As Google's calendar exports it.
    static let setText = """
        DTSTART;TZID=Europe/Berlin:20300107T090000
        RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20300719T215959Z
        EXDATE;VALUE=DATE:20300401,20300422
        RDATE;TZID=Europe/Berlin:20300403T140000

        """

    static let set: JSONValue = ["rrule": .string(setText), "description": "lessons of a term", "notification_metadata": notification]

    static let birthday: JSONValue = [
        "rrule": "DTSTART;VALUE=DATE:19500312\r\nRRULE:FREQ=YEARLY\r\n", "timezone": "Europe/Berlin", "misfire_policy": "skip",
        "notification_metadata": notification
    ]

    static let task: JSONValue = ["task": "worker.log", "kwargs": ["message": "hello"]]

    static let dailyTask: JSONValue = [
        "task": "worker.log", "kwargs": ["message": "good morning"], "rrule": "FREQ=DAILY", "start_datetime": 1_893_456_000,
        "timezone": "Europe/Berlin", "jitter_seconds": 60, "expires_after_seconds": 3600
    ]

    static let previewSet: JSONValue = ["rrule": .string(setText), "count": 5]

    static let preview: JSONValue = [
        "rrule": "FREQ=MONTHLY;BYDAY=-1FR", "start_datetime": 1_893_456_000, "timezone": "America/New_York", "count": 5
    ]
}
