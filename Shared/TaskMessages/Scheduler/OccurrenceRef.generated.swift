// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct OccurrenceRef: WireMessage, Hashable {
        public var id: [UInt8] = []
        public var scheduledAt: Int64 = 0

        public init(id: [UInt8] = [], scheduledAt: Int64 = 0) {
            self.id = id
            self.scheduledAt = scheduledAt
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__OccurrenceRef>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            scheduledAt = c.pointee.scheduled_at
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__OccurrenceRef>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__occurrence_ref__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            c.pointee.scheduled_at = scheduledAt
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__OccurrenceRef>) -> Int { task_scheduler__v1__occurrence_ref__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__OccurrenceRef>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__occurrence_ref__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__OccurrenceRef>? {
            task_scheduler__v1__occurrence_ref__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
