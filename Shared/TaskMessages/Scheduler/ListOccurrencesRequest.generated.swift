// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ListOccurrencesRequest: WireMessage, Hashable {
        public var filter: OccurrenceFilter? = nil
        public var cursor: [UInt8] = []
        public var limit: UInt32 = 0
        /// where `only` is set
        public var withAttempts: Bool = false

        public init(filter: OccurrenceFilter? = nil, cursor: [UInt8] = [], limit: UInt32 = 0, withAttempts: Bool = false) {
            self.filter = filter
            self.cursor = cursor
            self.limit = limit
            self.withAttempts = withAttempts
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListOccurrencesRequest>) throws(MessageError) {
            if let value = c.pointee.filter { filter = try OccurrenceFilter(reading: value) }
            cursor = Arena.bytes(c.pointee.cursor)
            limit = c.pointee.limit
            withAttempts = c.pointee.with_attempts != 0
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListOccurrencesRequest>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_occurrences_request__init(c)
            if let filter { c.pointee.filter = try arena.put(filter) }
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
            c.pointee.limit = limit
            c.pointee.with_attempts = withAttempts ? 1 : 0
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListOccurrencesRequest>) -> Int { task_scheduler__v1__list_occurrences_request__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListOccurrencesRequest>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_occurrences_request__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListOccurrencesRequest>? {
            task_scheduler__v1__list_occurrences_request__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
