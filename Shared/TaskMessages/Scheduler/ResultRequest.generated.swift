// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ResultRequest: WireMessage, Hashable {
        public var id: [UInt8] = []
        /// unix seconds; absent: the schedule's start
        public var scheduledAt: Int64? = nil
        /// not empty: only if the reminder is this caller's
        public var caller: String = ""

        public init(id: [UInt8] = [], scheduledAt: Int64? = nil, caller: String = "") {
            self.id = id
            self.scheduledAt = scheduledAt
            self.caller = caller
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ResultRequest>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            if c.pointee._scheduled_at_case == TASK_SCHEDULER__V1__RESULT_REQUEST___SCHEDULED_AT_SCHEDULED_AT { scheduledAt = c.pointee.scheduled_at }
            caller = Arena.string(c.pointee.caller)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ResultRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__result_request__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            if let scheduledAt { (c.pointee._scheduled_at_case, c.pointee.scheduled_at) = (TASK_SCHEDULER__V1__RESULT_REQUEST___SCHEDULED_AT_SCHEDULED_AT, scheduledAt) }
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ResultRequest>) -> Int { task_scheduler__v1__result_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ResultRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__result_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ResultRequest>? {
            task_scheduler__v1__result_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
