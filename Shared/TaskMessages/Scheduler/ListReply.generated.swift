// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ListReply: WireMessage, Hashable {
        public var reminders: [ReminderReply] = []
        /// empty: there is no more
        public var cursor: [UInt8] = []

        public init(reminders: [ReminderReply] = [], cursor: [UInt8] = []) {
            self.reminders = reminders
            self.cursor = cursor
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ListReply>) throws(MessageError) {
            reminders = try Arena.messages(c.pointee.reminders, c.pointee.n_reminders) { (c) throws(MessageError) in try ReminderReply(reading: c) }
            cursor = Arena.bytes(c.pointee.cursor)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ListReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__list_reply__init(c)
            (c.pointee.reminders, c.pointee.n_reminders) = try arena.put(messages: reminders)
            if !cursor.isEmpty { c.pointee.cursor = try arena.put(cursor) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ListReply>) -> Int { task_scheduler__v1__list_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ListReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__list_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ListReply>? {
            task_scheduler__v1__list_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
