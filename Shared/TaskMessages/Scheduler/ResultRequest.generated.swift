// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ResultRequest: WireMessage, Hashable {
        public var id: [UInt8] = []
        /// unix seconds
        public var scheduledAt: Int64 = 0
        /// not empty: only if the reminder is this caller's
        public var caller: String = ""

        public init(id: [UInt8] = [], scheduledAt: Int64 = 0, caller: String = "") {
            self.id = id
            self.scheduledAt = scheduledAt
            self.caller = caller
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ResultRequest>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
            caller = Arena.string(c.pointee.caller)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ResultRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__result_request__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ResultRequest>) -> Int { task_scheduler__v1__result_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ResultRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__result_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ResultRequest>? {
            task_scheduler__v1__result_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
