// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ListRequest: WireMessage, Hashable {
        public var filter: ReminderFilter? = nil
        /// where the page before ended; empty: the first
        public var cursor: [UInt8] = []
        public var limit: UInt32 = 0

        public init(filter: ReminderFilter? = nil, cursor: [UInt8] = [], limit: UInt32 = 0) {
            self.filter = filter
            self.cursor = cursor
            self.limit = limit
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListRequest>) throws(MessageError) {
            if let value = c.pointee.filter { filter = try ReminderFilter(reading: value) }
            cursor = Arena.bytes(c.pointee.cursor)
            limit = c.pointee.limit
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_request__init(c)
            if let filter { c.pointee.filter = try arena.put(filter) }
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
            c.pointee.limit = limit
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListRequest>) -> Int { task_scheduler__v1__list_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListRequest>? {
            task_scheduler__v1__list_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
