public import TaskDomain
internal import TaskJSON

/// What a user of Edvora is to be told.
public struct EdvoraNotification: Sendable, Hashable {
    public var title: String
    public var body: String
    public var image: String
    public var kind: Int64
    public var classroomID: String
    /// Unix seconds.
    public var createdAt: Int64
    public var createdBy: String
    /// The JSON text of a string or a list of strings, passed on as it came.
    public var itemIDJSON: [UInt8]
    public var action: Bool
    public var actionPath: [String]
    public var extraPath: String
    /// To whom; to the whole classroom if empty.
    public var usernames: [String]

    public init(
        title: String, body: String, image: String = "", kind: Int64, classroomID: String, createdAt: Int64,
        createdBy: String, itemIDJSON: [UInt8], action: Bool = false, actionPath: [String] = [],
        extraPath: String = "", usernames: [String] = []
    ) {
        self.title = title
        self.body = body
        self.image = image
        self.kind = kind
        self.classroomID = classroomID
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.itemIDJSON = itemIDJSON
        self.action = action
        self.actionPath = actionPath
        self.extraPath = extraPath
        self.usernames = usernames
    }
}

/// The request by which Edvora takes a notification. Pure: the same notification, the same bytes.
public struct EdvoraRequest: Sendable, Hashable {
    /// Below the base URL.
    public let path: String
    /// JSON.
    public let body: [UInt8]

    public init(_ notification: EdvoraNotification) {
        let isForClassroom = notification.usernames.isEmpty
        path = isForClassroom ? "/notifications/classroom" : "/notifications/users"
        var json = JSONWriter(capacity: 512)
        if isForClassroom {
            json.raw(#"{"classroom_id":"#)
            json.string(notification.classroomID)
            json.raw(#","topic":"#)
            json.string(notification.classroomID)
            json.raw(#","payload":"#)
            Self.payload(of: notification, withClassroom: true, to: &json)
            json.raw(#","usernames":[]}"#)
        } else {
            json.raw(#"{"usernames":"#)
            json.strings(notification.usernames)
            json.raw(#","payload":"#)
            Self.payload(of: notification, withClassroom: false, to: &json)
            json.raw("}")
        }
        body = json.bytes
    }

    /// The whole request, ready for an engine.
    ///
    /// - Parameters:
    ///   - authorization: the caller's `auth_header`, sent verbatim.
    ///   - idempotencyKey: the same for every try at one occurrence, so that the backend can tell a repetition.
    ///   - traceparent: W3C Trace Context; left out if empty.
    ///   - userAgent: `task-scheduler/<version>`.
    public func delivery(
        to base: EdvoraBaseURL, authorization: Secret, idempotencyKey: String, traceparent: String,
        userAgent: String, timeoutMilliseconds: Int
    ) -> DeliveryRequest {
        var headers: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("Idempotency-Key", idempotencyKey),
        ]
        if !traceparent.isEmpty { headers.append(("traceparent", traceparent)) }
        headers.append(("User-Agent", userAgent))
        return DeliveryRequest(
            url: base.appending(path), headers: headers, authorization: authorization, body: body,
            timeoutMilliseconds: timeoutMilliseconds)
    }

    private static func payload(of notification: EdvoraNotification, withClassroom: Bool, to json: inout JSONWriter) {
        json.raw(#"{"title":"#)
        json.string(notification.title)
        json.raw(#","body":"#)
        json.string(notification.body)
        json.raw(#","image":"#)
        json.string(notification.image)
        json.raw(#","kind":"#)
        json.integer(notification.kind)
        if withClassroom {
            json.raw(#","classroom_id":"#)
            json.string(notification.classroomID)
        }
        json.raw(#","created_at":"#)
        json.integer(notification.createdAt)
        json.raw(#","created_by":"#)
        json.string(notification.createdBy)
        json.raw(#","item_id":"#)
        // Nothing at all would not be JSON.
        if notification.itemIDJSON.isEmpty { json.raw(#""""#) } else { json.raw(notification.itemIDJSON) }
        json.raw(#","action":"#)
        json.boolean(notification.action)
        json.raw(#","action_path":"#)
        json.strings(notification.actionPath)
        json.raw(#","extra_path":"#)
        json.string(notification.extraPath)
        json.raw("}")
    }
}
