// Generated from Shared/Protos/notifier.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos
public import Domain

extension Proto {
    /// The arguments of the task `edvora.notification`.
    public struct Notification: WireMessage, Hashable {
        public var title: String = ""
        public var body: String = ""
        public var image: String = ""
        public var kind: Int64 = 0
        public var classroomId: String = ""
        /// unix seconds
        public var createdAt: Int64 = 0
        public var createdBy: String = ""
        /// the JSON text of a string or a list of strings, passed on as it came
        public var itemIdJson: [UInt8] = []
        public var action: Bool = false
        public var actionPath: [String] = []
        public var extraPath: String = ""
        public var usernames: [String] = []
        /// The fields that it came with and this build does not know; they are not in what is packed.
        public private(set) var unknownFields = UnknownFields()

        public init(title: String = "", body: String = "", image: String = "", kind: Int64 = 0, classroomId: String = "", createdAt: Int64 = 0, createdBy: String = "", itemIdJson: [UInt8] = [], action: Bool = false, actionPath: [String] = [], extraPath: String = "", usernames: [String] = []) {
            self.title = title
            self.body = body
            self.image = image
            self.kind = kind
            self.classroomId = classroomId
            self.createdAt = createdAt
            self.createdBy = createdBy
            self.itemIdJson = itemIdJson
            self.action = action
            self.actionPath = actionPath
            self.extraPath = extraPath
            self.usernames = usernames
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__Notification>) throws(MessageError) {
            title = Arena.string(c.pointee.title)
            body = Arena.string(c.pointee.body)
            image = Arena.string(c.pointee.image)
            kind = c.pointee.kind
            classroomId = Arena.string(c.pointee.classroom_id)
            createdAt = c.pointee.created_at
            createdBy = Arena.string(c.pointee.created_by)
            itemIdJson = Arena.bytes(c.pointee.item_id_json)
            action = c.pointee.action != 0
            actionPath = Arena.strings(c.pointee.action_path, c.pointee.n_action_path)
            extraPath = Arena.string(c.pointee.extra_path)
            usernames = Arena.strings(c.pointee.usernames, c.pointee.n_usernames)
            unknownFields = UnknownFields(areAny: c.pointee.base.n_unknown_fields > 0)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__Notification>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__notification__init(c)
            if !title.isEmpty { c.pointee.title = try arena.put(title) }
            if !body.isEmpty { c.pointee.body = try arena.put(body) }
            if !image.isEmpty { c.pointee.image = try arena.put(image) }
            c.pointee.kind = kind
            if !classroomId.isEmpty { c.pointee.classroom_id = try arena.put(classroomId) }
            c.pointee.created_at = createdAt
            if !createdBy.isEmpty { c.pointee.created_by = try arena.put(createdBy) }
            if !itemIdJson.isEmpty { c.pointee.item_id_json = try arena.put(itemIdJson) }
            c.pointee.action = action ? 1 : 0
            (c.pointee.action_path, c.pointee.n_action_path) = try arena.put(strings: actionPath)
            if !extraPath.isEmpty { c.pointee.extra_path = try arena.put(extraPath) }
            (c.pointee.usernames, c.pointee.n_usernames) = try arena.put(strings: usernames)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__Notification>) -> Int { task_scheduler__v1__notification__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__Notification>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__notification__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__Notification>? {
            task_scheduler__v1__notification__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct DeliverRequest: WireMessage, Hashable {
        public var idempotencyKey: String = ""
        public var authorization: Secret = ""
        /// a packed Notification
        public var notification: [UInt8] = []
        public var traceparent: String = ""

        public init(idempotencyKey: String = "", authorization: Secret = "", notification: [UInt8] = [], traceparent: String = "") {
            self.idempotencyKey = idempotencyKey
            self.authorization = authorization
            self.notification = notification
            self.traceparent = traceparent
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__DeliverRequest>) throws(MessageError) {
            idempotencyKey = Arena.string(c.pointee.idempotency_key)
            authorization = Secret(Arena.string(c.pointee.authorization))
            notification = Arena.bytes(c.pointee.notification)
            traceparent = Arena.string(c.pointee.traceparent)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__DeliverRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__deliver_request__init(c)
            if !idempotencyKey.isEmpty { c.pointee.idempotency_key = try arena.put(idempotencyKey) }
            if !authorization.isEmpty { c.pointee.authorization = try arena.put(authorization.value) }
            if !notification.isEmpty { c.pointee.notification = try arena.put(notification) }
            if !traceparent.isEmpty { c.pointee.traceparent = try arena.put(traceparent) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__DeliverRequest>) -> Int { task_scheduler__v1__deliver_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__DeliverRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__deliver_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__DeliverRequest>? {
            task_scheduler__v1__deliver_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

extension Proto {
    public struct DeliverReply: WireMessage, Hashable {
        /// OUTCOME_DELIVERED to OUTCOME_AUTH_REJECTED, or OUTCOME_UNSENT
        public var outcome: Outcome
        public var statusCode: UInt32 = 0
        /// of OUTCOME_UNSENT: for so long nothing can be sent; 0: said of this request only
        public var retryAfterMs: UInt32 = 0
        public var startedAtMs: Int64 = 0
        public var durationUs: Int64 = 0
        public var detail: String = ""

        public init(outcome: Outcome, statusCode: UInt32 = 0, retryAfterMs: UInt32 = 0, startedAtMs: Int64 = 0, durationUs: Int64 = 0, detail: String = "") {
            self.outcome = outcome
            self.statusCode = statusCode
            self.retryAfterMs = retryAfterMs
            self.startedAtMs = startedAtMs
            self.durationUs = durationUs
            self.detail = detail
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__DeliverReply>) throws(MessageError) {
            outcome = try Outcome(number: c.pointee.outcome.rawValue, in: "DeliverReply.outcome")
            statusCode = c.pointee.status_code
            retryAfterMs = c.pointee.retry_after_ms
            startedAtMs = c.pointee.started_at_ms
            durationUs = c.pointee.duration_us
            detail = Arena.string(c.pointee.detail)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__DeliverReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__deliver_reply__init(c)
            c.pointee.outcome = .init(rawValue: outcome.rawValue)
            c.pointee.status_code = statusCode
            c.pointee.retry_after_ms = retryAfterMs
            c.pointee.started_at_ms = startedAtMs
            c.pointee.duration_us = durationUs
            if !detail.isEmpty { c.pointee.detail = try arena.put(detail) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__DeliverReply>) -> Int { task_scheduler__v1__deliver_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__DeliverReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__deliver_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__DeliverReply>? {
            task_scheduler__v1__deliver_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}

/// What a worker asks of a notifier.
public enum NotifierService {
    /// protobuf-c's descriptor: servers build their dispatch table from it.
    public static var descriptor: ServiceDescriptor { ServiceDescriptor(task_scheduler__v1__notifier__descriptor) }
    public static var deliver: UnaryMethod<Proto.DeliverRequest, Proto.DeliverReply> { .init(index: 0, path: "task_scheduler.v1.Notifier/Deliver") }
}
