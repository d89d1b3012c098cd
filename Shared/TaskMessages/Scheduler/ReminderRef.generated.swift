// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ReminderRef: WireMessage, Hashable {
        public var id: [UInt8] = []
        /// not empty: only if it is this caller's
        public var caller: String = ""

        public init(id: [UInt8] = [], caller: String = "") {
            self.id = id
            self.caller = caller
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ReminderRef>) throws(MessageError) {
            id = Arena.bytes(c.pointee.id)
            caller = Arena.string(c.pointee.caller)
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ReminderRef>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__reminder_ref__init(c)
            if !id.isEmpty { c.pointee.id = try arena.put(id) }
            if !caller.isEmpty { c.pointee.caller = try arena.put(caller) }
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ReminderRef>) -> Int { task_scheduler__v1__reminder_ref__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ReminderRef>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__reminder_ref__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ReminderRef>? {
            task_scheduler__v1__reminder_ref__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
