// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ChangeOccurrencesReply: WireMessage, Hashable {
        public var changed: UInt32 = 0
        /// not empty: the next call goes on there, others may match
        public var cursor: [UInt8] = []

        public init(changed: UInt32 = 0, cursor: [UInt8] = []) {
            self.changed = changed
            self.cursor = cursor
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesReply>) throws(MessageError) {
            changed = c.pointee.changed
            cursor = Arena.bytes(c.pointee.cursor)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeOccurrencesReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_occurrences_reply__init(c)
            c.pointee.changed = changed
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesReply>) -> Int { task_scheduler__v1__change_occurrences_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeOccurrencesReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_occurrences_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeOccurrencesReply>? {
            task_scheduler__v1__change_occurrences_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
