// Generated from Shared/Protos/scheduler.proto by Shared/Protos/generate. Do not edit.

public import CProtobufC
public import CProtos

extension Proto {
    public struct ChangeReply: WireMessage, Hashable {
        public var changes: [Change] = []

        public init(changes: [Change] = []) {
            self.changes = changes
        }

        public init(reading c: UnsafePointer<TaskScheduler__V1__ChangeReply>) throws(MessageError) {
            changes = try Arena.messages(c.pointee.changes, c.pointee.n_changes) { (c) throws(MessageError) in try Change(reading: c) }
        }

        public func fill(_ c: UnsafeMutablePointer<TaskScheduler__V1__ChangeReply>, from arena: Arena) throws(MessageError) {
            task_scheduler__v1__change_reply__init(c)
            (c.pointee.changes, c.pointee.n_changes) = try arena.put(messages: changes)
        }

        public static func packedSize(_ c: UnsafePointer<TaskScheduler__V1__ChangeReply>) -> Int { task_scheduler__v1__change_reply__get_packed_size(c) }
        public static func pack(_ c: UnsafePointer<TaskScheduler__V1__ChangeReply>, to bytes: UnsafeMutablePointer<UInt8>) { _ = task_scheduler__v1__change_reply__pack(c, bytes) }
        public static func unpack(_ bytes: UnsafeRawBufferPointer, with allocator: UnsafeMutablePointer<ProtobufCAllocator>) -> UnsafeMutablePointer<TaskScheduler__V1__ChangeReply>? {
            task_scheduler__v1__change_reply__unpack(allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Arena.noBytes)
        }
    }
}
