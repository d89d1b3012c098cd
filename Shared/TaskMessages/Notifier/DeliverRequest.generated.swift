// Generated from Shared/Protos/notifier.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos
public import TaskDomain

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
